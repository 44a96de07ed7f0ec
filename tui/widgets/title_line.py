"""A title, which can change without a new layout of the screen."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment

from tui.text import cells
from tui.widgets.lines import Lines

_BETWEEN = " · "


class TitleLine(Lines):
    """One line: what follows, and which moment of it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"title-line--title", "title-line--moment"}

    DEFAULT_CSS = """
    TitleLine {
        height: 1;
        & > .title-line--title { color: $foreground; text-style: bold; }
        & > .title-line--moment { color: $text-muted; }
    }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._full_title = title
        self._moment = ""

    @property
    def text(self) -> str:
        """The text of the line."""
        return f"{self._title}  {self._moment}".rstrip()

    def show(self, moment: str, *, short: str = "") -> None:
        """Change the text after the title, and use a short title where one is given."""
        self._moment, self._title = moment, short or self._full_title
        self.draw()

    def draw(self) -> None:
        """Write the line."""
        title, moment = self.part_style("title-line--title"), self.part_style("title-line--moment")
        # Whole parts are left out: one cut in two would say something else.
        parts = self._moment.split(_BETWEEN)
        while len(parts) > 1 and cells(f"{self._title}  {_BETWEEN.join(parts)}") > self.size.width:
            parts.pop()
        told = _BETWEEN.join(parts)
        self.set_lines([[Segment(f"{self._title}  ", title), Segment(told, moment)]])
