"""Bar chart of the KL of each latent dimension."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from tui.rendering.series import number_text
from tui.widgets.lines import Lines

_RIGHT = " ▏▎▍▌▋▊▉█"
_UP = " ▁▂▃▄▅▆▇█"
_VALUE_WIDTH = 6
_LEAST_BAR = 4
_GAP = 2


class KlBars(Lines):
    """One bar per dimension, in nats; collapsed dimensions are marked.

    A few dimensions are horizontal bars with values, in as many columns as fit; many are vertical
    bars.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "kl-bars--active",
        "kl-bars--collapsed",
        "kl-bars--text",
    }

    DEFAULT_CSS = """
    KlBars {
        width: 1fr;
        height: 1fr;
        & > .kl-bars--active { color: $text-success; }
        & > .kl-bars--collapsed { color: $text-warning; }
        & > .kl-bars--text { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kl: Sequence[float] = ()
        self._collapsed: Collection[int] = ()

    def show(self, kl: Sequence[float], collapsed: Collection[int]) -> None:
        """Show these dimensions.

        Args:
            kl: of each dimension, nats per image.
            collapsed: the indices of those that are not active.
        """
        self._kl, self._collapsed = kl, collapsed
        self.draw()

    def draw(self) -> None:
        """Draw the bars for the present size."""
        width, height = self.size
        if not self._kl or width < 1 or height < 1:
            self.set_lines([])
            return
        columns = -(-len(self._kl) // height)
        each = (width + _GAP) // columns - _GAP
        name_width = len(f"z{len(self._kl) - 1}")
        bar = each - name_width - _VALUE_WIDTH - 2
        lying = bar >= _LEAST_BAR
        self.set_lines(self._lying(height, name_width, bar) if lying else self._standing())

    def _lying(self, height: int, name_width: int, bar: int) -> list[list[Segment]]:
        most = max(0.0, *self._kl) or 1.0
        # Fill the columns evenly.
        rows = -(-len(self._kl) // -(-len(self._kl) // height))
        lines: list[list[Segment]] = [[] for _ in range(rows)]
        text = self._style("text")
        for index, value in enumerate(self._kl):
            line = lines[index % rows]
            if line:
                line.append(Segment(" " * _GAP))
            line.append(Segment(f"{f'z{index}':<{name_width}} ", text))
            filled = _partial(value / most * bar, bar, _RIGHT)
            line.append(Segment(filled.ljust(bar), self._bar_style(index)))
            line.append(Segment(f" {number_text(value):>{_VALUE_WIDTH}}", text))
        return lines

    def _standing(self) -> list[list[Segment]]:
        """Draw vertical bars; with more dimensions than columns, the largest of each column."""
        width, height = self.size
        group = -(-len(self._kl) // width)
        groups = [range(at, min(at + group, len(self._kl))) for at in self._starts(group)]
        each = max(1, width // len(groups))
        rows = height - 1 if height > 1 else height
        most = max(0.0, *self._kl) or 1.0
        bars = [
            (_partial(max(self._kl[i] for i in members) / most * rows, rows, _UP), members[0])
            for members in groups
        ]
        # Bars of one cell touch; wider ones leave a gap.
        thick = max(1, each - 1)
        lines = [
            [
                Segment(
                    (bar[row] if row < len(bar) else " ") * thick + " " * (each - thick),
                    self._bar_style(index),
                )
                for bar, index in bars
            ]
            for row in reversed(range(rows))
        ]
        return [*lines, [Segment(self._names(groups, each), self._style("text"))]]

    def _names(self, groups: Sequence[range], each: int) -> str:
        names = ""
        for at, members in enumerate(groups):
            if at * each >= len(names) + (at > 0):
                names = names.ljust(at * each) + f"z{members[0]}"
        return names

    def _starts(self, group: int) -> range:
        return range(0, len(self._kl), group)

    def _bar_style(self, index: int) -> Style:
        return self._style("collapsed" if index in self._collapsed else "active")

    def _style(self, name: str) -> Style:
        return self.part_style(f"kl-bars--{name}")


def _partial(length: float, most: int, eighths: str) -> str:
    """Draw a bar to an eighth of a cell; values above 0 show at least that."""
    units = min(most * 8, max(round(length * 8), 1 if length > 0 else 0))
    full, rest = divmod(units, 8)
    return eighths[-1] * full + (eighths[rest] if rest else "")
