"""The shape of a session's images: height, width, and 1 channel for grey or 3 for colour.

Outside the networks grey images have no channel axis: arrays are (n, h, w) or (n, h, w, 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SMALLEST_SIDE, LARGEST_SIDE = 8, 256
CHANNELS = (1, 3)


class ImageShape(NamedTuple):
    """Height, width and channels of one image."""

    height: int
    width: int
    channels: int = 1

    @property
    def array(self) -> tuple[int, ...]:
        """Shape of one image outside the networks: (h, w), or (h, w, 3)."""
        return (self.height, self.width) if self.channels == 1 else tuple(self)

    @property
    def values(self) -> int:
        """Number of values per image: the dimensions of x."""
        return self.height * self.width * self.channels

    @property
    def text(self) -> str:
        """Text such as `64x64 colour`, height first."""
        return f"{self.height}x{self.width} {'grey' if self.channels == 1 else 'colour'}"


GREY_28 = ImageShape(28, 28, 1)
"""Shape of MNIST, and of every session that records none."""


def is_image_shape(values: object) -> bool:
    """Return whether these are a height and width from 8 to 256, and 1 or 3 channels."""
    if not isinstance(values, (list, tuple)) or len(values) != len(ImageShape._fields):
        return False
    if any(type(value) is not int for value in values):
        return False
    *sides, channels = values
    return channels in CHANNELS and all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides)


def shape_of_images(shape: Sequence[int]) -> ImageShape:
    """Return the shape of the images in an array (n, h, w), (n, h, w, 1) or (n, h, w, 3).

    Raises:
        ValueError: it has other axes, sides or channels.
    """
    found = tuple(int(size) for size in shape[1:])
    found = (*found, 1) if len(found) == 2 else found
    if not is_image_shape(found):
        raise ValueError(
            f"images of {found}: wanted are sides of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels, "
            "grey or RGB"
        )
    return ImageShape(*found)
