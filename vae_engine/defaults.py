"""Defaults that adapt to the images and to short runs, and a warning for very few steps.

The settings' own defaults were chosen on 55,000 images and 50 epochs, with 430 steps per epoch. On
200 images the same epochs have 2 steps, and convergence, warm-ups and decay would be over before
the network has learned anything. So small data and short runs get smaller batches, and if the
smallest batch still gives few steps per epoch, everything that is counted in epochs takes more of
them. Values that the user gave stay. Measurements: docs/decisions/0021-defaults-on-small-data.md
and docs/decisions/0053-short-runs.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from vae_engine.dataset_names import named_training_images
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import dense_units, hidden_activation, level_filters
from vae_engine.likelihoods import pixel_likelihood
from vae_engine.settings import SETTINGS, Settings

EPOCH_STEPS = 32
"""Minimum steps per epoch, so that settings counted in epochs are meaningful."""

SMALLEST_BATCH = 8
"""Minimum batch size: the gradient of fewer images is too noisy for the default rate."""

RUN_STEPS = 50 * EPOCH_STEPS
"""Minimum steps of a run: those of the default epochs on small data."""

SHORT_RUN_BATCH = 32
"""Minimum batch size for the sake of a run's steps: smaller ones cost too much time per image."""

ENOUGH_STEPS = 400
"""Runs with fewer steps learn little more than the mean image."""

_COLOUR_LATENT_DIM = 32
"""Default for colour images: docs/decisions/0033."""

_EPOCH_SETTINGS = ("epochs", "min_epochs", "patience", "decay_epochs", "beta_warmup_epochs")


def suited_settings(
    settings: Settings, given: Collection[str], images: int, shape: ImageShape = GREY_28
) -> Settings:
    """Replace defaults by values for this number of training images and this shape.

    For some 4,000 images of 28x28 grey or more, and four epochs or more, only `auto` changes.

    Args:
        settings: to train with.
        given: the names of those that were asked for; they stay as they are.
        images: how many are trained on, `limit` applied.
        shape: of the images.
    """
    settings = resolved_settings(_suited_to_shape(settings, given, shape), shape)
    changes: dict[str, int | float] = {}
    if "batch_size" not in given:
        changes["batch_size"] = _batch_size(settings, images)
    steps = steps_per_epoch(images, int(changes.get("batch_size", settings.batch_size)))
    factor = max(1, round(EPOCH_STEPS / steps))
    for name in _EPOCH_SETTINGS:
        value = getattr(settings, name)
        # If it is not the default, it follows from another setting.
        if name not in given and value == SETTINGS[name].default:
            changes[name] = value * factor
    suited = msgspec.structs.replace(settings, **changes)
    if "epochs" in given:
        return msgspec.structs.replace(suited, min_epochs=min(suited.min_epochs, suited.epochs))
    return msgspec.structs.replace(suited, epochs=max(suited.min_epochs, suited.epochs))


def resolved_settings(settings: Settings, shape: ImageShape = GREY_28) -> Settings:
    """Resolve `auto` settings for images of this shape."""
    return msgspec.structs.replace(
        settings,
        filters=level_filters(settings, shape),
        dense_units=dense_units(settings, shape),
        likelihood=pixel_likelihood(settings, shape),
        activation=hidden_activation(settings, shape),
    )


def suited_changes(settings: Settings, suited: Settings) -> dict[str, str]:
    """Return the new values, as text, of settings that `suited_settings` replaced.

    Resolved `auto` values are left out for 28x28 grey images, where they are the usual ones.
    """
    usual = resolved_settings(settings)
    return {
        name: setting.format(getattr(suited, name))
        for name, setting in SETTINGS.items()
        if getattr(suited, name) not in (getattr(settings, name), getattr(usual, name))
    }


def steps_per_epoch(images: int, batch_size: int) -> int:
    """Return the steps per epoch; the last batch may be smaller."""
    return -(-images // batch_size)


def training_images(settings: Settings, known: Mapping[str, int]) -> int | None:
    """Return the number of training images of these settings; None if the data must be read.

    Args:
        settings: of the session.
        known: the images that datasets have to train on, by path, `limit` not applied.
    """
    images = named_training_images(settings.dataset) or known.get(settings.dataset)
    if images is None:
        return settings.limit or None
    return min(settings.limit or images, images)


def few_steps_note(settings: Settings, images: object, epochs: int | None = None) -> str:
    """Return a warning, as a clause, if a run has too few steps to learn from; else empty.

    Args:
        settings: that it trains with.
        images: how many are trained on, `limit` applied; nothing is said where that is no count.
        epochs: that it trains at most, where these are no longer the settings'.
    """
    if not isinstance(images, int) or images < 1:
        return ""
    steps = steps_per_epoch(images, settings.batch_size)
    most = steps * (epochs or settings.epochs)
    if most >= ENOUGH_STEPS:
        return ""
    of = "1 step" if steps == 1 else f"{steps} steps"
    return (
        f"{most:,} steps at most ({of} per epoch) are few to learn from, {ENOUGH_STEPS} or more "
        f"are better: {_remedy(settings, images, steps)}"
    )


def _remedy(settings: Settings, images: int, steps: int) -> str:
    smaller = _batch_size(settings, images)
    epochs = -(-ENOUGH_STEPS // steps)
    more = f"{epochs} epochs"
    return more if smaller == settings.batch_size else f"a batch size of {smaller} or {more}"


def _suited_to_shape(settings: Settings, given: Collection[str], shape: ImageShape) -> Settings:
    """Replace defaults that were tuned on 28x28 grey images."""
    wanted: dict[str, int | float] = {}
    if shape != GREY_28:
        # A loss is a sum over the values of an image, so `min_delta` scales with their number.
        per_value = SETTINGS["min_delta"].default / GREY_28.values  # type: ignore[operator]
        wanted["min_delta"] = round(per_value * shape.values, 3)
        wanted["clip_norm"] = wanted["weight_decay"] = 0.0
    if shape.channels > 1:
        wanted["latent_dim"] = _COLOUR_LATENT_DIM
    changes = {name: value for name, value in wanted.items() if name not in given}
    return msgspec.structs.replace(settings, **changes)


def _batch_size(settings: Settings, images: int) -> int:
    """Halve the batch size until an epoch and the run have enough steps."""
    largest = size = settings.batch_size
    while (size > SMALLEST_BATCH and images / size < EPOCH_STEPS) or (
        size > SHORT_RUN_BATCH and settings.epochs * images / size < RUN_STEPS
    ):
        size //= 2
    return max(size, min(SMALLEST_BATCH, largest))
