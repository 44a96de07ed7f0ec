"""Tabs for the pages of a screen that cannot show all parts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message

from tui.widgets.lines import Lines


class PageTabs(Lines):
    """One line with the names of the pages; a click chooses one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"page-tabs--name", "page-tabs--current"}

    DEFAULT_CSS = """
    PageTabs {
        height: 1;
        background: $surface;
        & > .page-tabs--name { color: $text-muted; }
        & > .page-tabs--current {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
    }
    """

    class Chosen(Message):
        """Posted when a page is clicked."""

        def __init__(self, page: int) -> None:
            super().__init__()
            self.page = page

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._texts = [f" {number} {name} " for number, name in enumerate(names, start=1)]
        self._current = 0

    def show(self, current: int) -> None:
        """Mark the current page."""
        self._current = current
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Choose the page under the mouse."""
        right = 0
        for page, text in enumerate(self._texts):
            right += cell_len(text)
            if event.x < right:
                self.post_message(self.Chosen(page))
                return

    def draw(self) -> None:
        """Draw the names."""
        name, current = self.part_style("page-tabs--name"), self.part_style("page-tabs--current")
        self.set_lines(
            [
                [
                    Segment(text, current if page == self._current else name)
                    for page, text in enumerate(self._texts)
                ]
            ]
        )
