"""Worker's log: wrapped foreign text that follows its end unless scrolled up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.text import one_line


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows lines of text; control characters appear as question marks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log-view--quiet",
        "log-view--warning",
        "log-view--error",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="log.up", tooltip="Earlier lines"),
        Binding("down,j", "scroll_down", "Down", show=False, id="log.down", tooltip="Later lines"),
        Binding("pageup", "page_up", "Page up", show=False, id="log.page_up", tooltip="Back"),
        Binding(
            "pagedown", "page_down", "Page down", show=False, id="log.page_down", tooltip="Forward"
        ),
    ]

    DEFAULT_CSS = """
    LogView {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        &:focus { background: $surface; }
        & > .log-view--quiet { color: $text-muted; }
        & > .log-view--warning { color: $text-warning; }
        & > .log-view--error { color: $text-error; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[str] = ()
        self._rows: list[tuple[str, str, bool]] = []

    def show(self, lines: Sequence[str]) -> None:
        """Replace the lines."""
        if lines == self._lines:
            return
        self._lines = lines
        self._wrap()

    def on_mount(self) -> None:
        """Subscribe to changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def on_unmount(self) -> None:
        """Unsubscribe, since the app would keep a removed widget until the theme changes."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Wrap at the new width."""
        self._wrap()

    def render_line(self, y: int) -> Strip:
        """Render a visible row."""
        width = self.size.width
        at = y + self.scroll_offset.y
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        text, kind, _ = self._rows[at]
        if self._is_orphan(at):
            return Strip.blank(width, self.rich_style)
        style = self.rich_style + self._style(kind)
        return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        if width < 1:
            return
        at_end = not self._rows or self._at_end
        self._rows = [
            (part, _kind(line), not number)
            for line in self._lines
            for number, part in enumerate(chop_cells(one_line(line), width) or [""])
        ]
        self.virtual_size = Size(width, len(self._rows))
        if at_end:
            self.scroll_to(y=self._end, animate=False, immediate=True, force=True)
        self.refresh()

    @property
    def _end(self) -> int:
        """Return the first row shown at the end: never after the start of the last line."""
        begins = [at for at, (*_, begin) in enumerate(self._rows) if begin]
        return max(0, min(len(self._rows) - self.size.height, begins[-1] if begins else 0))

    @property
    def _at_end(self) -> bool:
        return self.scroll_offset.y >= self._end

    def _is_orphan(self, at: int) -> bool:
        """Return whether a row at the log's end continues a line that starts above the view."""
        top = self.scroll_offset.y
        seen = self._rows[top : at + 1]
        begins = any(begin for *_, begin in self._rows[at : top + self.size.height])
        return self.is_vertical_scroll_end and begins and not any(begin for *_, begin in seen)

    def _style(self, kind: str) -> Style:
        if not kind:
            return Style()
        return self.get_component_rich_style(f"log-view--{kind}")


def _kind(line: str) -> str:
    """Return the severity of a line of the worker's log; lines of libraries have no level."""
    if " ERROR " in line or "Error:" in line or line.startswith("Traceback"):
        return "error"
    if " WARNING " in line:
        return "warning"
    return "" if " INFO " in line else "quiet"
