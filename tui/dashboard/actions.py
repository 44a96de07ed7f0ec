"""Actions on a session's run: pause, continue, stop, resume, extend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from tui.dashboard.feed import SessionFeed
from tui.dashboard.snapshot import Snapshot
from tui.dialogs import ConfirmScreen, NumberScreen
from tui.remedies import error_text
from tui.screen import run_async
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
"""Final states that can be resumed, and extended; a diverged session is forked instead."""


class TrainingActions:
    """Actions of a screen on its session's run.

    Attributes:
        NAMES: names of the actions in key bindings.
        doing: text while a worker is being started, otherwise empty.
    """

    NAMES = frozenset({*_WHILE_LIVE, *_AFTER})

    def __init__(
        self, screen: Screen[Any], session: Session, feed: SessionFeed, show: Callable[[], None]
    ) -> None:
        """Make the actions of a screen.

        Args:
            screen: on which dialogs open.
            session: to act on.
            feed: with which the screen reads the session.
            show: called when `doing` has changed.
        """
        self._screen, self._session, self._feed, self._show = screen, session, feed, show
        self.doing = ""
        self._ignored = -1

    def offers(self, action: str, snapshot: Snapshot | None) -> bool:
        """Return whether the session's state allows an action of `NAMES`."""
        if snapshot is None or snapshot.problem or self.doing:
            return False
        if action in _AFTER:
            return snapshot.status in _AFTER[action]
        rests = snapshot.status == "paused" or "pause" in snapshot.asked
        fits = {"pause": not rests, "go_on": rests}.get(action, True)
        return snapshot.live and not snapshot.finishing and fits

    def tell_ignored(self, snapshot: Snapshot) -> None:
        """Say which command was ignored since the screen was opened, and why."""
        latest = snapshot.ignored[-1].seq if snapshot.ignored else 0
        if self._ignored >= 0:
            for event in snapshot.ignored:
                if event.seq > self._ignored:
                    text = f"{event.command.replace('_', ' ')} was ignored: {event.why}"
                    self._screen.notify(one_line(text), severity="warning", markup=False)
        self._ignored = latest

    def ask(self, command: CommandName) -> None:
        """Send a command to the worker."""
        run_async(self._screen, partial(self._ask, command))

    def stop_now(self) -> None:
        """Stop the run now, after a confirmation."""
        run_async(self._screen, self._stop_now)

    def resume(self, more: int | None = None) -> None:
        """Start a worker that trains to the planned end, or for additional epochs."""
        run_async(self._screen, partial(self._start_worker, more), group="start", exclusive=True)

    def extend(self, done: int) -> None:
        """Ask for the number of additional epochs, and start a worker."""
        run_async(self._screen, partial(self._extend, done))

    async def _ask(self, command: CommandName) -> None:
        try:
            await asyncio.to_thread(self._feed.ask, command)
        except OSError as error:
            self._complain(f"the session's inbox cannot be written: {error.strerror}")

    async def _stop_now(self) -> None:
        question = ConfirmScreen(
            "Stop this run now?",
            "It writes a checkpoint at this step and can be resumed. "
            "x stops at the end of the epoch instead.",
        )
        if await self._screen.app.push_screen_wait(question):
            self.ask("stop_now")

    async def _extend(self, done: int) -> None:
        question = NumberScreen(
            f"Train how many epochs more than the present {done}?",
            low=1,
            high=_MOST_EPOCHS - done,
            default=_USUAL_EXTENSION,
        )
        if (more := await self._screen.app.push_screen_wait(question)) is not None:
            self.resume(more)

    async def _start_worker(self, more: int | None) -> None:
        self._do("starting a worker ...")
        folder = self._session.folder
        try:
            # A separate object: the feed reads the screen's session in another thread.
            await asyncio.to_thread(lambda: resume_session(Session(folder), more=more))
        except (EngineError, OSError) as error:
            self._complain(error_text(error, "dashboard"))
        finally:
            self._feed.hurry()
            self._do("")

    def _do(self, doing: str) -> None:
        self.doing = doing
        self._show()
        self._screen.refresh_bindings()

    def _complain(self, problem: str) -> None:
        self._screen.notify(one_line(problem), severity="error", markup=False)
