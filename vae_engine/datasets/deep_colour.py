"""Colour images of 16 bits per channel, of which Pillow decodes the upper 8 only.

Its decoders take one byte of each value: the first of big-endian data, the second of
little-endian data. Told the other byte order, they take the lower one, so two passes give both.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from PIL import Image

from vae_engine.datasets.arrays import AnyArray

_OTHER_ORDER = {
    ";16B": ";16L",
    ";16L": ";16B",
    ";16N": ";16B" if struct.pack("=H", 1)[0] else ";16L",
}
_BITS_PER_SAMPLE, _PLANES, _SEPARATE = 258, 284, 2


def is_deep_colour(image: Image.Image) -> bool:
    """Whether an image that is not loaded yet has 16 bits per channel that can be read."""
    return bool(_modes(image)) and all(
        mode.startswith("RGB") and mode[-4:] in _OTHER_ORDER for mode in _modes(image)
    )


def is_cut(image: Image.Image) -> bool:
    """Whether Pillow reads 8 bits of an image that has more, and there is no way around it."""
    if image.mode not in ("RGB", "RGBA", "LA", "CMYK") or is_deep_colour(image):
        return False
    if image.format == "PPM":
        return any(isinstance(stored, tuple) and int(stored[-1]) > 255 for stored in _stored(image))
    return any(mode[-4:] in _OTHER_ORDER for mode in _modes(image))


def is_garbled(image: Image.Image) -> bool:
    """Whether a TIFF's channels lie apart in 16 bits, which Pillow takes for 8."""
    tags: Any = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (8,))
    return tags.get(_PLANES) == _SEPARATE and len(bits) > 1 and max(bits) > 8


def deep_colours(
    image: Image.Image, again: Callable[[], AbstractContextManager[Image.Image]], *, white: bool
) -> AnyArray:
    """Decode both bytes of an image, (h, w, 3) uint16.

    Args:
        image: as `is_deep_colour` accepts, not loaded yet.
        again: opens the same file.
        white: transparent parts are laid on white, else on black.

    Raises:
        OSError: the file is damaged.
    """
    upper = np.asarray(image).astype(np.uint16)
    with again() as other:
        tiles = [tile._replace(args=_swapped(tile.args)) for tile in getattr(other, "tile", ())]
        setattr(other, "tile", tiles)  # noqa: B010
        lower = np.asarray(other)
    values: AnyArray = upper << np.uint16(8) | lower
    colours: AnyArray = values[..., :3]
    if (clear := image.info.get("transparency")) is not None and values.shape[-1] == 3:
        alpha = (colours != np.array(clear, np.uint16)).any(axis=-1).astype(np.float64)
    elif values.shape[-1] == 4:
        alpha = values[..., 3] / 65_535
    else:
        return colours
    background = 65_535 if white else 0
    laid = colours * alpha[..., np.newaxis] + background * (1 - alpha[..., np.newaxis])
    return np.asarray(np.rint(laid).astype(np.uint16))


def _stored(image: Image.Image) -> list[Any]:
    """How the values of each part of the file are stored, in the words of Pillow's decoders."""
    return [tile[3] for tile in getattr(image, "tile", ())]


def _modes(image: Image.Image) -> list[str]:
    return [str(each[0] if isinstance(each, tuple) and each else each) for each in _stored(image)]


def _swapped(stored: str | tuple[Any, ...]) -> str | tuple[Any, ...]:
    if isinstance(stored, tuple):
        return (_swapped(stored[0]), *stored[1:])
    return stored[:-4] + _OTHER_ORDER[stored[-4:]]
