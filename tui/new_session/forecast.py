"""How long a run or a sweep will take, in words, before it is started."""

from __future__ import annotations

from collections.abc import Sequence

from tui.new_session.costs import Machine, Sizes, Span, Timing
from tui.new_session.timings import known_images
from tui.text import duration_text
from vae_engine.dataset_names import NAMED_DATASETS, NAMED_TRAINING_IMAGES
from vae_engine.defaults import training_images
from vae_engine.settings import Settings

_NAMED_VALIDATION, _NAMED_TEST = 5_000, 10_000
_NAMES_SHOWN = 3
_UNKNOWN = "unknown: nothing was trained on this machine yet"
_SOME_IMAGES = 10_000


def expected_duration(
    settings: Settings,
    timings: Sequence[Timing],
    *,
    demo: bool = False,
    sizes: Sizes | None = None,
) -> str:
    """One line: how long a run with these settings will take, and how that is known.

    Args:
        settings: to train with, as they suit the images.
        timings: of earlier sessions on this machine, the newest first.
        demo: whether this is the demo, of which something is always known.
        sizes: how many images there are, where that is known.
    """
    machine = Machine(timings)
    if not machine.measured:
        if not demo:
            return _UNKNOWN
        span = machine.run(settings, Sizes(NAMED_TRAINING_IMAGES, _NAMED_VALIDATION, _NAMED_TEST))
        return f"about {duration_text(span.most)}, though nothing was trained on this machine yet"
    known = machine.known(settings)
    assert known is not None
    timing, same = known
    rate = settings.batch_size / machine.step_seconds(settings)
    whose = f"as {timing.name}" if same else f"based on {timing.name}"
    told = f"{rate:,.0f} images/s, {whose}"
    if sizes is not None:
        return f"{_text(machine.run(settings, sizes), 'it converges')} ({told})"
    counts = _counts(settings, timings)
    if counts is None:
        seconds = machine.epoch_seconds(settings, Sizes(_SOME_IMAGES, 0, 0))
        return f"{seconds:.1f} s per epoch for every {_SOME_IMAGES:,} images ({told})"
    return f"{_text(machine.run(settings, Sizes(*counts)), 'it converges')} ({told})"


def expected_sweep_duration(
    trials: Sequence[Settings], parallel: int, timings: Sequence[Timing]
) -> str:
    """One line: how long a sweep will take, so many trials at once, and how that is known."""
    machine = Machine(timings)
    if not machine.measured:
        return _UNKNOWN
    sized = []
    for settings in trials:
        counts = _counts(settings, timings)
        if counts is None:
            return "unknown: it depends on the number of images"
        sized.append((settings, Sizes(*counts)))
    span = machine.sweep(sized, parallel)
    known = [one for settings in dict.fromkeys(trials) if (one := machine.known(settings))]
    names = list(dict.fromkeys(timing.name for timing, _ in known))
    whose = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    alike = all(same for _, same in known)
    return f"{_text(span, 'they converge')} ({'as' if alike else 'based on'} {whose})"


def _text(span: Span, until: str) -> str:
    least, most = duration_text(span.least), duration_text(span.most)
    return most if least == most else f"{least} to {most}, until {until}"


def _counts(settings: Settings, timings: Sequence[Timing]) -> tuple[int, int, int] | None:
    """Images to train, validate and test on; None where only the dataset tells."""
    train = training_images(settings, known_images(timings))
    if train is None:
        return None
    if settings.dataset in NAMED_DATASETS:
        return train, _NAMED_VALIDATION, _NAMED_TEST
    for timing in timings:
        if timing.settings.dataset == settings.dataset:
            return train, timing.sizes.val, timing.sizes.test
    # A dataset without splits of its own is divided so.
    return train, train // 3, train // 5
