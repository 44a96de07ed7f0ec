"""Widget made of lines; sends only changed cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget):
    """Shows lines of text; calls `draw` when they may have to look different."""

    _strips: Sequence[Strip] = ()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        # Cached here: Textual drops them at every refresh; blending is half of a small update.
        self._part_styles: dict[str, Style] = {}
        self._paper: Style | None = None

    def draw(self) -> None:
        """Call `set_lines` for the present size and theme."""

    def on_mount(self) -> None:
        """Subscribe to changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._repaint())

    def on_unmount(self) -> None:
        """Unregister from the app, which would keep the widget until the theme changes."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Redraw at the new size."""
        self.draw()

    def part_style(self, name: str) -> Style:
        """Return the style of a component class, blended with its background."""
        if name not in self._part_styles:
            self._part_styles[name] = self.get_component_rich_style(name)
        return self._part_styles[name]

    def notify_style_update(self) -> None:
        """Clear the cached styles."""
        self._forget_styles()
        super().notify_style_update()

    def _repaint(self) -> None:
        self._forget_styles()
        self.draw()

    def _forget_styles(self) -> None:
        self._part_styles.clear()
        self._paper = None

    def set_lines(self, lines: Sequence[Sequence[Segment]]) -> None:
        """Show lines, truncated or padded to the widget's width; refreshes only changes."""
        width, height = self.size
        paper = self._paper = self._paper or self.rich_style
        before = self._strips
        self._strips = [
            Strip(line).adjust_cell_length(width).apply_style(paper) for line in lines[:height]
        ]
        changed = [
            Region(first, y, last - first, 1)
            for y, (old, new) in enumerate(zip_longest(before, self._strips))
            for first, last in [_difference(old, new, width)]
            if last > first
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Render a line."""
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)


def _difference(old: Strip | None, new: Strip | None, width: int) -> tuple[int, int]:
    """Return the range of columns that differ."""
    if old is None or new is None or old.cell_length != width or new.cell_length != width:
        return 0, width
    if list(old) == list(new):
        return 0, 0
    before, after = _cells(old), _cells(new)
    if not len(before) == len(after) == width:  # Some characters are two cells wide, or none.
        return 0, width
    differing = [at for at in range(width) if before[at] != after[at]]
    return (differing[0], differing[-1] + 1) if differing else (0, 0)


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(character, style) for text, style, _ in strip for character in text]
