"""Marked and grouped samples outlive the sampler, so that images are taken into it one by one."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.sampler.draws import MarkedSample
from tui.sampler.latent import Floats
from tui.sampler.model import Sampler

_MOST_SESSIONS: Final = 4
_MOST_SAMPLES: Final = 256


@dataclass(frozen=True, eq=False)
class KeptSample:
    """A sample that was marked or in a group.

    Attributes:
        z: (d,).
        origin: where it comes from, one line.
        marked: whether it is an end of a path.
        groups: it is in.
    """

    z: Floats
    origin: str
    marked: bool
    groups: tuple[int, ...]


_kept: Final[OrderedDict[Path, list[KeptSample]]] = OrderedDict()
"""By the session's folder, while the app runs."""


def keep(folder: Path, sampler: Sampler) -> None:
    """Keep what is marked or in a group, mark A before mark B."""
    marks, groups = sampler.marks.all, sampler.groups.members
    every = [*marks, *(mark for members in groups.values() for mark in members)]
    unlike = {(id(mark.draw), mark.index): mark for mark in every}
    samples = [
        KeptSample(
            mark.z(sampler.decoder.latent_dim),
            f"{mark}",
            any(_same(mark, other) for other in marks),
            tuple(group for group, members in groups.items() if _any_same(mark, members)),
        )
        for mark in unlike.values()
    ]
    _kept[folder] = samples[:_MOST_SAMPLES]
    _kept.move_to_end(folder)
    while len(_kept) > _MOST_SESSIONS:
        _kept.popitem(last=False)


def put_back(folder: Path, sampler: Sampler, start: int) -> None:
    """Put what was kept into the places of the present draw's samples from `start` on."""
    draw = sampler.draws.current
    for index, sample in enumerate(_kept.get(folder, ()), start):
        if sample.z.shape != (sampler.decoder.latent_dim,):
            continue
        draw.put(index, sample.z, sample.origin)
        if sample.marked:
            sampler.marks.toggle(draw, index)
        for group in sample.groups:
            sampler.groups.toggle(group, draw, index)


def _same(mark: MarkedSample, other: MarkedSample) -> bool:
    return mark.draw is other.draw and mark.index == other.index


def _any_same(mark: MarkedSample, others: list[MarkedSample]) -> bool:
    return any(_same(mark, other) for other in others)
