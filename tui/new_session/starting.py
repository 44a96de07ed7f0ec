"""Start the session or sweep of a draft, and open its screen."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Sequence
from functools import partial

from tui.new_session.draft import Draft, SweepDraft
from tui.remedies import error_text
from tui.screen import WorkbenchScreen, run_async
from tui.text import one_line
from vae_engine.control.sweeps import start_sweep
from vae_engine.control.training import start_session
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import NewSweep, Sweep


class Starter:
    """Starts one draft at a time; the new run's screen replaces the form, if that is on top.

    Attributes:
        busy: whether a start is under way.
    """

    def __init__(
        self,
        form: WorkbenchScreen,
        store: SessionStore,
        base: Session | None,
        changed: Callable[[], None],
    ) -> None:
        """Make a starter.

        Args:
            form: the screen that is replaced.
            store: where sessions and sweeps are created.
            base: the session that is forked, if any.
            changed: called when `busy` has changed.
        """
        self._form = form
        self._store = store
        self._base = base
        self._changed = changed
        self.busy = False

    def start(self, draft: Draft, command: str) -> None:
        """Start a draft without problems, unless a start is under way.

        Args:
            draft: what to start.
            command: the equivalent command line, for the session's record.
        """
        if self.busy:
            return
        self.busy = True
        self._changed()
        # The app runs it: work that the form runs would end with the form.
        run_async(self._form.app, partial(self._start, draft, shlex.split(command)))

    async def _start(self, draft: Draft, command: Sequence[str]) -> None:
        # Keys typed meanwhile are meant for the screen that opens next.
        held = self._form.workbench.hold_keys
        try:
            if draft.sweep is not None:
                with held():
                    sweep = await asyncio.to_thread(
                        self._start_sweep, draft.sweep, draft.name, command
                    )
                self._show_sweep(sweep)
            elif draft.settings is not None:
                notes: list[str] = []
                with held():
                    session = await asyncio.to_thread(
                        self._start_session, draft, command, notes.append
                    )
                self._show_dashboard(session)
                for line in notes:
                    self._form.app.notify(one_line(line), timeout=15, markup=False)
        except (EngineError, OSError) as error:
            self._form.notify(error_text(error), severity="error", timeout=10, markup=False)
        finally:
            self.busy = False
            self._changed()

    def _start_session(
        self, draft: Draft, command: Sequence[str], announce: Callable[[str], object]
    ) -> Session:
        assert draft.settings is not None
        return start_session(
            self._store,
            draft.settings,
            given=draft.given,
            command=command,
            name=draft.name or None,
            parent=self._base.id if self._base else None,
            announce=announce,
        )

    def _start_sweep(self, draft: SweepDraft, name: str, command: Sequence[str]) -> Sweep:
        return start_sweep(
            self._store, NewSweep(draft.grid, draft.parallel, name=name or None, command=command)
        )

    def _show_sweep(self, sweep: Sweep) -> None:
        form = self._form
        form.workbench.refresh_sessions()
        if form.is_active:
            form.workbench.open_sweep(sweep, instead_of=form)
        else:
            form.notify(f"The sweep {one_line(sweep.record.name)} was started.", markup=False)

    def _show_dashboard(self, session: Session) -> None:
        form = self._form
        form.workbench.refresh_sessions()
        if form.is_active:
            form.workbench.open_dashboard(session, instead_of=form)
        else:
            form.notify(f"{one_line(session.label.name)} is training.", markup=False)
