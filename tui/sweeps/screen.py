"""Screen of one sweep, live or finished: trials, curves by setting, results, samples."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.chart_options import ChartOptions
from tui.comparison import LOSSES, METRICS
from tui.polling import Poller
from tui.rendering.tones import HUES
from tui.screen import Keys
from tui.sweeps.actions import SweepActions
from tui.sweeps.body import PAGES, SweepBody, detail_words, head_words
from tui.sweeps.curves import comparable_rows, setting_curves, setting_marks
from tui.sweeps.feed import SweepFeed, SweepSnapshot
from tui.sweeps.grid import SettingRow, TrialTable, trial_table
from tui.sweeps.samples import SampleSource
from tui.sweeps.trial_grid import TrialGrid
from tui.text import one_line
from tui.widgets.key_line import KeyLine
from tui.widgets.page_tabs import PageTabs
from vae_engine.sessions.session import Session
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial

key = Keys("sweep")

_IN_SIGHT = 2 * HUES


class SweepScreen(ChartOptions):
    """Shows the grid of trials with a cursor; running trials update live.

    Curves and samples are those of the settings around the cursor, twelve at most.

    Attributes:
        snapshot: the last state that was read, None before the first.
    """

    CSS_PATH = "screen.tcss"
    TERMS = ("elbo", "reconstruction_loss", "kl", "active_units", "probe", "seed", "session")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "Open", "Open the trial's dashboard", show=True),
        key("g", "generate", "Sample", "Draw from the trial's prior", show=True),
        key("v", "metric(1)", "Metric", "Curves of the next metric", show=True),
        key("V", "metric(-1)", "Previous", "Curves of the previous metric"),
        key("c", "inspect", "Cursor", "Read and zoom the curves by keys", show=True),
        key("y", "log", "Log", "Logarithmic axis, or linear"),
        key("s", "smooth", "Smooth", "Smooth the curves more, or not at all"),
        key("a", "recent", "Recent", "Only the recent epochs, or all"),
        key("Y", "whole", "Whole range", "All values, or without early and far ones"),
        key("o", "sort", "Sort", "Results best first, or in the order of trials"),
        key("n", "draw(1)", "Draw", "Samples of the next seed", show=True),
        key("b", "draw(-1)", "Draw back", "Samples of the previous seed"),
        key("F", "rates", "Rate", "Rate against distortion of the trials"),
        key("x", "stop", "Stop", "Stop the sweep, its trials after a checkpoint", show=True),
        key("r", "resume", "Resume", "Resume the unfinished trials", show=True),
        key("tab", "turn(1)", "Next page", "Next page, if not all fit"),
        key("shift+tab", "turn(-1)", "Previous page", "Previous page, if not all fit"),
        *(
            key(str(at), f"open_page({at - 1})", f"{name} page", f"The page {name}")
            for at, name in enumerate(PAGES, 1)
        ),
        key("escape", "dismiss", "Back", "Leave the sweep; it continues", show=True),
    ]

    def __init__(self, sweep: Sweep) -> None:
        """Make the screen of a sweep."""
        super().__init__()
        self.sweep = sweep
        self.snapshot: SweepSnapshot | None = None
        self._feed = SweepFeed(sweep)
        self._source = SampleSource(sweep)
        self._table = TrialTable()
        self._metric = METRICS[0]
        self._seed = 0
        self._read_rows: tuple[SettingRow, ...] = ()
        self._best_first = False
        self._poller = Poller(self, self._read)
        self._actions = SweepActions(self, self._poller.poll_now)

    def compose(self) -> ComposeResult:
        """Compose header, parts, details of the trial under the cursor, and footer."""
        yield Static(id="sweep-head")
        yield PageTabs(PAGES, id="sweep-tabs")
        yield SweepBody(id="sweep-body")
        yield Static(id="sweep-detail")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start polling the sweep."""
        self.query_one(TrialGrid).focus()
        self.watch(self.app, "preferences", self._draw_curves)
        self._poller.follow()

    def on_resize(self, event: events.Resize) -> None:
        """Switch between all parts and pages."""
        whole = self.query_one(SweepBody).fit(event.size)
        self.query_one(PageTabs).display = not whole

    def on_screen_resume(self) -> None:
        """Poll now."""
        self._poller.poll_now()

    def action_stop(self) -> None:
        """Stop the sweep, after a confirmation."""
        self._actions.stop(self.sweep)

    def action_resume(self) -> None:
        """Resume the unfinished trials, after a confirmation."""
        self._actions.resume(self.sweep)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable stop for a running sweep, and resume for any other."""
        snapshot = self.snapshot
        if action not in ("stop", "resume"):
            return super().check_action(action, parameters)
        if snapshot is None or snapshot.problem:
            return False
        live = any(trial.live for trial in snapshot.trials)
        if action == "stop":
            return snapshot.status == "running" or live
        left = live or any(trial.task for trial in snapshot.trials)
        return snapshot.status != "running" and left

    def action_open(self) -> None:
        """Open the dashboard of the trial under the cursor."""
        if session := self._opened_session():
            self.workbench.open_dashboard(session)

    def action_generate(self) -> None:
        """Open the sampler of the trial under the cursor."""
        if session := self._opened_session():
            self.workbench.open_sampler(session)

    @property
    def resting_widget(self) -> Widget:
        """The grid of trials."""
        return self.query_one(TrialGrid)

    def draw_charts(self) -> None:
        """Draw the curves where they are read."""
        self._draw_curves()

    def show_charts(self) -> None:
        """Show the page of the curves, if not all parts are shown."""
        if self.query_one(PageTabs).display:
            self.action_open_page(PAGES.index("curves"))

    def turn_curve(self, by: int) -> None:
        """Move the cursor of the grid, whose curve the others are compared to."""
        self.query_one(TrialGrid).action_move(0, by)

    def action_rates(self) -> None:
        """Open rate against distortion of the trials that have a session."""
        trials = self.snapshot.trials if self.snapshot else ()
        folders = [
            self.sweep.sessions.root / trial.session
            for trial in trials
            if trial.status not in ("waiting", "deleted", "damaged")
        ]
        if folders:
            self.workbench.open_rates(folders)
        else:
            self.notify("No trial has started yet.")

    def action_metric(self, step: int) -> None:
        """Show the curves of the next metric."""
        self._metric = METRICS[(METRICS.index(self._metric) + step) % len(METRICS)]
        self._draw_curves()

    def action_sort(self) -> None:
        """Sort the results by value, or in the order of the trials."""
        self._best_first = not self._best_first
        self._draw()

    def action_draw(self, step: int) -> None:
        """Draw samples with another seed."""
        self._seed = max(0, self._seed + step)
        self._poller.poll_now()

    def action_turn(self, step: int) -> None:
        """Show the next or previous page."""
        self.action_open_page((self.query_one(SweepBody).page + step) % len(PAGES))

    @on(PageTabs.Chosen)
    def _open_chosen(self, message: PageTabs.Chosen) -> None:
        self.action_open_page(message.page)

    def action_open_page(self, page: int) -> None:
        """Show a page, unless all parts are shown."""
        self.query_one(SweepBody).turn(page)
        self.query_one(PageTabs).show(page)

    @on(TrialGrid.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    @on(TrialGrid.Moved)
    def _follow_cursor(self) -> None:
        self._draw()
        if self.snapshot is not None and self._in_sight() != self._read_rows:
            self._poller.poll_now()

    def _in_sight(self) -> tuple[SettingRow, ...]:
        """Return the settings around the cursor, as many as are distinguishable in one chart."""
        row = self.query_one(TrialGrid).row
        first = row - row % _IN_SIGHT
        return self._table.rows[first : first + _IN_SIGHT]

    async def _read(self) -> None:
        """Read the sweep, and the samples of the visible settings."""
        rows = self._in_sight()
        wanted = [index for row in rows for index in row.trials]
        before, now = self.snapshot, await asyncio.to_thread(self._feed.read, wanted)
        if now != before:
            self.snapshot = now
            if before is None or now.trials != before.trials:
                self._table = trial_table(now.trials)
                self.query_one(TrialGrid).show(self._table)
            self._draw()
            self.refresh_bindings()
        if not rows and self._table.rows:
            # The first read determines the visible trials.
            self._poller.poll_now()
            return
        self._read_rows = rows
        seed = self._seed
        samples = await asyncio.to_thread(self._source.draw, rows, now.trials, seed)
        self.query_one(SweepBody).show_samples(samples, seed, self._row_label())

    def _draw(self) -> None:
        """Show the snapshot, with details of the trial under the cursor."""
        snapshot, grid = self.snapshot, self.query_one(TrialGrid)
        if snapshot is None:
            return
        self._say("#sweep-head", head_words(self.sweep, snapshot))
        self._say("#sweep-detail", detail_words(self._trial()))
        body = self.query_one(SweepBody)
        body.show_results(self._table, snapshot.trials, grid.row, best_first=self._best_first)
        body.point_samples(self._row_label())
        self._draw_curves()

    def _draw_curves(self) -> None:
        if self.snapshot is None:
            return
        rows = self._in_sight()
        current = self._row_label()
        # The setting under the cursor comes last: of many curves, the last is drawn thickest.
        ordered = sorted(rows, key=lambda row: row.label == current)
        if self._metric in LOSSES:
            ordered = comparable_rows(ordered, self.snapshot.trials, current)
        curves = setting_curves(
            ordered, self.snapshot.trials, self.snapshot.histories, self._metric
        )
        marks = setting_marks(ordered[-1:], self.snapshot.trials, self.snapshot.histories)
        self.query_one(SweepBody).show_curves(
            curves, self._metric, self.chart_scale, self.inspection, marks
        )

    def _row_label(self) -> str:
        rows, row = self._table.rows, self.query_one(TrialGrid).row
        return rows[row].label if row < len(rows) else ""

    def _trial(self) -> Trial | None:
        """Return the trial under the cursor."""
        index = self.query_one(TrialGrid).current
        return self.snapshot.trials[index] if self.snapshot and index is not None else None

    def _opened_session(self) -> Session | None:
        """Open the session of the trial under the cursor; None if that fails."""
        if (trial := self._trial()) is None:
            return None
        why = {"waiting": "has not started yet", "deleted": "is in the trash"}.get(trial.status)
        if why or trial.status == "damaged":
            text = why or f"is damaged: {one_line(trial.problem)}"
            self.notify(f"Trial {trial.number} {text}.", severity="warning", markup=False)
            return None
        return self.opened_session(self.sweep.sessions.root / trial.session)

    def _say(self, where: str, words: Content) -> None:
        static = self.query_one(where, Static)
        if static.content != words:
            static.update(words)
