"""Keys that move z along a direction: from the mean of one class or group to that of another."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar, Final

import numpy as np
from textual.binding import Binding, BindingType

from tui.choice_list import ChoiceScreen
from tui.sampler.embeddings import Embeddings, embeddings_of
from tui.sampler.latent import Floats
from tui.sampler.model import Direction
from tui.sampler.views import SamplesView
from tui.sampler.z_screen import ZScreen, key
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.inference.directions import between, class_names

STEP: Final = 0.25
"""Strength of one key; 1 is from mean to mean."""

_ALONG: Final = Binding.Group("Along the direction", compact=True)
_NONE: Final = "No classes here: put samples into two groups with 1 and 2."

# What may be chosen as an end of a direction: its name, and the points whose mean it is, (n, d).
Ends = dict[str, Floats]


class DirectionKeys(ZScreen):
    """Groups of samples, directions between their means or those of classes, steps along them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("d", "direction", "Direction", "Choose a direction between two classes or groups"),
        key("comma", f"push(-{STEP})", "Less", "Less of the direction", group=_ALONG, display=","),
        key("full_stop", f"push({STEP})", "More", "More of it", group=_ALONG, display="."),
        key("1", "group(1)", "Group 1", "Put the sample into group 1, or take it out"),
        key("2", "group(2)", "Group 2", "Put the sample into group 2, or take it out"),
    ]

    def offers(self, action: str) -> bool | None:
        """Directions where keys change z, groups where samples are shown."""
        if action in ("direction", "push"):
            return self.editable
        if action == "group":
            return self.sampler is not None and self.view_name == "samples"
        return super().offers(action)

    def action_group(self, number: int) -> None:
        """Put the selected sample into a group, or take it out."""
        if (sampler := self.sampler) is not None:
            sampler.groups.toggle(number, sampler.draws.current, sampler.selected)
            self.query_one(SamplesView).show_letters()

    def action_push(self, strength: float) -> None:
        """Move z along the direction; the first time, choose one."""
        if (sampler := self.sampler) is None:
            return
        if (direction := sampler.direction) is None:
            self.action_direction()
            return
        step = strength * direction.vector.astype(np.float64)
        self.change(lambda draw, index, _: draw.push(index, step))

    def action_direction(self) -> None:
        """Choose from where to where."""
        run_async(self, self._ask_direction, group="direction")

    async def _ask_direction(self) -> None:
        if (sampler := self.sampler) is None:
            return
        try:
            entry = sampler.decoder.entry
            embeddings = await asyncio.to_thread(embeddings_of, self.session, entry)
        except (EngineError, OSError) as error:
            self.app.notify(f"No classes: {one_line(str(error))}", severity="error", markup=False)
            embeddings = None
        if not has_widgets(self):
            return
        groups = self._groups()
        ends = {**_classes(embeddings), **groups}
        if len(ends) < 2:
            self.notify(_NONE, severity="warning")
            return
        sizes = [f"{len(points)} in {name}" for name, points in groups.items()]
        images = [f"means of {len(embeddings.labels):,} test images"] if embeddings else []
        hint = ", ".join([*images, *sizes])
        question = ChoiceScreen("From the mean of", list(ends), "", hint)
        self.app.push_screen(question, partial(self._ask_end, ends, hint))

    def _ask_end(self, ends: Ends, hint: str, start: str | None) -> None:
        if start is not None:
            others = [name for name in ends if name != start]
            question = ChoiceScreen(f"From {one_line(start)} to the mean of", others, "", hint)
            self.app.push_screen(question, partial(self._take_direction, ends, start))

    def _take_direction(self, ends: Ends, start: str, end: str | None) -> None:
        if end is not None and self.sampler is not None:
            vector = between(ends[start], ends[end])
            self.sampler.direction = Direction(one_line(f"{start} to {end}"), vector)
            self.show_chosen()
            self.notify(f"{self.sampler.direction.name}: . adds it, , takes it away.", markup=False)

    def _groups(self) -> Ends:
        assert self.sampler is not None
        latent_dim = self.sampler.decoder.latent_dim
        groups = self.sampler.groups.members
        return {
            f"group {number}": np.stack([mark.z(latent_dim) for mark in marks])
            for number, marks in groups.items()
            if marks
        }


def _classes(embeddings: Embeddings | None) -> Ends:
    """The embeddings of each class that has some, by its name."""
    if embeddings is None:
        return {}
    names = class_names(embeddings.labels, embeddings.label_names)
    return {
        # Two labels may have one name.
        name if list(names.values()).count(name) == 1 else f"{name} ({label})": embeddings.z_mean[
            embeddings.labels == label
        ]
        for label, name in names.items()
    }
