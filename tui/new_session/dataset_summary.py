"""Summary of the dataset that is being typed, shown beside its field: `vae data` in short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
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
from vae_engine.datasets.survey import Survey, contact_sheet, survey
from vae_engine.errors import EngineError
from vae_engine.image_shape import ImageShape
from vae_engine.settings import Settings

Key = tuple[str, Preparation]
"""Name or absolute path of a dataset, and how its images are prepared."""

_NAMES_SHOWN = 4
_IMAGES_SHOWN = 8
# Partly typed paths are not read.
_PAUSE_SECONDS = 0.5


class SupersededError(Exception):
    """Another dataset was typed while this one was read."""


@dataclass(frozen=True)
class DatasetSummary:
    """Summary of a dataset, or why it cannot be used.

    Attributes:
        short: a few words, shown beside the field.
        lines: the full summary, shown below the form.
        sizes: of its splits, with the shape of prepared images; None while it is being read, and if
            it cannot be used.
        has_problem: whether it cannot be used.
        images: a few of its training images, (n, h, w) or (n, h, w, 3), uint8; None while it is
            being read, and if it cannot be used.
    """

    short: str = ""
    lines: str = ""
    sizes: Sizes | None = None
    has_problem: bool = False
    images: NDArray[np.uint8] | None = field(default=None, compare=False)


_NOTHING, _READING = DatasetSummary(), DatasetSummary("reading ...")


class DatasetSummaryLoader:
    """Summarises the dataset of a form, in a thread, once its name has not changed for a moment.

    Attributes:
        summary: of the present dataset.
    """

    def __init__(self, screen: Screen[Any], show: Callable[[], object]) -> None:
        """Make the loader of a screen; `show` is called when the summary has changed."""
        self._screen, self._show = screen, show
        self._key: Key | None = None
        self.summary = _NOTHING

    def follow(self, draft: Draft) -> None:
        """Summarise the draft's dataset; nothing if it has several or is invalid."""
        settings = draft.settings
        if draft.sweep is not None and "dataset" not in draft.sweep.grid.varied:
            settings = draft.sweep.grid.trials[0]
        key = (settings.dataset, Preparation.of(settings)) if settings is not None else None
        if key == self._key:
            return
        self._key, self.summary = key, _NOTHING
        if key is not None and is_worth_reading(key):
            run_async(self._screen, partial(self._read, key), group="dataset", exclusive=True)

    def end(self) -> None:
        """Stop reading."""
        self._key = None

    @property
    def images(self) -> dict[str, int]:
        """Number of training images of the present dataset, by its path."""
        if self._key is None or self.summary.sizes is None:
            return {}
        return {self._key[0]: self.summary.sizes.train}

    def sizes_of(self, settings: Settings) -> Sizes | None:
        """Return the sizes of these settings' dataset, with `limit` applied; None if unknown."""
        sizes = self.summary.sizes
        if sizes is None or self._key != (settings.dataset, Preparation.of(settings)):
            return None
        return replace(sizes, train=min(settings.limit or sizes.train, sizes.train))

    async def _read(self, key: Key) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        if key != self._key:
            return
        self.summary = _READING
        self._show()
        try:
            summary = await asyncio.to_thread(summarise, key, lambda: key == self._key)
        except SupersededError:
            return
        if key == self._key:
            self.summary = summary
            self._show()


def is_worth_reading(key: Key) -> bool:
    """Return whether a summary tells anything new, and needs no download."""
    name, preparation = key
    if name not in NAMED_DATASETS:
        return True
    return (name != "mnist" or preparation != AUTO) and is_available(name)


def summarise(key: Key, is_wanted: Callable[[], bool]) -> DatasetSummary:
    """Read and summarise a dataset. Images are decoded into the cache that training uses.

    Args:
        key: of the dataset.
        is_wanted: polled while reading; returning False ends it.

    Raises:
        SupersededError: the summary is no longer wanted.
    """

    def check_wanted(*_: object) -> None:
        if not is_wanted():
            raise SupersededError

    name, preparation = key
    try:
        dataset = load_dataset(name, preparation=preparation, report=check_wanted)
        check_wanted()
        found = survey(dataset)
        images = contact_sheet(dataset, _IMAGES_SHOWN)
    except (EngineError, OSError, MemoryError) as error:
        problem = one_line(error_text(error)) or "there is not enough memory for it"
        return DatasetSummary(problem, problem, has_problem=True)
    return replace(summary_of(found), images=images)


def summary_of(found: Survey) -> DatasetSummary:
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
    return DatasetSummary(
        f"{found.images:,} images, {shape.text}, {classes}",
        f"{'; '.join(described)}\n{trained}",
        Sizes(splits["train"], splits["val"], splits["test"], shape),
    )


def _names(counts: Mapping[str, int]) -> str:
    """List names, the most common first."""
    common = sorted(counts, key=lambda name: -counts[name])
    shown = ", ".join(one_line(name) for name in common[:_NAMES_SHOWN])
    more = len(common) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
