"""Converts arrays of any layout to (n, h, w), or (n, h, w, 3) for colour."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from vae_engine.datasets.arrays import AnyArray, channel_axis
from vae_engine.datasets.preparation import Size, sides_text
from vae_engine.errors import ArrayError

_ALPHA = (2, 4)
_CHUNK = 1024
_JUDGED = 64
# ITU-R BT.601, as Pillow's "L".
_LUMA = (0.299, 0.587, 0.114)
_LUMA_16 = (19595, 38470, 7471)


def on_grid(what: str, images: AnyArray, size: Size | None) -> tuple[AnyArray, list[str]]:
    """Images of a checked shape as (n, h, w) or (n, h, w, 3), and notes.

    Args:
        what: name of the images, for messages.
        images: of any layout that `vae_engine.datasets.arrays.fits` knows; alpha is laid on white.
        size: requested height and width, which tell the layout of flat images.

    Raises:
        ArrayError: the size of flat images is ambiguous.
    """
    if images.ndim == 2:
        return _unflattened(what, images, size)
    if images.ndim == 3:
        return images, []
    if channel_axis(images.shape) == 1:
        images = np.moveaxis(images, 1, -1)
    if images.shape[-1] in _ALPHA:
        images, notes = _on_white(images)
    else:
        notes = []
    return (images[..., 0] if images.shape[-1] == 1 else images), notes


def is_coloured(images: AnyArray) -> bool:
    """Whether any pixel of images (n, h, w, 3) is not grey."""
    return any((part != part[..., :1]).any() for part in _chunks(images))


def as_grey(images: AnyArray) -> AnyArray:
    """Images (n, h, w, 3) by their luminance, (n, h, w) of the same type."""
    grey = np.empty(images.shape[:3], images.dtype)
    for start, part in zip(range(0, len(images), _CHUNK), _chunks(images), strict=True):
        grey[start : start + _CHUNK] = _luminance(part)
    return grey


def as_rgb(images: AnyArray) -> AnyArray:
    """Grey images (n, h, w) as (n, h, w, 3); those in colour as they are."""
    return images if images.ndim == 4 else np.repeat(images[..., np.newaxis], 3, axis=-1)


def _luminance(part: AnyArray) -> AnyArray:
    if part.dtype == np.uint8:
        weighted = sum(part[..., i].astype(np.uint32) * w for i, w in enumerate(_LUMA_16))
        return np.asarray((weighted + 0x8000) >> 16).astype(np.uint8)
    if part.dtype.kind == "b":
        return np.asarray(part.any(axis=-1))
    grey = part @ np.array(_LUMA, part.dtype if part.dtype.kind == "f" else np.float64)
    return np.asarray(grey if part.dtype.kind == "f" else np.rint(grey).astype(part.dtype))


def _on_white(images: AnyArray) -> tuple[AnyArray, list[str]]:
    """Images without their alpha, on white."""
    alpha = images[..., -1]
    low, high = float(alpha.min()), float(alpha.max())
    colours = images[..., :-1]
    full = _full(alpha)
    if low == high == full:
        return colours, []
    white = _full(colours) if images.dtype.kind == "f" else max(_full(colours), full)
    laid = np.empty(colours.shape, images.dtype)
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        share = alpha[part, ..., np.newaxis].astype(np.float32) / full
        mixed = colours[part] * share + white * (1 - share)
        laid[part] = mixed if images.dtype.kind == "f" else np.rint(mixed)
    return laid, ["transparent parts are drawn on white"]


def _full(values: AnyArray) -> int:
    """The greatest value of the scale that these are on: 1, 255 or 65535."""
    high = float(values.max())
    return next((full for full in (1, 255) if high <= full), 65_535)


def _unflattened(what: str, images: AnyArray, size: Size | None) -> tuple[AnyArray, list[str]]:
    count = images.shape[1]
    if size is not None:
        pixels = size[0] * size[1]
        if count in (pixels, 3 * pixels):
            return _of_size(images, size)
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side * side * channels == count:
            images, notes = _of_size(images, (side, side))
            if count != 28 * 28 and not (size and notes):
                notes = notes or [
                    f"rows of {count:,} values are taken as {side}x{side}; "
                    "`image_size=HEIGHTxWIDTH` changes it"
                ]
            return images, notes
    raise ArrayError(
        f"{what} has rows of {count:,} values, which do not make a square: wanted their "
        f"height and width; try `image_size={_possible_size(count)}`{_label_hint(count)}"
    )


def _of_size(images: AnyArray, size: Size) -> tuple[AnyArray, list[str]]:
    """Flat images of a size, the channels first or last, whichever is smoother."""
    pixels = size[0] * size[1]
    if images.shape[1] == pixels:
        return images.reshape(len(images), *size), []
    last = images.reshape(len(images), *size, 3)
    first = np.moveaxis(images.reshape(len(images), 3, *size), 1, -1)
    text = f"rows of {images.shape[1]:,} values are taken as {sides_text(size)} in colour"
    if _roughness(first[:_JUDGED]) < _roughness(last[:_JUDGED]):
        return first, [f"{text}, red before green before blue"]
    return last, [f"{text}, pixel by pixel"]


def _roughness(images: AnyArray) -> float:
    values = images.astype(np.float32)
    return float(np.abs(np.diff(values, axis=1)).mean() + np.abs(np.diff(values, axis=2)).mean())


def _possible_size(count: int) -> str:
    """A height and width that make `count`, the squarest there is."""
    height = next((side for side in range(math.isqrt(count), 3, -1) if count % side == 0), 0)
    return sides_text((height, count // height)) if height else "HEIGHTxWIDTH"


def _label_hint(count: int) -> str:
    side = math.isqrt(count - 1)
    if side * side == count - 1:
        return ", or `images[:, 1:]` where the first column is a label"
    return ""


def _chunks(images: AnyArray) -> Iterator[AnyArray]:
    for start in range(0, len(images), _CHUNK):
        yield images[start : start + _CHUNK]
