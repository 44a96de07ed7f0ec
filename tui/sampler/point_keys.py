"""Keys that name points of latent space and find them again."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import ClassVar

import numpy as np
from textual.binding import BindingType

from tui.dialogs import LineScreen
from tui.sampler.points_screen import PointsScreen
from tui.sampler.z_screen import ZScreen, key
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.sessions import layout
from vae_engine.sessions.points import check_name, drop_point, keep_point, made_point, read_points
from vae_engine.sessions.records import Point

_TRIES = 1000


class PointKeys(ZScreen):
    """Names the z that is looked at, and goes to named points."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "keep_point", "Name point", "Name this z, to find it again in the session"),
        key("g", "points", "Points", "Go to a named point, or delete one"),
    ]

    def offers(self, action: str) -> bool | None:
        """Points are named in every view, and gone to where keys change z."""
        if action == "keep_point":
            return self.sampler is not None
        if action == "points":
            return self.editable
        return super().offers(action)

    def action_keep_point(self) -> None:
        """Ask for the name of the z that is looked at."""
        chosen, sampler = self.view.chosen(), self.sampler
        if chosen is not None and sampler is not None:
            entry = sampler.decoder.entry
            made = partial(
                made_point,
                z=chosen.z.tolist(),
                epoch=entry.epoch,
                step=entry.step,
                origin=one_line(sampler.selected_origin if self.editable else self.view_name),
                now=time.time(),
            )
            run_async(self, partial(self._ask_name, made), group="points")

    async def _ask_name(self, made: partial[Point]) -> None:
        points = await self._read()
        if points is None or not has_widgets(self):
            return
        taken = {point.name for point in points}
        numbers = range(len(points) + 1, len(points) + _TRIES)
        free = next((f"point {number}" for number in numbers if f"point {number}" not in taken), "")
        question = LineScreen(
            "Name of this z", free, check=partial(check_name, points=points), hint=_values(made)
        )
        self.app.push_screen(question, partial(self._keep_named, made))

    def _keep_named(self, made: partial[Point], name: str | None) -> None:
        if name is not None:
            run_async(self, partial(self._keep, made(name)), group="points")

    async def _keep(self, point: Point) -> None:
        try:
            path = await asyncio.to_thread(keep_point, self.session, point)
        except EngineError as error:
            self.app.notify(_problem(error), severity="error", markup=False)
            return
        kept = "" if path.name == layout.POINTS else f" in {one_line(str(path))}"
        self.app.notify(f"{one_line(point.name)} is kept{kept}: g finds it.", markup=False)

    def action_points(self) -> None:
        """Choose a point."""
        run_async(self, self._choose, group="points")

    async def _choose(self) -> None:
        points = await self._read()
        if points is None or not has_widgets(self):
            return
        if not points:
            self.notify("No point has a name yet: a names this z.")
            return
        self.app.push_screen(PointsScreen(points, self._drop), self._go)

    def _go(self, point: Point | None) -> None:
        if point is not None:
            self.put(np.array(point.z, np.float32), f"point {one_line(point.name)}")

    def _drop(self, point: Point) -> None:
        run_async(self, partial(self._drop_now, point.name), group="points")

    async def _drop_now(self, name: str) -> None:
        try:
            await asyncio.to_thread(drop_point, self.session, name)
        except EngineError as error:
            self.app.notify(_problem(error), severity="error", markup=False)

    async def _read(self) -> tuple[Point, ...] | None:
        try:
            return await asyncio.to_thread(read_points, self.session)
        except (EngineError, OSError) as error:
            self.app.notify(_problem(error), severity="error", markup=False)
            return None


def _values(made: partial[Point]) -> str:
    z = made.keywords["z"]
    return "z " + " ".join(f"{value:+.2f}" for value in z[:8]) + (" ..." if z[8:] else "")


def _problem(error: Exception) -> str:
    return f"Points: {one_line(str(error))}"
