"""Move z along a direction: from the mean of one class or group to that of another."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import numpy as np

from tui.choice_list import ChoiceScreen
from tui.sampler.embeddings import Embeddings, embeddings_of
from tui.sampler.latent import Floats
from tui.sampler.model import Direction
from tui.sampler.stage import Stage
from tui.sampler.views import SamplesView
from tui.sampler.z_editor import ZEditor
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.inference.directions import between, class_names

STEP: Final = 0.25
"""Strength of one key; 1 is from mean to mean."""

_NONE: Final = "No classes here: put samples into two groups with 1 and 2."

# What may be chosen as an end of a direction: its name, and the points whose mean it is, (n, d).
Ends = dict[str, Floats]


class Directions:
    """Groups of samples, directions between their means or those of classes, steps along them."""

    def __init__(self, stage: Stage, editor: ZEditor) -> None:
        """Make the directions of a screen.

        Args:
            stage: the screen, with its samples.
            editor: moves the selected z.
        """
        self._stage = stage
        self._editor = editor

    def offers(self, action: str) -> bool | None:
        """Whether an action on directions has an effect now; None for any other action."""
        if action in ("direction", "push"):
            return self._stage.editable
        if action == "group":
            return self._stage.sampler is not None and self._stage.views.shown == "samples"
        return None

    def toggle_group(self, number: int) -> None:
        """Put the selected sample into a group, or take it out."""
        if (sampler := self._stage.sampler) is not None:
            sampler.groups.toggle(number, sampler.draws.current, sampler.selected)
            self._stage.host.query_one(SamplesView).show_letters()

    def push(self, strength: float) -> None:
        """Move z along the direction; the first time, choose one."""
        if (sampler := self._stage.sampler) is None:
            return
        if (direction := sampler.direction) is None:
            self.choose()
            return
        step = strength * direction.vector.astype(np.float64)
        self._editor.change(lambda draw, index, _: draw.push(index, step))

    def choose(self) -> None:
        """Choose from where to where."""
        run_async(self._stage.host, self._ask_direction, group="direction")

    async def _ask_direction(self) -> None:
        if (sampler := self._stage.sampler) is None:
            return
        try:
            entry = sampler.decoder.entry
            embeddings = await asyncio.to_thread(embeddings_of, self._stage.session, entry)
        except (EngineError, OSError) as error:
            text = f"No classes: {one_line(str(error))}"
            self._stage.host.app.notify(text, severity="error", markup=False)
            embeddings = None
        if not has_widgets(self._stage.host):
            return
        groups = self._groups()
        ends = {**_classes(embeddings), **groups}
        if len(ends) < 2:
            self._stage.host.notify(_NONE, severity="warning")
            return
        sizes = [f"{len(points)} in {name}" for name, points in groups.items()]
        images = [f"means of {len(embeddings.labels):,} test images"] if embeddings else []
        hint = ", ".join([*images, *sizes])
        question = ChoiceScreen("From the mean of", list(ends), "", hint)
        self._stage.host.app.push_screen(question, partial(self._ask_end, ends, hint))

    def _ask_end(self, ends: Ends, hint: str, start: str | None) -> None:
        if start is not None:
            others = [name for name in ends if name != start]
            question = ChoiceScreen(f"From {one_line(start)} to the mean of", others, "", hint)
            self._stage.host.app.push_screen(question, partial(self._take_direction, ends, start))

    def _take_direction(self, ends: Ends, start: str, end: str | None) -> None:
        if end is not None and self._stage.sampler is not None:
            name = one_line(f"{start} to {end}")
            self._stage.sampler.direction = Direction(name, between(ends[start], ends[end]))
            self._stage.show_chosen()
            self._stage.host.notify(f"{name}: . adds it, , takes it away.", markup=False)

    def _groups(self) -> Ends:
        assert self._stage.sampler is not None
        latent_dim = self._stage.sampler.decoder.latent_dim
        groups = self._stage.sampler.groups.members
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
