"""Table of a sweep's results by setting: mean and deviation over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment

from tui.rendering.runs import Line
from tui.sweeps.grid import SettingRow, short_name
from tui.sweeps.toned_lines import SWATCH, TonedLines, first_shown
from tui.sweeps.wording import metric_text
from tui.text import fitted
from vae_engine.sweeps.results import METRICS, SettingResult

_TITLES = ("-ELBO", "rec", "KL", "active", "kNN %", "linear %", "time")
_GAPS = (3, 2, 1)
_LOSSES = ("negative_elbo", "reconstruction_loss")
# In place of a loss that is measured on other images or by another likelihood.
_OTHER = "other"
# Columns dropped if there is no room for all, in this order.
_GIVE_WAY = ("duration", "linear_accuracy", "reconstruction_loss", "kl_loss", "knn_accuracy")


class SettingResults(TonedLines):
    """Shows the table of `vae sweep show`, and marks the row of the setting under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[SettingRow] = ()
        self._results: Sequence[SettingResult] = ()
        self._current = 0
        self._groups: Sequence[int] = ()
        self._best: int | None = None
        self._top = 0

    @property
    def lines_wanted(self) -> int:
        """Height of the whole table in lines."""
        return len(self._rows) + 1

    def show(
        self,
        rows: Sequence[SettingRow],
        results: Sequence[SettingResult],
        *,
        groups: Sequence[int],
        current: int,
        best: int | None,
    ) -> None:
        """Show results.

        Args:
            rows: the settings.
            results: of each, in the same order.
            groups: of each; the losses of another group than that of the marked row do not
                compare with it and are not shown.
            current: the row to mark.
            best: the row of the best trial, None where there is none.
        """
        self._rows, self._results = rows, results
        self._groups, self._current, self._best = groups, current, best
        self.draw()

    def draw(self) -> None:
        """Draw the visible part."""
        width, height = self.size
        if not width or not height or not self._rows or not self.is_attached:
            self.set_lines([])
            return
        texts, gap = self._fitting(width)
        widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
        self._top = first_shown(self._top, self._current, len(self._rows), height - 1)
        shown = range(self._top, min(len(self._rows), self._top + height - 1))
        head = self.get_component_rich_style("toned--head")
        heads = fitted(" " * SWATCH + _joined(texts[0], widths, gap), width)
        lines: list[Line] = [[Segment(heads, head)]]
        for row in shown:
            style = self.tone_style("", current=row == self._current)
            text = _joined(texts[row + 1], widths, gap) + (" best" if row == self._best else "")
            room = width - SWATCH
            lines.append([self.swatch(self._rows[row].tone), Segment(fitted(text, room), style)])
        self.set_lines(lines)

    def _fitting(self, width: int) -> tuple[list[list[str]], int]:
        """Return headers and rows, with as many metrics as fit, and their gap."""
        left_out: list[str] = []
        for leaving in ("", *_GIVE_WAY):
            left_out += [leaving] if leaving else []
            texts = self.texts([name for name in METRICS if name not in left_out])
            for gap in _GAPS:
                if _width(texts, gap) + SWATCH + len(" best") <= width:
                    return texts, gap
        return texts, _GAPS[-1]

    def texts(self, figures: Sequence[str]) -> list[list[str]]:
        """The heads and the rows, with these metrics."""
        names = list(self._results[0].values)
        titles = dict(zip(METRICS, _TITLES, strict=True))
        heads = [*map(short_name, names), "seeds", *(titles[name] for name in figures)]
        rows = [
            [
                *row.values,
                f"{result.finished}/{result.trials}",
                *(
                    _OTHER
                    if name in _LOSSES and group != self._groups[self._current]
                    else metric_text(name, result.figures[name])
                    for name in figures
                ),
            ]
            for row, result, group in zip(self._rows, self._results, self._groups, strict=True)
        ]
        return [heads, *rows]


def _width(texts: Sequence[Sequence[str]], gap: int) -> int:
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    return sum(widths) + gap * (len(widths) - 1)


def _joined(texts: Sequence[str], widths: Sequence[int], gap: int) -> str:
    cells = (fitted(text, width, "right") for text, width in zip(texts, widths, strict=True))
    return (" " * gap).join(cells)
