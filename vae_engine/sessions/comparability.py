"""Decide which losses compare: those of the same images, size and likelihood."""

from __future__ import annotations

from typing import Final

from vae_engine.settings import SETTINGS, Settings

MEASURE_SETTINGS: Final = (
    "dataset",
    "binarize",
    "likelihood",
    "image_size",
    "fit",
    "color",
    "range",
)
"""Settings that change what a loss measures; losses of different values do not compare."""


def loss_basis(settings: Settings) -> tuple[str, ...]:
    """Describe images and likelihood of losses, from the settings: equal if the losses compare.

    The settings alone are quick to read, for a list of a thousand sessions.
    `Session.measured_on` is exact: it knows the images, not only where they lie.
    """
    texts = {name: SETTINGS[name].format(getattr(settings, name)) for name in MEASURE_SETTINGS}
    if texts["likelihood"] == "auto":
        # Sessions from before the setting existed; new ones record the resolved value.
        texts["likelihood"] = "bernoulli"
    return tuple(texts.values())
