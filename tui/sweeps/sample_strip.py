"""Strip of samples: one or more rows per setting of a sweep, all drawn with the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.rendering.runs import Line
from tui.rendering.sampling import image_size
from tui.rendering.sizes import ImageSize, image_sizes
from tui.sweeps.toned_lines import SWATCH, TonedLines, first_shown
from tui.text import fitted
from tui.widgets.images import ImageGrid

if TYPE_CHECKING:
    from tui.sweeps.samples import SettingSamples

_MOST_LABEL = 22
_FEWEST_ACROSS = 4
_MOST_LINES = 3


class _Labels(TonedLines):
    """Labels beside the rows of images."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sequence[SettingSamples] = ()
        self._rows = 1
        self._current = ""

    def show(self, shown: Sequence[SettingSamples], rows: int, current: str) -> None:
        """Show the labels of rows with this many lines each."""
        self._shown, self._rows, self._current = shown, rows, current
        self.draw()

    def draw(self) -> None:
        """Draw each label beside the top of its row."""
        lines: list[Line] = []
        width = max(0, self.size.width - SWATCH - 1)
        for one in self._shown:
            here = one.row.label == self._current
            drawn_by = (f"seed {one.trial.settings.seed}", f"epoch {one.epoch}")
            quiet = self.tone_style("quiet")
            label: list[Line] = [
                [
                    self.swatch(one.row.tone),
                    Segment(fitted(one.row.label, width), Style(bold=True) if here else None),
                ],
                *([Segment(" " * SWATCH + text, quiet)] for text in drawn_by),
            ]
            empty: list[Line] = [[]] * (self._rows + 1 - len(label))
            lines += [*label[: self._rows + 1], *empty]
        self.set_lines(lines)


class SampleStrip(Horizontal):
    """Shows the same z, or the same seed, decoded by every setting."""

    DEFAULT_CSS = """
    SampleStrip > _Labels { width: 12; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._samples: Sequence[SettingSamples] = ()
        self._current = ""
        self._top = 0

    def compose(self) -> ComposeResult:
        """Compose labels and images."""
        yield _Labels()
        yield ImageGrid()

    def show(self, samples: Sequence[SettingSamples], current: str) -> None:
        """Show these samples.

        Args:
            samples: of each setting that has any.
            current: the label of the setting to scroll to.
        """
        self._samples, self._current = samples, current
        self._arrange()

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self._arrange()

    def _arrange(self) -> None:
        import numpy as np

        from tui.rendering.images import joined

        labels, grid = self.query_one(_Labels), self.query_one(ImageGrid)
        if not self._samples or not self.size.width:
            grid.show(np.zeros((0, 28, 28), np.uint8))
            labels.show((), 1, "")
            return
        images = joined([one.images for one in self._samples])
        sizes = image_sizes(*image_size(images))
        widest = max(cell_len(one.row.label) for one in self._samples) + SWATCH + 1
        label = min(max(widest, SWATCH + 10), _MOST_LABEL)
        labels.styles.width = label
        count, width = len(self._samples), self.size.width - label
        tile, down, across = _room(count, width, self.size.height, sizes)
        drawn = len(self._samples[0].images)
        lines = max(1, min(_MOST_LINES, down // count, drawn // across))
        names = [one.row.label for one in self._samples]
        at = names.index(self._current) if self._current in names else 0
        self._top = first_shown(self._top, at, count, down // lines)
        seen = slice(self._top, self._top + down // lines)
        shown = self._samples[seen]
        grid.tile_size = tile
        by_setting = images.reshape(count, drawn, *images.shape[1:])[seen, : lines * across]
        grid.show(by_setting.reshape(-1, *images.shape[1:]), columns=across)
        labels.show(shown, lines * (tile[1] + 1) - 1, self._current)


def _room(
    count: int, width: int, height: int, sizes: Sequence[ImageSize]
) -> tuple[ImageSize, int, int]:
    """Choose the largest images at which all rows fit, with at least four per row.

    Returns:
        Their size, the number of rows that fit, and the number of images per row.
    """
    for size in sizes:
        down, across = (height + 1) // (size[1] + 1), (width + 1) // (size[0] + 1)
        if down >= count and across >= _FEWEST_ACROSS:
            break
    return size, max(1, down), max(1, across)
