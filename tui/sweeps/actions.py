"""What can be done to a sweep, by keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import work

from tui.dialogs import ConfirmScreen
from tui.remedies import error_text
from tui.sweeps.looking import LookingScreen
from tui.text import one_line
from vae_engine.control.sweeps import ask_to_stop, resume_sweep
from vae_engine.errors import EngineError
from vae_engine.sweeps.store import Sweep


class SweepActions(LookingScreen):
    """A screen with a sweep on it, which can be stopped and resumed."""

    def current_sweep(self) -> Sweep | None:
        """The sweep that is meant."""
        raise NotImplementedError

    @work
    async def action_stop(self) -> None:
        """Ask, then stop the sweep."""
        if (sweep := self.current_sweep()) is None:
            return
        question = ConfirmScreen(
            f"Stop the sweep {one_line(sweep.record.name)}?",
            "Its trials keep a checkpoint of this very step; r goes on with them.",
        )
        if await self.app.push_screen_wait(question):
            self._carry_out(lambda: ask_to_stop(sweep), "Stopping its trials ...")

    @work
    async def action_resume(self) -> None:
        """Ask, then go on with what is not finished."""
        if (sweep := self.current_sweep()) is None:
            return
        question = ConfirmScreen(
            f"Go on with the sweep {one_line(sweep.record.name)}?",
            "With every trial that is not finished, from its last checkpoint; "
            "those that failed are tried again.",
        )
        if await self.app.push_screen_wait(question):
            self._carry_out(lambda: resume_sweep(sweep), "Starting the coordinator ...")

    @work(group="carry-out", exclusive=True)
    async def _carry_out(self, job: Callable[[], object], doing: str) -> None:
        self.notify(doing, timeout=3)
        try:
            await asyncio.to_thread(job)
        except (EngineError, OSError) as error:
            self.notify(error_text(error), severity="error", markup=False)
        self.look_again()
        self.workbench.look_again()
