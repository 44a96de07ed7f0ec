"""Parts of a sweep's screen: all at once, or one page at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.geometry import Size

from tui.comparison import Metric
from tui.eta import remaining_sweep_seconds
from tui.rendering.canvas import Mark
from tui.rendering.curves import Scale
from tui.rendering.inspection import Inspection
from tui.rendering.series import Series
from tui.status import STATUS_STYLES, TONE_COLOURS
from tui.sweeps.feed import SweepSnapshot
from tui.sweeps.grid import TrialTable
from tui.sweeps.sample_strip import SampleStrip
from tui.sweeps.samples import SettingSamples
from tui.sweeps.setting_results import SettingResults
from tui.sweeps.trial_grid import TrialGrid
from tui.sweeps.wording import INCOMPARABLE, counts_text, trial_line
from tui.text import duration_text, one_line, varied_text
from tui.widgets.chart import LossChart
from tui.widgets.title_line import TitleLine
from vae_engine.sweeps.results import (
    SettingResult,
    are_comparable,
    best_trial,
    by_setting,
    comparable_groups,
)
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial

PAGES = ("trials", "curves", "samples")
WHOLE_COLUMNS, WHOLE_ROWS = 110, 34
"""Minimum size to show all parts at once; smaller terminals show one page at a time."""

_PARTS = (("trials", "results"), ("curves",), ("samples",))
_NO_SAMPLES = "they appear after the first epoch of a trial"


class SweepBody(Container):
    """Lays out trials above samples, curves beside them, results below; or pages of these.

    Attributes:
        page: the visible one, if not all are.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = 0
        self._whole = True
        self._samples: Sequence[SettingSamples] = ()

    def compose(self) -> ComposeResult:
        """Compose the parts."""
        yield TrialGrid(id="sweep-trials")
        yield LossChart("val_loss", id="sweep-curves")
        with Vertical(id="sweep-samples"):
            yield TitleLine("samples", id="sweep-samples-title")
            yield SampleStrip()
        yield SettingResults(id="sweep-results")

    def fit(self, screen: Size) -> bool:
        """Adapt to a terminal's size; returns whether all parts are shown."""
        self._whole = screen.width >= WHOLE_COLUMNS and screen.height >= WHOLE_ROWS
        self.set_class(self._whole, "-whole")
        self.set_class(not self._whole, "-paged")
        self.turn(self.page)
        return self._whole

    def turn(self, page: int) -> None:
        """Show a page, unless all parts are shown."""
        self.page = page
        for at, parts in enumerate(_PARTS):
            for part in parts:
                self.query_one(f"#sweep-{part}").display = self._whole or at == page
        self.query_one(TrialGrid).focus()
        self._share_room()

    def show_results(
        self, table: TrialTable, trials: Sequence[Trial], row: int, *, best_first: bool = False
    ) -> None:
        """Show the results by setting, and mark the row of the cursor.

        Args:
            table: the settings.
            trials: of the sweep.
            row: of the cursor in the grid.
            best_first: sort by result instead of by trial.
        """
        best = best_trial(trials)
        at = trials.index(best) if best is not None else None
        rows = [index for index, one in enumerate(table.rows) if at in one.trials]
        results = by_setting(trials)
        groups = {
            trial.number: index
            for index, group in enumerate(comparable_groups(trials))
            for trial in group
        }
        order = list(range(len(results)))
        if best_first and are_comparable(trials):
            order.sort(key=lambda index: _negative_elbo(results[index]))
        self.query_one(SettingResults).show(
            [table.rows[index] for index in order],
            [results[index] for index in order],
            groups=[groups[trials[table.rows[index].trials[0]].number] for index in order],
            current=order.index(row) if row in order else 0,
            best=order.index(rows[0]) if rows else None,
        )
        self._share_room()

    def show_curves(
        self,
        curves: Sequence[Series],
        metric: Metric,
        scale: Scale,
        at: Inspection,
        marks: Sequence[Mark],
    ) -> None:
        """Show the curves by setting, the last of which the others are compared to.

        Args:
            curves: one per setting.
            metric: what they show.
            scale: how to draw them.
            at: where they are read.
            marks: changes of the schedule of the last one.
        """
        chart = self.query_one(LossChart)
        chart.title = metric
        chart.show(curves, scale=scale, at=at, marks=marks, base=len(curves) - 1)

    def show_samples(self, samples: Sequence[SettingSamples], seed: int, current: str) -> None:
        """Show the samples by setting, all drawn with this seed."""
        self._samples = samples
        equal = "the same z where d is equal" if len(samples) > 1 else ""
        parts = [f"seed {seed}", equal] if samples else [_NO_SAMPLES]
        self.query_one("#sweep-samples-title", TitleLine).show(", ".join(filter(None, parts)))
        self.query_one(SampleStrip).show(samples, current)

    def point_samples(self, current: str) -> None:
        """Scroll to the samples of this setting."""
        self.query_one(SampleStrip).show(self._samples, current)

    def _share_room(self) -> None:
        """Give grid and table the lines that they need, if there is room."""
        grid, results = self.query_one(TrialGrid), self.query_one(SettingResults)
        height = self.size.height
        if not height:
            return
        trials = min(grid.lines_wanted + 1, max(4, height * 2 // 5))
        table = min(results.lines_wanted, max(4, height // 4))
        if self._whole:
            self.styles.grid_rows = f"{trials} 1fr {table + 1}"
            grid.styles.height = "100%"
        else:
            grid.styles.height = min(grid.lines_wanted, max(4, height * 3 // 5))

    def on_resize(self) -> None:
        """Divide the new room."""
        self._share_room()


def _negative_elbo(result: SettingResult) -> float:
    """Return the sort key of a setting; settings without a result come last."""
    found = result.figures["negative_elbo"]
    return math.inf if found is None or math.isnan(found.mean) else found.mean


def head_words(sweep: Sweep, snapshot: SweepSnapshot) -> Content:
    """Return name, status and varied settings; below, the progress of the trials."""
    record = sweep.record
    name = one_line(record.name, 60)
    varied = one_line(varied_text(record.varied))
    head = Content.assemble(
        (name, "bold"), "  ", (snapshot.status, TONE_COLOURS[STATUS_STYLES[snapshot.status].tone])
    )
    if varied != name:
        head += Content.assemble("  ", (varied, "$text-muted"))
    if snapshot.problem:
        return head + Content("\n") + Content.styled(snapshot.problem, "$text-error")
    return head + Content("\n" + _progress(sweep, snapshot))


def _progress(sweep: Sweep, snapshot: SweepSnapshot) -> str:
    text = counts_text(snapshot.trials)
    if snapshot.status == "running":
        text += f", {sweep.record.parallel} at once"
        left = remaining_sweep_seconds(snapshot.trials, sweep.record.parallel)
        text += "" if left is None else f", about {duration_text(left)} left"
    elif snapshot.status in ("stopped", "interrupted"):
        text += "; r resumes it"
    if not are_comparable(snapshot.trials):
        text += f"; {INCOMPARABLE}"
    return text


def detail_words(trial: Trial | None) -> Content:
    """Describe what the trial under the cursor is doing, or how it ended."""
    return Content(one_line(trial_line(trial)) if trial is not None else "")
