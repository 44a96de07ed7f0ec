"""A screen over one z: copied, typed, pasted, set from an image or from what a view shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final, Literal

import numpy as np
from textual import events, on
from textual.binding import BindingType

from tui.dialogs import LineScreen
from tui.sampler.draws import Draw, Floats
from tui.sampler.latent_vector import LatentVector
from tui.sampler.model import Sampler
from tui.sampler.own_image import encoded
from tui.sampler.views import Chosen, View
from tui.screen import Keys, WorkbenchScreen, run_async
from tui.text import one_line
from vae_engine.errors import EngineError, SettingError
from vae_engine.inference.z_text import read_number, read_z, z_text
from vae_engine.sessions.session import Session

ViewName = Literal["samples", "traversal", "path", "map"]

ZERO: Final = "the prior's mean"
_EDITABLE: Final = ("samples", "traversal")
_LONGEST_ORIGIN: Final = 60

key = Keys("sampler")


class ZScreen(WorkbenchScreen):
    """What keys do to the selected z, whatever view shows it.

    Attributes:
        session: whose decoders are used.
        sampler: None before the first decoder was loaded.
        view_name: the view that is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("z", "copy_z", "Copy z", "Copy z to the terminal's clipboard"),
        key("Z", "type_z", "Type z", "Type or paste a whole z"),
        key("e", "image", "Encode", "Take the z of an image file"),
        key("o", "origin", "Origin", "Start from the prior's mean, or from the sample again"),
        key("backspace", "release", "As drawn", "Give the sample back the z that was drawn"),
    ]
    takes_pastes = True
    """What is pasted is a z, unless a field has the focus."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.sampler: Sampler | None = None
        self.view_name: ViewName = "samples"

    @property
    def view(self) -> View:
        """The view that is shown."""
        raise NotImplementedError

    def show_chosen(self) -> None:
        """Show the z that is looked at, and what the view is of."""
        raise NotImplementedError

    def offers(self, action: str) -> bool | None:
        """Whether an action of this class has an effect now; None where it is none of them."""
        if action == "copy_z":
            return self.sampler is not None
        if action in ("type_z", "image", "origin", "release"):
            return self.editable
        if action == "take":
            return self.sampler is not None
        return None

    @property
    def editable(self) -> bool:
        """Whether keys change the selected z."""
        return self.sampler is not None and self.view_name in _EDITABLE

    def change(self, change: Callable[[Draw, int, int], None]) -> None:
        """Change the selected z, and show it.

        Args:
            change: is given the draw, the index of the sample, and the dimensions of z.
        """
        if (sampler := self.sampler) is not None:
            change(sampler.draws.current, sampler.selected, sampler.decoder.latent_dim)
            self.view.changed()
            self.show_chosen()

    def put(self, z: Floats, origin: str) -> None:
        """Put a z in the place of the selected sample."""
        self.change(lambda draw, index, _: draw.put(index, z, origin))

    def action_copy_z(self) -> None:
        """Copy the z that is looked at."""
        chosen = self.view.chosen()
        if chosen is not None:
            self.workbench.copy_line(z_text(chosen.z))

    def action_type_z(self) -> None:
        """Ask for a whole z, beginning with the present one."""
        if (sampler := self.sampler) is not None:
            latent_dim = sampler.decoder.latent_dim
            number = "1 number" if latent_dim == 1 else f"{latent_dim} numbers"
            question = LineScreen(
                "z",
                z_text(sampler.selected_z),
                check=partial(read_z, latent_dim=latent_dim),
                hint=f"{number} with spaces or commas between",
            )
            self.app.push_screen(question, self._take_text)

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted as a z."""
        event.stop()
        if self.editable:
            self._take_text(event.text)
        else:
            self.notify("Go back to the samples to paste a z.", severity="warning")

    def action_image(self) -> None:
        """Ask for an image file."""
        question = LineScreen(
            "Image file", "", check=_check_path, hint="its z_mean takes the sample's place"
        )
        self.app.push_screen(question, self._take_path)

    def action_origin(self) -> None:
        """Start from z = 0, or from the sample as it was drawn."""
        if (sampler := self.sampler) is None:
            return
        pin = sampler.draws.current.pins.get(sampler.selected)
        if pin is not None and pin.origin == ZERO:
            self.action_release()
        else:
            self.put(np.zeros(sampler.decoder.latent_dim, np.float32), ZERO)

    def action_release(self) -> None:
        """Give the sample back the z that was drawn."""
        self.change(lambda draw, index, _: draw.release(index))

    @on(LatentVector.Nudged)
    def nudge(self, event: LatentVector.Nudged) -> None:
        """Move one dimension, or take its nudge back."""
        dimension, by = event.dimension, event.by
        if by is None:
            self.change(lambda draw, index, _: draw.let_go(index, dimension))
        else:
            self.change(lambda draw, index, d: draw.nudge(index, dimension, by, d))

    @on(LatentVector.Asked)
    def ask_value(self, event: LatentVector.Asked) -> None:
        """Ask for the value of one dimension."""
        name, value = f"z{event.dimension}", z_text(np.array([event.value], np.float32))
        question = LineScreen(name, value, check=read_number, hint="a number")
        self.app.push_screen(question, partial(self._take_value, event.dimension))

    def _take_value(self, dimension: int, text: str | None) -> None:
        if text is not None:
            value = read_number(text)
            self.change(lambda draw, index, d: draw.set_value(index, dimension, value, d))

    def _take_text(self, text: str | None) -> None:
        if text is None or self.sampler is None:
            return
        try:
            z = read_z(text, self.sampler.decoder.latent_dim)
        except SettingError as error:
            self.notify(f"{one_line(str(error))}.", severity="warning", markup=False)
            return
        self.put(z, "z as typed")

    def _take_path(self, path: str | None) -> None:
        if path is not None and self.sampler is not None:
            run_async(self, partial(self._encode, path.strip(), self.sampler), group="encode")

    async def _encode(self, path: str, sampler: Sampler) -> None:
        try:
            z, origin = await asyncio.to_thread(encoded, self.session, sampler.decoder.entry, path)
        except (EngineError, OSError) as error:
            text = one_line(str(error))
            self.app.notify(f"No z: {text}", severity="error", markup=False)
            return
        if self.is_attached:
            self.put(z, origin)

    def take_chosen(self, chosen: Chosen, origin: str) -> None:
        """Take what a view shows as the selected sample."""
        self.put(chosen.z, one_line(origin, longest=_LONGEST_ORIGIN))


def _check_path(text: str) -> None:
    if not text.strip():
        raise SettingError("type the path of an image file")
