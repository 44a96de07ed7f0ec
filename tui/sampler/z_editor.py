"""Edit one z: copy, type or paste it, take it from an image or from what a view shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from tui.dialogs import LineScreen
from tui.sampler.draws import Draw, Floats
from tui.sampler.model import Sampler
from tui.sampler.own_image import encoded
from tui.sampler.stage import Stage
from tui.sampler.views import Chosen
from tui.screen import run_async
from tui.text import one_line
from vae_engine.errors import EngineError, SettingError
from vae_engine.inference.z_text import read_number, read_z, z_text

ZERO: Final = "the prior's mean"
_LONGEST_ORIGIN: Final = 60


class ZEditor:
    """Changes the selected z, whatever view shows it."""

    def __init__(self, stage: Stage) -> None:
        """Make the editor of a screen.

        Args:
            stage: the screen, with its samples.
        """
        self._stage = stage

    def offers(self, action: str) -> bool | None:
        """Whether an action of the editor has an effect now; None for any other action."""
        if action in ("copy_z", "take"):
            return self._stage.sampler is not None
        if action in ("type_z", "image", "origin", "release"):
            return self._stage.editable
        return None

    def change(self, change: Callable[[Draw, int, int], None]) -> None:
        """Change the selected z, and show it.

        Args:
            change: is given the draw, the index of the sample, and the dimensions of z.
        """
        if (sampler := self._stage.sampler) is not None:
            change(sampler.draws.current, sampler.selected, sampler.decoder.latent_dim)
            self._stage.views.view.changed()
            self._stage.show_chosen()

    def put(self, z: Floats, origin: str) -> None:
        """Put a z in the place of the selected sample."""
        self.change(lambda draw, index, _: draw.put(index, z, origin))

    def copy(self) -> None:
        """Copy the z that is looked at."""
        chosen = self._stage.views.view.chosen()
        if chosen is not None:
            self._stage.host.workbench.copy_line(z_text(chosen.z))

    def ask(self) -> None:
        """Ask for a whole z, beginning with the present one."""
        if (sampler := self._stage.sampler) is not None:
            latent_dim = sampler.decoder.latent_dim
            number = "1 number" if latent_dim == 1 else f"{latent_dim} numbers"
            question = LineScreen(
                "z",
                z_text(sampler.selected_z),
                check=partial(read_z, latent_dim=latent_dim),
                hint=f"{number} with spaces or commas between",
            )
            self._stage.host.app.push_screen(question, self._take_text)

    def paste(self, text: str) -> None:
        """Take pasted text as a z."""
        if self._stage.editable:
            self._take_text(text)
        else:
            self._stage.host.notify("Go back to the samples to paste a z.", severity="warning")

    def ask_image(self) -> None:
        """Ask for an image file."""
        question = LineScreen(
            "Image file", "", check=_check_path, hint="its z_mean takes the sample's place"
        )
        self._stage.host.app.push_screen(question, self._take_path)

    def turn_origin(self) -> None:
        """Start from z = 0, or from the sample as it was drawn."""
        if (sampler := self._stage.sampler) is None:
            return
        pin = sampler.draws.current.pins.get(sampler.selected)
        if pin is not None and pin.origin == ZERO:
            self.release()
        else:
            self.put(np.zeros(sampler.decoder.latent_dim, np.float32), ZERO)

    def release(self) -> None:
        """Give the sample back the z that was drawn."""
        self.change(lambda draw, index, _: draw.release(index))

    def nudge(self, dimension: int, by: float | None) -> None:
        """Move one dimension, or with None take its nudge back."""
        if by is None:
            self.change(lambda draw, index, _: draw.let_go(index, dimension))
        else:
            self.change(lambda draw, index, d: draw.nudge(index, dimension, by, d))

    def set_value(self, dimension: int, value: float) -> None:
        """Set one dimension."""
        self.change(lambda draw, index, d: draw.set_value(index, dimension, value, d))

    def ask_value(self, dimension: int, value: float) -> None:
        """Ask for the value of one dimension."""
        text = z_text(np.array([value], np.float32))
        question = LineScreen(f"z{dimension}", text, check=read_number, hint="a number")
        self._stage.host.app.push_screen(question, partial(self._take_value, dimension))

    def _take_value(self, dimension: int, text: str | None) -> None:
        if text is not None:
            self.set_value(dimension, read_number(text))

    def _take_text(self, text: str | None) -> None:
        if text is None or self._stage.sampler is None:
            return
        try:
            z = read_z(text, self._stage.sampler.decoder.latent_dim)
        except SettingError as error:
            self._stage.host.notify(f"{one_line(str(error))}.", severity="warning", markup=False)
            return
        self.put(z, "z as typed")

    def _take_path(self, path: str | None) -> None:
        if path is not None and (sampler := self._stage.sampler) is not None:
            run_async(
                self._stage.host, partial(self._encode, path.strip(), sampler), group="encode"
            )

    async def _encode(self, path: str, sampler: Sampler) -> None:
        session, entry = self._stage.session, sampler.decoder.entry
        try:
            z, origin = await asyncio.to_thread(encoded, session, entry, path)
        except (EngineError, OSError) as error:
            text = one_line(str(error))
            self._stage.host.app.notify(f"No z: {text}", severity="error", markup=False)
            return
        if self._stage.host.is_attached:
            self.put(z, origin)

    def take_chosen(self, chosen: Chosen, origin: str) -> None:
        """Take what a view shows as the selected sample."""
        self.put(chosen.z, one_line(origin, longest=_LONGEST_ORIGIN))


def _check_path(text: str) -> None:
    if not text.strip():
        raise SettingError("type the path of an image file")
