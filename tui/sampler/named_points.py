"""Name points of latent space, and find them again."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import numpy as np

from tui.dialogs import LineScreen
from tui.sampler.points_screen import PointsScreen
from tui.sampler.stage import Stage
from tui.sampler.z_editor import ZEditor
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.sessions import layout
from vae_engine.sessions.points import check_name, drop_point, keep_point, made_point, read_points
from vae_engine.sessions.records import Point

_TRIES = 1000


class NamedPoints:
    """Names the selected z, and goes to named points."""

    def __init__(self, stage: Stage, editor: ZEditor) -> None:
        """Make the points of a screen.

        Args:
            stage: the screen, with its samples.
            editor: takes the z of a point.
        """
        self._stage = stage
        self._editor = editor

    def offers(self, action: str) -> bool | None:
        """Whether an action on points has an effect now; None for any other action."""
        if action == "keep_point":
            return self._stage.sampler is not None
        return self._stage.editable if action == "points" else None

    def ask_name(self) -> None:
        """Ask for the name of the z that is looked at."""
        stage = self._stage
        chosen, sampler = stage.views.view.chosen(), stage.sampler
        if chosen is not None and sampler is not None:
            entry = sampler.decoder.entry
            made = partial(
                made_point,
                z=chosen.z.tolist(),
                epoch=entry.epoch,
                step=entry.step,
                origin=one_line(sampler.selected_origin if stage.editable else stage.views.shown),
                now=time.time(),
            )
            run_async(self._stage.host, partial(self._ask_free_name, made), group="points")

    async def _ask_free_name(self, made: partial[Point]) -> None:
        points = await self._read()
        if points is None or not has_widgets(self._stage.host):
            return
        taken = {point.name for point in points}
        numbers = range(len(points) + 1, len(points) + _TRIES)
        free = next((f"point {number}" for number in numbers if f"point {number}" not in taken), "")
        question = LineScreen(
            "Name of this z", free, check=partial(check_name, points=points), hint=_values(made)
        )
        self._stage.host.app.push_screen(question, partial(self._keep_named, made))

    def _keep_named(self, made: partial[Point], name: str | None) -> None:
        if name is not None:
            run_async(self._stage.host, partial(self._keep, made(name)), group="points")

    async def _keep(self, point: Point) -> None:
        try:
            path = await asyncio.to_thread(keep_point, self._stage.session, point)
        except EngineError as error:
            self._stage.host.app.notify(_problem(error), severity="error", markup=False)
            return
        kept = "" if path.name == layout.POINTS else f" in {one_line(str(path))}"
        self._stage.host.app.notify(
            f"{one_line(point.name)} is kept{kept}: g finds it.", markup=False
        )

    def choose(self) -> None:
        """Choose a point."""
        run_async(self._stage.host, self._choose, group="points")

    async def _choose(self) -> None:
        points = await self._read()
        if points is None or not has_widgets(self._stage.host):
            return
        if not points:
            self._stage.host.notify("No point has a name yet: R names this z.")
            return
        self._stage.host.app.push_screen(PointsScreen(points, self._drop), self._go)

    def _go(self, point: Point | None) -> None:
        if point is not None:
            self._editor.put(np.array(point.z, np.float32), f"point {one_line(point.name)}")

    def _drop(self, point: Point) -> None:
        run_async(self._stage.host, partial(self._drop_now, point.name), group="points")

    async def _drop_now(self, name: str) -> None:
        try:
            await asyncio.to_thread(drop_point, self._stage.session, name)
        except EngineError as error:
            self._stage.host.app.notify(_problem(error), severity="error", markup=False)

    async def _read(self) -> tuple[Point, ...] | None:
        try:
            return await asyncio.to_thread(read_points, self._stage.session)
        except (EngineError, OSError) as error:
            self._stage.host.app.notify(_problem(error), severity="error", markup=False)
            return None


def _values(made: partial[Point]) -> str:
    z = made.keywords["z"]
    return "z " + " ".join(f"{value:+.2f}" for value in z[:8]) + (" ..." if z[8:] else "")


def _problem(error: Exception) -> str:
    return f"Points: {one_line(str(error))}"
