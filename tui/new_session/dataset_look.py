"""What a dataset is, told beside its field while it is typed: what `vae data` tells, in short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from textual.screen import Screen

from tui.new_session.costs import Sizes
from tui.new_session.draft import Draft
from tui.remedies import error_text
from tui.screen import run_async
from tui.text import one_line
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.datasets.keras_cache import is_available
from vae_engine.datasets.loader import load_dataset
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.source import counted
from vae_engine.datasets.survey import Survey, survey
from vae_engine.errors import EngineError
from vae_engine.image_shape import ImageShape
from vae_engine.settings import Settings

Key = tuple[str, Preparation]
"""A dataset, by name or absolute path, and what its images are brought to."""

_NAMES_SHOWN = 4
# Nobody means the paths on the way to the one that is typed.
_PAUSE_SECONDS = 0.5


class NoLongerWantedError(Exception):
    """Another dataset was typed meanwhile."""


@dataclass(frozen=True)
class DatasetLook:
    """What is known of a dataset.

    Attributes:
        beside: some words, for beside the field.
        lines: all of it, for below the form.
        sizes: its splits, with the shape that images are brought to; None where it is being read,
            and where it cannot be used.
        has_problem: whether it cannot be used.
    """

    beside: str = ""
    lines: str = ""
    sizes: Sizes | None = None
    has_problem: bool = False


_NOTHING, _READING = DatasetLook(), DatasetLook("reading ...")


class DatasetLooks:
    """Looks at the dataset of a form, in a thread, once its name stays the same for a moment.

    Attributes:
        look: at the present dataset.
    """

    def __init__(self, screen: Screen[Any], show: Callable[[], object]) -> None:
        """Make what looks for a screen; `show` is called when there is something else to tell."""
        self._screen, self._show = screen, show
        self._key: Key | None = None
        self.look = _NOTHING

    def follow(self, draft: Draft) -> None:
        """Look at the draft's dataset; at none where it has several, or something is wrong."""
        settings = draft.settings
        if draft.sweep is not None and "dataset" not in draft.sweep.grid.varied:
            settings = draft.sweep.grid.trials[0]
        key = (settings.dataset, Preparation.of(settings)) if settings is not None else None
        if key == self._key:
            return
        self._key, self.look = key, _NOTHING
        if key is not None and is_told(key):
            run_async(self._screen, partial(self._read, key), group="dataset", exclusive=True)

    def end(self) -> None:
        """Look at nothing more."""
        self._key = None

    @property
    def images(self) -> dict[str, int]:
        """How many images the present dataset has to train on, by its path."""
        if self._key is None or self.look.sizes is None:
            return {}
        return {self._key[0]: self.look.sizes.train}

    def sizes_of(self, settings: Settings) -> Sizes | None:
        """What is known of the dataset of these settings, `limit` applied."""
        sizes = self.look.sizes
        if sizes is None or self._key != (settings.dataset, Preparation.of(settings)):
            return None
        return replace(sizes, train=min(settings.limit or sizes.train, sizes.train))

    async def _read(self, key: Key) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        if key != self._key:
            return
        self.look = _READING
        self._show()
        try:
            look = await asyncio.to_thread(look_at, key, lambda: key == self._key)
        except NoLongerWantedError:
            return
        if key == self._key:
            self.look = look
            self._show()


def is_told(key: Key) -> bool:
    """Whether there is anything to tell that is not known anyway, or would be downloaded first."""
    name, preparation = key
    if name not in NAMED_DATASETS:
        return True
    return (name != "mnist" or preparation != AUTO) and is_available(name)


def look_at(key: Key, is_wanted: Callable[[], bool]) -> DatasetLook:
    """Read a dataset and tell what it is. Images are decoded into the cache that training uses.

    Args:
        key: of the dataset.
        is_wanted: asked now and then; the reading ends where it is not.

    Raises:
        NoLongerWantedError: it is not.
    """

    def go_on(*_: object) -> None:
        if not is_wanted():
            raise NoLongerWantedError

    name, preparation = key
    try:
        dataset = load_dataset(name, preparation=preparation, report=go_on)
        go_on()
        found = survey(dataset)
    except (EngineError, OSError, MemoryError) as error:
        said = one_line(error_text(error)) or "there is not enough memory for it"
        return DatasetLook(said, said, has_problem=True)
    return told_of(found)


def told_of(found: Survey) -> DatasetLook:
    """Put a survey into words."""
    shape = ImageShape(*found.image_shape)
    classes = counted(len(found.labels), "class") if found.labels else "no labels"
    splits = found.splits
    described = [
        f"{found.images:,} images, {_names(found.sizes)}, {_names(found.modes)}",
        f"{classes}{f' ({_names(found.labels)})' if found.labels else ''}",
        f"{splits['train']:,} train, {splits['val']:,} validate, {splits['test']:,} test",
    ]
    if found.bad:
        described.append(f"{len(found.bad):,} unusable")
    if found.copies:
        described.append(counted(found.copies, "duplicate"))
    trained = "; ".join([f"trains on {shape.text}", *map(one_line, found.notes)])
    return DatasetLook(
        f"{found.images:,} images, {shape.text}, {classes}",
        f"{'; '.join(described)}\n{trained}",
        Sizes(splits["train"], splits["val"], splits["test"], shape),
    )


def _names(counts: Mapping[str, int]) -> str:
    """The most common first."""
    common = sorted(counts, key=lambda name: -counts[name])
    shown = ", ".join(one_line(name) for name in common[:_NAMES_SHOWN])
    more = len(common) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
