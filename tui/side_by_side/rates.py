"""Screen of rate against distortion: what each session pays in KL for its reconstructions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.chart_reading import ChartReading
from tui.comparison import Compared, read_compared
from tui.polling import Poller
from tui.rate_distortion import RatePath, rate_paths
from tui.rendering.tones import HUES
from tui.screen import Keys, has_widgets
from tui.side_by_side.rate_plane import RatePlane, letter_of
from tui.text import one_line
from tui.widgets.curve_table import CurveTable
from tui.widgets.key_line import KeyLine
from tui.widgets.session_table import SessionTable
from tui.widgets.table_layout import Head, Row
from vae_engine.datasets.source import counted
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, differing_settings

key = Keys("rates")


class RatesScreen(ChartReading):
    """Rate against distortion of sessions whose losses compare; live ones update."""

    CSS_PATH = "rates.tcss"
    TERMS = ("elbo", "reconstruction_loss", "kl", "nats")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("c", "inspect", "Cursor", "Read and zoom the chart by keys", show=True),
        key("a", "paths", "Paths", "All epochs, or only the best one", show=True),
        key("enter", "open", "Open", "Open the session's dashboard", show=True),
        key("escape", "dismiss", "Back", "Leave the chart", show=True),
    ]

    def __init__(self, folders: Sequence[Path]) -> None:
        """Make the screen of the sessions in these folders."""
        super().__init__()
        self._folders = folders
        self._sessions: dict[str, Session] = {}
        self.compared: list[Compared] = []
        self.whole = True
        self.poller = Poller(self, self._read)

    def compose(self) -> ComposeResult:
        """Compose head, chart, table and footer."""
        yield Static(id="rates-head")
        yield RatePlane(id="rates-plane")
        yield CurveTable([], id="rates-table")
        yield Static(id="rates-note")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start polling the sessions."""
        self.query_one(SessionTable).focus()
        self.poller.follow()

    @property
    def resting_widget(self) -> Widget:
        """The table."""
        return self.query_one(SessionTable)

    def draw_charts(self) -> None:
        """Draw the plane where it is read."""
        self._draw()

    def turn_curve(self, by: int) -> None:
        """Move the table's cursor, whose session the chart reads."""
        self.query_one(SessionTable).action_move(by)

    def action_paths(self) -> None:
        """Draw the paths over the epochs, or only the best epochs."""
        self.whole = not self.whole
        self._draw()

    @on(SessionTable.Opened)
    def action_open(self) -> None:
        """Open the dashboard of the session under the cursor."""
        found = self.query_one(SessionTable).cursor_key
        if found is None:
            return
        if session := self.opened_session(self._sessions[found].folder):
            self.workbench.open_dashboard(session)

    async def _read(self) -> None:
        read = await asyncio.to_thread(self._read_sessions)
        if not has_widgets(self) or _standing(read) == _standing(self.compared) != []:
            return
        self.compared = read
        table = self.query_one(SessionTable)
        names = differing_settings([one.settings for one in read])
        table.show(_rows(read, names), heads=_heads(names))
        self._draw()

    def _read_sessions(self) -> list[Compared]:
        """Read the sessions; one that is gone or damaged is left out until it can be read."""
        for folder in self._folders:
            if folder.name not in self._sessions:
                try:
                    self._sessions[folder.name] = Session(folder)
                except EngineError:
                    continue
        ordered = (self._sessions.get(folder.name) for folder in self._folders)
        return [read_compared(session) for session in ordered if session is not None]

    @on(SessionTable.Highlighted)
    def _beside_another(self) -> None:
        self._draw()

    def _draw(self) -> None:
        current = self.query_one(SessionTable).cursor_key
        paths = rate_paths(self.compared, current)
        self.query_one(RatePlane).show(
            paths, whole=self.whole, current=current or "", at=self.inspection
        )
        shown = "all epochs, a letter at the best" if self.whole else "best epochs"
        head = Content.assemble(("Rate against distortion", "bold"), f"   {shown}, validation")
        self.query_one("#rates-head", Static).update(head)
        self.query_one("#rates-note", Static).update(_note(self.compared, paths))


def _standing(compared: Sequence[Compared]) -> list[tuple[str, str, int]]:
    return [(one.name, one.status, one.history.newest) for one in compared]


def _note(compared: Sequence[Compared], paths: Sequence[RatePath]) -> str:
    left = sum(bool(one.history.newest) for one in compared) - len(paths)
    if left <= 0:
        return ""
    return (
        f"{counted(left, 'session')} left out: losses of other images, sizes or likelihoods do not "
        "compare; the cursor chooses"
    )


def _heads(names: Sequence[str]) -> list[Head]:
    return [
        Head("letter", ""),
        Head("name", "name", flexible=True),
        Head("epoch", "best epoch", "right"),
        Head("rate", "rate", "right"),
        Head("distortion", "distortion", "right"),
        Head("elbo", "-ELBO", "right"),
        *(Head(name, name, "right") for name in names),
    ]


def _rows(compared: Sequence[Compared], names: Sequence[str]) -> list[Row]:
    rows = []
    for place, one in enumerate(compared):
        figures: tuple[str, ...] = ("-",) * 4
        for path in rate_paths([one]):
            best = path.best
            terms = (path.rate[best], path.distortion[best], path.negative_elbo[best])
            figures = (f"{path.epochs[best]:.0f}", *(f"{term:.2f}" for term in terms))
        texts = (one_line(SETTINGS[name].format(getattr(one.settings, name))) for name in names)
        cells = (letter_of(place), one.name, *figures, *texts)
        rows.append(Row(one.id, cells, f"curve-{place % HUES}"))
    return rows
