"""Text on the expected duration of a run or sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.new_session.costs import Machine, Sizes, Span, Timing
from tui.new_session.timings import known_images
from tui.text import duration_text
from vae_engine.dataset_names import NAMED_DATASETS, NAMED_TRAINING_IMAGES
from vae_engine.defaults import training_images
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.settings import Settings

_NAMED_VALIDATION, _NAMED_TEST = 5_000, 10_000
_NAMES_SHOWN = 3
_UNKNOWN = "unknown: nothing was trained on this machine yet"
_SOME_IMAGES = 10_000
_COLOUR_32 = ImageShape(32, 32, 3)


def expected_duration(
    settings: Settings,
    timings: Sequence[Timing],
    *,
    demo: bool = False,
    sizes: Sizes | None = None,
) -> str:
    """Describe in one line how long a run will take, and what the estimate is based on.

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
    counts = sizes or expected_sizes(settings, timings)
    shape = counts.shape if counts is not None else GREY_28
    known = machine.known(settings, shape)
    assert known is not None
    timing, same = known
    rate = settings.batch_size / machine.step_seconds(settings, shape)
    whose = f"as {timing.name}" if same else f"based on {timing.name}"
    text = f"{rate:,.0f} images/s, {whose}"
    if counts is None:
        seconds = machine.epoch_seconds(settings, Sizes(_SOME_IMAGES, 0, 0))
        return f"{seconds:.1f} s per epoch for every {_SOME_IMAGES:,} images ({text})"
    return f"{_text(machine.run(settings, counts), 'it converges')} ({text})"


def expected_sweep_duration(
    trials: Sequence[Settings],
    parallel: int,
    timings: Sequence[Timing],
    sizes_of: Callable[[Settings], Sizes | None] | None = None,
) -> str:
    """Describe in one line how long a sweep will take, and what the estimate is based on.

    Args:
        trials: the settings of each.
        parallel: number of trials that train at once.
        timings: of earlier sessions on this machine, the newest first.
        sizes_of: tells how many images there are, where that is known beside the timings.
    """
    machine = Machine(timings)
    if not machine.measured:
        return _UNKNOWN
    sized = []
    for settings in trials:
        known_sizes = sizes_of(settings) if sizes_of is not None else None
        counts = known_sizes or expected_sizes(settings, timings)
        if counts is None:
            return "unknown: it depends on the number of images"
        sized.append((settings, counts))
    span = machine.sweep(sized, parallel)
    known = [one for pair in dict.fromkeys(sized) if (one := machine.known(pair[0], pair[1].shape))]
    names = list(dict.fromkeys(timing.name for timing, _ in known))
    whose = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    alike = all(same for _, same in known)
    return f"{_text(span, 'they converge')} ({'as' if alike else 'based on'} {whose})"


def _text(span: Span, until: str) -> str:
    least, most = duration_text(span.least), duration_text(span.most)
    return most if least == most else f"{least} to {most}, until {until}"


def expected_sizes(settings: Settings, timings: Sequence[Timing]) -> Sizes | None:
    """Return the sizes of the splits; None if they depend on an unread dataset."""
    train = training_images(settings, known_images(timings))
    if train is None:
        return None
    shape = known_shape(settings, timings)
    if settings.dataset in NAMED_DATASETS:
        return Sizes(train, _NAMED_VALIDATION, _NAMED_TEST, shape)
    for timing in timings:
        if timing.settings.dataset == settings.dataset:
            return Sizes(train, timing.sizes.val, timing.sizes.test, shape)
    # The division of a dataset without splits of its own.
    return Sizes(train, train // 3, train // 5, shape)


def known_shape(settings: Settings, timings: Sequence[Timing]) -> ImageShape:
    """Return the images' shape, from an earlier session on them or from the settings."""
    # Imported here: its package imports NumPy and Pillow, which would slow down completion.
    from vae_engine.datasets.preparation import Preparation

    wanted = Preparation.of(settings)
    for timing in timings:
        earlier = timing.settings
        if earlier.dataset == settings.dataset and Preparation.of(earlier) == wanted:
            return timing.sizes.shape
    usual = _COLOUR_32 if settings.dataset.startswith("cifar") else GREY_28
    height, width = wanted.size or (usual.height, usual.width)
    channels = {"grey": 1, "rgb": 3}.get(wanted.color, usual.channels)
    return ImageShape(height, width, channels)
