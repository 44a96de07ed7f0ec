"""What can be asked of a session's training, by keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from tui.dashboard.feed import SessionFeed, Snapshot
from tui.dialogs import ConfirmScreen, NumberScreen
from tui.remedies import error_text
from tui.screen import Keys, WorkbenchScreen
from tui.text import one_line
from vae_engine.control.training import resume_session
from vae_engine.errors import EngineError
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session

_MOST_EPOCHS = 100_000
_USUAL_EXTENSION = 10

_WHILE_LIVE = {"pause", "go_on", "stop", "stop_now"}
_AFTER: dict[str, frozenset[Status]] = {
    "resume": frozenset({"stopped", "interrupted", "failed"}),
    "extend": frozenset({"completed", "stopped", "interrupted", "failed"}),
}
"""After which ends there is something to resume, or to extend; what has diverged is forked."""


key = Keys("dashboard")


class TrainingActions(WorkbenchScreen):
    """A screen over one session, which can be paused, stopped, resumed and extended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # One key, of which only one meaning applies at a time.
        key("p", "pause", "Pause", "Write a checkpoint and pause the run", show=True),
        key("p", "go_on", "Continue", "Continue the paused run", show=True),
        key("p", "resume", "Resume", "Resume the run from its last checkpoint", show=True),
        key("x", "stop", "Stop", "Stop the run after this epoch and export", show=True),
        key("X", "stop_now", "Stop now", "Write a checkpoint and stop the run now"),
        key("e", "extend", "Extend", "Train more epochs", show=True),
    ]

    def __init__(self, session: Session) -> None:
        """Make the screen over this session."""
        super().__init__()
        self.session = session
        self.feed = SessionFeed(session)
        self.snapshot: Snapshot | None = None
        self.doing = ""

    def show_snapshot(self) -> None:
        """Show what is known now."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the session's state allows."""
        snapshot = self.snapshot
        if action not in _WHILE_LIVE and action not in _AFTER:
            return super().check_action(action, parameters)
        if snapshot is None or snapshot.problem or self.doing:
            return False
        if action in _AFTER:
            return snapshot.status in _AFTER[action]
        rests = snapshot.status == "paused" or "pause" in snapshot.asked
        fits = {"pause": not rests, "go_on": rests}.get(action, True)
        return snapshot.live and not snapshot.finishing and fits

    def action_pause(self) -> None:
        """Ask the worker to rest."""
        self._ask("pause")

    def action_go_on(self) -> None:
        """Ask the worker to go on."""
        self._ask("continue")

    def action_stop(self) -> None:
        """Ask the worker to stop at the end of the epoch."""
        self._ask("stop")

    @work
    async def action_stop_now(self) -> None:
        """Ask the worker to stop at once, after a confirmation."""
        question = ConfirmScreen(
            "Stop this training now?",
            "It keeps a checkpoint of this very step, and can be resumed. "
            "x stops at the end of the epoch instead.",
        )
        if await self.app.push_screen_wait(question):
            self._ask("stop_now")

    def action_resume(self) -> None:
        """Start a worker that goes on to the planned end."""
        self._start_worker(more=None)

    @work
    async def action_extend(self) -> None:
        """Ask for how many epochs more, and start a worker."""
        done = self.snapshot.history.newest if self.snapshot else 0
        question = NumberScreen(
            f"Train how many epochs more than the {done} it has?",
            low=1,
            high=_MOST_EPOCHS - done,
            default=_USUAL_EXTENSION,
        )
        if (more := await self.app.push_screen_wait(question)) is not None:
            self._start_worker(more=more)

    @work
    async def _ask(self, command: CommandName) -> None:
        try:
            await asyncio.to_thread(self.feed.ask, command)
        except OSError as error:
            self._complain(f"the session's inbox cannot be written: {error.strerror}")

    @work(group="start", exclusive=True)
    async def _start_worker(self, more: int | None) -> None:
        self._do("starting a worker ...")
        folder: Path = self.session.folder
        try:
            # Opened anew: the feed reads the screen's own session in another thread.
            await asyncio.to_thread(lambda: resume_session(Session(folder), more=more))
        except (EngineError, OSError) as error:
            self._complain(error_text(error, "dashboard"))
        finally:
            self.feed.hurry()
            self._do("")

    def _do(self, doing: str) -> None:
        self.doing = doing
        self.show_snapshot()
        self.refresh_bindings()

    def _complain(self, problem: str) -> None:
        self.notify(one_line(problem), severity="error", markup=False)
