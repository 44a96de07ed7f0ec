"""Networks whose training steps are timed, ours and PyTorch's alike."""

from __future__ import annotations

from typing import Final

from vae_engine.defaults import suited_settings
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.settings import Settings, make_settings

MNIST: Final = "28x28 grey"
COLOUR: Final = "64x64 colour"

WORKLOADS: Final[dict[str, ImageShape]] = {MNIST: GREY_28, COLOUR: ImageShape(64, 64, 3)}
"""Shape of the images, by name of the workload."""

_MANY = 100_000


def workload_settings(name: str) -> Settings:
    """The defaults for many images of a workload's shape, in batches of 128."""
    return suited_settings(make_settings(), (), _MANY, WORKLOADS[name])
