"""Actions on a sweep: stop and resume."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from tui.dialogs import ConfirmScreen
from tui.screen import WorkbenchScreen, run_async
from tui.text import one_line
from vae_engine.control.sweeps import ask_to_stop, resume_sweep
from vae_engine.errors import EngineError
from vae_engine.sweeps.store import Sweep


class SweepActions:
    """Actions of a screen on its sweeps."""

    def __init__(self, screen: WorkbenchScreen, changed: Callable[[], None]) -> None:
        """Make the actions of a screen.

        Args:
            screen: on which dialogs open.
            changed: called after an action.
        """
        self._screen, self._changed = screen, changed

    def stop(self, sweep: Sweep) -> None:
        """Stop the sweep, after a confirmation."""
        question = ConfirmScreen(
            f"Stop the sweep {one_line(sweep.record.name)}?",
            "Its trials write a checkpoint at this step; r resumes them.",
        )
        self._ask(question, lambda: ask_to_stop(sweep), "Stopping its trials ...")

    def resume(self, sweep: Sweep) -> None:
        """Resume the unfinished trials, after a confirmation."""
        question = ConfirmScreen(
            f"Resume the sweep {one_line(sweep.record.name)}?",
            "Unfinished trials continue from their last checkpoints; failed ones are retried.",
        )
        self._ask(question, lambda: resume_sweep(sweep), "Starting the coordinator ...")

    def _ask(self, question: ConfirmScreen, job: Callable[[], object], doing: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                work = partial(self._carry_out, job, doing)
                run_async(self._screen, work, group="carry-out", exclusive=True)

        self._screen.app.push_screen(question, answered)

    async def _carry_out(self, job: Callable[[], object], doing: str) -> None:
        self._screen.notify(doing, timeout=3)
        try:
            await asyncio.to_thread(job)
        except (EngineError, OSError) as error:
            self._screen.complain(error)
        self._changed()
        self._screen.workbench.refresh_sessions()
