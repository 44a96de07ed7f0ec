"""Estimate the duration of a run, term by term, calibrated by earlier runs on this machine.

The nominal constants were measured on one thread of an AMD EPYC with AVX2, without other load. What
they are in seconds matters only before anything was measured; what they are to each other carries a
measured network, batch and data set over to others.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tui.eta import BETWEEN_SECONDS, FINISH_SECONDS
from vae_engine.defaults import steps_per_epoch
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import (
    Layer,
    count_multiplications,
    decoder_layers,
    dense_units,
    encoder_layers,
    hidden_activation,
    level_filters,
)
from vae_engine.machine import usable_processors
from vae_engine.settings import Settings

MEASURED_STEPS = 50
"""Fewer steps than this give no reliable measurement."""

_STEP = 1.1e-3
_STEP_PER_PARAMETER = 2.7e-9
_IMAGE = 33.048e-6
_IMAGE_PER_VALUE = 28e-9
_IMAGE_PER_OPERATION = 62e-12
# Evaluating an image is the forward pass alone.
_FORWARD = 0.47
_START, _FIRST, _EPOCH = 7.0, 6.0, 0.2
_EVALUATION, _EVALUATION_PER_IMAGE = 1.5, 2.5e-4
_RECENT = 5
# Two threads train 1.8 times as fast as one, more of them gain less and less.
_THREADS_EXPONENT = 0.85


@dataclass(frozen=True)
class Sizes:
    """Number of images in the training, validation and test splits.

    Attributes:
        shape: of each image.
    """

    train: int
    val: int
    test: int
    shape: ImageShape = GREY_28


@dataclass(frozen=True)
class Timing:
    """Measured durations of one session, in seconds; None for stages that it did not reach.

    Attributes:
        name: of the session, safe to show.
        settings: of the session.
        sizes: of its dataset.
        steps: how many its `step` is measured on.
        step: a step after the first ones.
        start: from the command to the first step: process, TensorFlow, images.
        first: what the first epoch and its export take beyond the later ones, once in a run.
        epoch: what an epoch takes beside steps and validation: checkpoint, images, export.
        finish: from the last epoch to the end.
        evaluation: of one sample per image, as in a sweep.
    """

    name: str
    settings: Settings
    sizes: Sizes
    steps: int = 0
    step: float | None = None
    start: float | None = None
    first: float | None = None
    epoch: float | None = None
    finish: float | None = None
    evaluation: float | None = None


@dataclass(frozen=True)
class Span:
    """Range of a duration in seconds: with the earliest convergence, and without convergence."""

    least: float
    most: float


class Machine:
    """Estimates durations from a machine's timings, newest first; without any, from constants."""

    def __init__(self, timings: Sequence[Timing]) -> None:
        self._timings = [timing for timing in timings if timing.step is not None]
        self._all = timings

    @property
    def measured(self) -> bool:
        """Whether there is any measured step."""
        return bool(self._timings)

    def known(self, settings: Settings, shape: ImageShape = GREY_28) -> tuple[Timing, bool] | None:
        """Return the most informative session for these settings, and whether its steps are the
        same."""
        if not self._timings:
            return None
        enough = [timing for timing in self._timings if timing.steps >= MEASURED_STEPS]
        same = [timing for timing in enough if _is_same(timing, settings, shape)]
        if same:
            return same[0], True
        candidates = enough or sorted(self._timings, key=lambda timing: -timing.steps)[:1]
        nominal = nominal_step(settings, shape)

        def distance(timing: Timing) -> float:
            other = nominal_step(timing.settings, timing.sizes.shape)
            return max(nominal, other) / min(nominal, other)

        nearest = min(candidates, key=distance)
        return nearest, _is_same(nearest, settings, shape)

    def step_seconds(self, settings: Settings, shape: ImageShape = GREY_28) -> float:
        """Estimate one training step."""
        return nominal_step(settings, shape) * self._factor(settings, shape)

    def run(self, settings: Settings, sizes: Sizes) -> Span:
        """Estimate a session, from the command to its end."""
        factor = self._factor(settings, sizes.shape)
        epoch = self.epoch_seconds(settings, sizes)
        fixed = self._term("start", _START) + self._term("first", _FIRST)
        fixed += self._term("finish", FINISH_SECONDS) + sizes.test * factor * _forward(
            settings, sizes.shape
        )
        least = min(settings.min_epochs, settings.epochs)
        return Span(fixed + least * epoch, fixed + settings.epochs * epoch)

    def sweep(self, trials: Sequence[tuple[Settings, Sizes]], parallel: int) -> Span:
        """Estimate all trials of a sweep with their evaluations, some at once."""
        by_trial: dict[tuple[Settings, Sizes], Span] = {}
        spans = []
        for settings, sizes in trials:
            # Trials that differ only in their seed cost the same.
            key = (_without_seed(settings), sizes)
            if key not in by_trial:
                by_trial[key] = self._trial(*key)
            spans.append(by_trial[key])
        # A sweep takes at least as long as its longest trial.
        return Span(
            max(sum(one.least for one in spans) / parallel, max(one.least for one in spans)),
            max(sum(one.most for one in spans) / parallel, max(one.most for one in spans)),
        )

    def _trial(self, settings: Settings, sizes: Sizes) -> Span:
        evaluated = [timing for timing in self._all if timing.evaluation is not None]
        nominal = _nominal_evaluation(settings, sizes)
        factor = self._factor(settings, sizes.shape)
        ratios = [
            (timing.evaluation or 0.0) / _nominal_evaluation(timing.settings, timing.sizes)
            for timing in evaluated[:_RECENT]
        ]
        after = BETWEEN_SECONDS + nominal * (statistics.median(ratios) if ratios else factor)
        run = self.run(settings, sizes)
        return Span(run.least + after, run.most + after)

    def epoch_seconds(self, settings: Settings, sizes: Sizes) -> float:
        """Estimate one epoch with validation and checkpoint."""
        steps = steps_per_epoch(sizes.train, settings.batch_size)
        trained = sizes.train / (steps * settings.batch_size)
        step = self.step_seconds(settings, sizes.shape)
        # An incomplete last batch costs less.
        nominal = nominal_step(settings, sizes.shape)
        images = nominal_images(settings, sizes.shape) * (1.0 - trained) / nominal
        forward = _forward(settings, sizes.shape)
        validation = sizes.val * self._factor(settings, sizes.shape) * forward
        return steps * step * (1.0 - images) + validation + self._term("epoch", _EPOCH)

    def _factor(self, settings: Settings, shape: ImageShape) -> float:
        """Return how much slower this machine is than the nominal one."""
        known = self.known(settings, shape)
        if known is None:
            return 1.0
        timing, _ = known
        assert timing.step is not None
        return timing.step / nominal_step(timing.settings, timing.sizes.shape)

    def _term(self, name: str, nominal: float) -> float:
        """Return the median of a fixed cost in the latest sessions that measured it."""
        found = [value for one in self._all if (value := getattr(one, name)) is not None]
        return statistics.median(found[:_RECENT]) if found else nominal


def epoch_overhead(settings: Settings, sizes: Sizes, step: float, seconds: float) -> float:
    """Return the seconds of an epoch apart from its steps and its validation."""
    steps = steps_per_epoch(sizes.train, settings.batch_size)
    factor = step / nominal_step(settings, sizes.shape)
    validation = sizes.val * factor * _forward(settings, sizes.shape)
    return max(0.0, seconds - steps * step - validation)


def nominal_step(settings: Settings, shape: ImageShape = GREY_28) -> float:
    """Return the seconds of a training step on the nominal machine."""
    parameters = sum(math.prod(layer.kernel) for layer in _layers(settings, shape))
    return _STEP + _STEP_PER_PARAMETER * parameters + nominal_images(settings, shape)


def nominal_images(settings: Settings, shape: ImageShape = GREY_28) -> float:
    """Return the part of them that grows with the batch size."""
    operations = sum(count_multiplications(layer) for layer in _layers(settings, shape))
    image = _IMAGE + _IMAGE_PER_VALUE * shape.values + _IMAGE_PER_OPERATION * operations
    return settings.batch_size * image / _speed_up(settings)


def _is_same(timing: Timing, settings: Settings, shape: ImageShape) -> bool:
    return timing.sizes.shape == shape and same_work(timing.settings, settings, shape)


def same_work(one: Settings, other: Settings, shape: ImageShape = GREY_28) -> bool:
    """Return whether a step of both does the same work, on images of this shape."""
    # The session records the number of threads that 0 stands for.
    return (
        level_filters(one, shape) == level_filters(other, shape)
        and dense_units(one, shape) == dense_units(other, shape)
        and hidden_activation(one, shape) == hidden_activation(other, shape)
        and all(
            getattr(one, name) == getattr(other, name) or (name == "threads" and not other.threads)
            for name in _WORK
        )
    )


_WORK = (
    "network",
    "kernel_size",
    "batch_size",
    "binarize",
    "threads",
)


def _forward(settings: Settings, shape: ImageShape) -> float:
    """Return the seconds of one image's forward pass on the nominal machine."""
    return _FORWARD * nominal_images(settings, shape) / settings.batch_size


def _nominal_evaluation(settings: Settings, sizes: Sizes) -> float:
    return _EVALUATION + sizes.test * (_EVALUATION_PER_IMAGE + 2 * _forward(settings, sizes.shape))


def _speed_up(settings: Settings) -> float:
    return float((settings.threads or usable_processors()) ** _THREADS_EXPONENT)


def _without_seed(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, seed=0)


def _layers(settings: Settings, shape: ImageShape) -> list[Layer]:
    return [*encoder_layers(settings, shape), *decoder_layers(settings, shape)]
