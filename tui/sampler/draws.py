"""Draws from a prior: which seeds were drawn, how hot, and what was set or nudged by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vae_engine.priors.fitted import FittedPrior
from vae_engine.priors.names import PriorName
from vae_engine.priors.prior import StandardPrior

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SEEDS = 2**31
"""Seeds are below this, as everywhere in the workbench."""

HOTTEST = 10.0
_TEMPERATURE_STEP = 0.1
# Decimals of a nudge: steps there and back cancel exactly.
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Pin:
    """A z that takes the place of a sample.

    Attributes:
        z: (d,).
        origin: where it comes from, one line, such as `test image 12`.
    """

    z: Floats
    origin: str


@dataclass(eq=False)
class Draw:
    """One draw; what was set or nudged by hand stays when the temperature changes.

    Attributes:
        seed: of the draw.
        temperature: scale of the noise in z; 1 is the prior itself.
        mixture: that it is from; None is N(0, I).
        nudges: by sample, what was added to its z by hand, (d,).
        pins: by sample, the z that took its place.
    """

    seed: int
    temperature: float = 1.0
    mixture: FittedPrior | None = None
    nudges: dict[int, Doubles] = field(default_factory=dict)
    pins: dict[int, Pin] = field(default_factory=dict)

    def z(self, count: int, latent_dim: int) -> Floats:
        """The first `count` samples, (count, latent_dim)."""
        prior = self.mixture.prior if self.mixture else StandardPrior(latent_dim)
        z = prior.draw(count, seed=self.seed, temperature=self.temperature)
        for index, pin in self.pins.items():
            if index < count:
                z[index] = pin.z
        for index, nudge in self.nudges.items():
            if index < count:
                z[index] += nudge
        return z

    def z_of(self, index: int, latent_dim: int) -> Floats:
        """One sample, (latent_dim,)."""
        z: Floats = self.z(index + 1, latent_dim)[index]
        return z

    def origin(self, index: int) -> str:
        """Where a sample comes from, in words."""
        pin = self.pins.get(index)
        of_mixture = " of the mixture" if self.mixture else ""
        return pin.origin if pin else f"sample {index + 1} of seed {self.seed}{of_mixture}"

    @property
    def prior_name(self) -> PriorName:
        """The name of its prior in files."""
        return self.mixture.prior.name if self.mixture else "standard"

    def heat(self, steps: int) -> None:
        """Raise (or lower) the temperature by tenths, between 0 and the hottest."""
        temperature = round(self.temperature + steps * _TEMPERATURE_STEP, 1)
        self.temperature = min(HOTTEST, max(0.0, temperature))

    def put(self, index: int, z: Floats, origin: str) -> None:
        """Put a z (d,) in the place of a sample, without its nudges."""
        self.pins[index] = Pin(z.astype(np.float32), origin)
        self.nudges.pop(index, None)

    def set_value(self, index: int, dimension: int, value: float, latent_dim: int) -> None:
        """Give one dimension of a sample a value; `let_go` takes it back."""
        self.let_go(index, dimension)
        by = value - float(self.z_of(index, latent_dim)[dimension])
        self._nudge_of(index, latent_dim)[dimension] = by
        self._drop_if_zero(index)

    def nudge(self, index: int, dimension: int, by: float, latent_dim: int) -> None:
        """Move a sample along one dimension of z."""
        step = np.zeros(latent_dim)
        step[dimension] = by
        self.push(index, step)

    def push(self, index: int, step: Doubles) -> None:
        """Move a sample by a vector (d,)."""
        nudge = self._nudge_of(index, len(step))
        moved = step != 0
        nudge[moved] = np.round(nudge[moved] + np.round(step[moved], _DECIMALS), _DECIMALS)
        self._drop_if_zero(index)

    def let_go(self, index: int, dimension: int) -> None:
        """Take a sample's nudge along one dimension back."""
        nudge = self.nudges.get(index)
        if nudge is not None:
            nudge[dimension] = 0.0
            self._drop_if_zero(index)

    def release(self, index: int) -> None:
        """Give a sample back the z that was drawn."""
        self.pins.pop(index, None)
        self.nudges.pop(index, None)

    def _nudge_of(self, index: int, latent_dim: int) -> Doubles:
        return self.nudges.setdefault(index, np.zeros(latent_dim, np.float64))

    def _drop_if_zero(self, index: int) -> None:
        if not self.nudges[index].any():
            del self.nudges[index]


class Draws:
    """All draws so far, in the order in which they were made; one of them is shown."""

    def __init__(self) -> None:
        self._draws = [Draw(0)]
        self._at = 0

    @property
    def current(self) -> Draw:
        """The draw that is shown."""
        return self._draws[self._at]

    @property
    def position(self) -> tuple[int, int]:
        """Which draw is shown, counted from 1, and how many there are."""
        return self._at + 1, len(self._draws)

    def resample(self) -> None:
        """Draw with the seed after the largest so far, at the present temperature and prior."""
        self.take((max(draw.seed for draw in self._draws) + 1) % SEEDS)

    def take(self, seed: int) -> None:
        """Draw with this seed, at the present temperature and prior."""
        self._draws.append(Draw(seed, self.current.temperature, self.current.mixture))
        self._at = len(self._draws) - 1

    def step(self, by: int) -> bool:
        """Go to an earlier or later draw; return False if there is none."""
        if not 0 <= self._at + by < len(self._draws):
            return False
        self._at += by
        return True


@dataclass(frozen=True, eq=False)
class MarkedSample:
    """A sample that was marked as an end of an interpolation; its z follows its nudges."""

    draw: Draw
    index: int

    def z(self, latent_dim: int) -> Floats:
        """Its z, (latent_dim,)."""
        return self.draw.z_of(self.index, latent_dim)

    def __str__(self) -> str:
        return self.draw.origin(self.index)


class Marks:
    """At most two marks, A and B; a third takes the place of the older."""

    def __init__(self) -> None:
        self._marks: list[MarkedSample] = []

    @property
    def all(self) -> tuple[MarkedSample, ...]:
        """What is marked, A first."""
        return tuple(self._marks)

    @property
    def pair(self) -> tuple[MarkedSample, MarkedSample] | None:
        """Both ends of an interpolation, None before there are two."""
        return (self._marks[0], self._marks[1]) if len(self._marks) == 2 else None

    def toggle(self, draw: Draw, index: int) -> None:
        """Mark a sample, or unmark it."""
        kept = [mark for mark in self._marks if not (mark.draw is draw and mark.index == index)]
        if len(kept) == len(self._marks):
            kept = [*kept[-1:], MarkedSample(draw, index)]
        self._marks = kept

    def letters(self, draw: Draw) -> dict[int, str]:
        """The letters of the marked samples of a draw, by index."""
        lettered = zip("AB", self._marks, strict=False)
        return {mark.index: letter for letter, mark in lettered if mark.draw is draw}


class Groups:
    """Two groups of samples, of any draws."""

    def __init__(self) -> None:
        self.members: dict[int, list[MarkedSample]] = {1: [], 2: []}

    def toggle(self, group: int, draw: Draw, index: int) -> None:
        """Put a sample into a group, or take it out of it."""
        members = self.members[group]
        kept = [mark for mark in members if not (mark.draw is draw and mark.index == index)]
        if len(kept) == len(members):
            kept.append(MarkedSample(draw, index))
        self.members[group] = kept

    def letters(self, draw: Draw) -> dict[int, str]:
        """The groups of the samples of a draw, by index, such as `1` or `12`."""
        found: dict[int, str] = {}
        for group, members in self.members.items():
            for mark in members:
                if mark.draw is draw:
                    found[mark.index] = found.get(mark.index, "") + f"{group}"
        return found
