"""Screen that compares sessions: their curves in one chart, and the settings that differ."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.chart_options import ChartOptions
from tui.comparison import (
    METRICS,
    Compared,
    comparable,
    curves,
    heads,
    read_compared,
    rows,
)
from tui.polling import Poller
from tui.screen import Keys
from tui.widgets.chart import LossChart
from tui.widgets.curve_table import CurveTable
from tui.widgets.key_line import KeyLine
from tui.widgets.session_table import SessionTable
from vae_engine.inspection.letters import LETTERS
from vae_engine.sessions.session import Session
from vae_engine.settings import differing_settings

key = Keys("compare")


class CompareScreen(ChartOptions):
    """Compares sessions; live ones update."""

    CSS_PATH = "compare.tcss"
    TERMS = ("loss", "reconstruction_loss", "kl", "active_units", "nats")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("v", "metric(1)", "Metric", "Curves of the next metric", show=True),
        key("V", "metric(-1)", "Previous", "Curves of the previous metric"),
        key("c", "inspect", "Cursor", "Read and zoom the curves by keys", show=True),
        key("y", "log", "Log", "Logarithmic axis, or linear"),
        key("s", "smooth", "Smooth", "Smooth the curves more, or not at all"),
        key("a", "recent", "Recent", "Only the recent epochs, or all"),
        key("Y", "whole", "Whole range", "All values, or without early and far ones"),
        key("i", "side_by_side", "Side by side", "Same images, z and epochs", show=True),
        key("F", "rates", "Rate", "Rate against distortion", show=True),
        key("enter", "open", "Open", "Open the session's dashboard", show=True),
        key("escape", "dismiss", "Back", "Back to the list", show=True),
    ]

    def __init__(self, sessions: Sequence[Session]) -> None:
        super().__init__()
        self._sessions = {session.id: session for session in sessions}
        self._compared: list[Compared] = []
        self._metric = METRICS[0]
        self.poller = Poller(self, self._read)

    def compose(self) -> ComposeResult:
        """Compose header, chart, table and footer."""
        head = Content.assemble(
            (f"{len(self._sessions)} sessions compared", "bold"), "  losses in nats per image"
        )
        yield Static(head, id="compare-head")
        yield LossChart(self._metric, id="compare-chart")
        yield CurveTable([], id="compare-table")
        yield Static(id="compare-same")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start polling the sessions."""
        self.query_one(SessionTable).focus()
        self.watch(self.app, "preferences", self._draw)
        self.poller.follow()

    @property
    def resting_widget(self) -> Widget:
        """The table."""
        return self.query_one(SessionTable)

    def draw_charts(self) -> None:
        """Draw the curves where they are read."""
        self._draw()

    def turn_curve(self, by: int) -> None:
        """Move the table's cursor, whose curve the others are compared to."""
        self.query_one(SessionTable).action_move(by)

    def action_metric(self, step: int) -> None:
        """Show the next metric."""
        self._metric = METRICS[(METRICS.index(self._metric) + step) % len(METRICS)]
        self._draw()

    def action_side_by_side(self) -> None:
        """Open the sessions side by side, as many as there are letters."""
        if len(self._sessions) > len(LETTERS):
            self.notify(
                f"Side by side shows at most {len(LETTERS)} sessions, these are "
                f"{len(self._sessions)}: mark fewer in the list",
                severity="error",
            )
            return
        self.workbench.open_side_by_side(list(self._sessions.values()))

    def action_rates(self) -> None:
        """Open rate against distortion."""
        self.workbench.open_rates([session.folder for session in self._sessions.values()])

    @on(SessionTable.Opened)
    def action_open(self) -> None:
        """Open the dashboard of the session under the cursor."""
        key = self.query_one(SessionTable).cursor_key
        if key is None:
            return
        if session := self.opened_session(self._sessions[key].folder):
            self.workbench.open_dashboard(session)

    async def _read(self) -> None:
        read = await asyncio.to_thread(
            lambda: [read_compared(session) for session in self._sessions.values()]
        )
        before = [(one.name, one.status, one.history.newest) for one in self._compared]
        self._compared = read
        if before == [(one.name, one.status, one.history.newest) for one in read]:
            return
        table = self.query_one(SessionTable)
        table.show(rows(read), heads=heads(read))
        self._draw()

    @on(SessionTable.Highlighted)
    def _beside_another(self) -> None:
        self._draw()

    def _draw(self) -> None:
        chart = self.query_one(LossChart)
        chart.title = self._metric
        beside = self.query_one(SessionTable).cursor_key
        drawn = len(shown := comparable(self._compared, self._metric, beside))
        chosen = next((at for at, one in enumerate(shown) if one.id == beside), None)
        chart.show(
            curves(self._compared, self._metric, beside),
            scale=self.chart_scale,
            at=self.inspection,
            marks=shown[chosen].history.schedule_marks if chosen is not None else (),
            base=chosen,
        )
        self.query_one("#compare-same", Static).update(_remark(self._compared, drawn))


def _remark(compared: Sequence[Compared], drawn: int) -> str:
    """Return a note in one line: some losses do not compare, or the settings are the same."""
    if drawn < len(compared):
        return (
            f"{drawn} of {len(compared)} curves: losses of other images, sizes or likelihoods do "
            "not compare; the cursor chooses"
        )
    differ = differing_settings([one.settings for one in compared])
    return "" if differ else "Their settings are the same."
