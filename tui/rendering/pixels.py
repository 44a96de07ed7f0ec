"""Images as pixels instead of cells: scaled for the cells that they take, and as PNG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from tui.rendering.palettes import GREY, Ramp
from tui.rendering.resample import area_resize
from tui.rendering.sampling import Image, is_color

Pixels = NDArray[np.uint8]
"""One image, (height, width) grey, (height, width, 3) RGB, or (height, width, 4) RGBA."""


def scaled(image: Pixels, width: int, height: int) -> Pixels:
    """Scale an image for an area of ``width`` x ``height`` pixels.

    A smaller image is enlarged by a whole factor, so its pixels stay squares with sharp edges and
    it may stay smaller than the area. A larger one is averaged to at most the area's size, keeping
    its aspect.

    Args:
        image: (h, w) or (h, w, 3) uint8.
        width: of the area, at least 1.
        height: of the area, at least 1.
    """
    rows, columns = image.shape[:2]
    factor = min(width // columns, height // rows)
    if factor >= 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    share = min(1.0, width / columns, height / rows)
    return resized(image, max(1, round(columns * share)), max(1, round(rows * share)))


def resized(image: Pixels, width: int, height: int) -> Pixels:
    """An image at exactly this size, by area average."""
    planes = np.moveaxis(image, -1, 0) if image.ndim == 3 else image[np.newaxis]
    averaged = np.rint(area_resize(planes, height, width)).astype(np.uint8)
    return np.moveaxis(averaged, 0, -1) if image.ndim == 3 else averaged[0]


def colored(image: Image, ramp: Ramp) -> Pixels:
    """The colours of a grey image between those of a ramp; an image in colour stays as it is."""
    if is_color(image) or ramp == GREY:
        return image
    return ramp.colors()[image]


def png(pixels: Pixels) -> bytes:
    """Encode an image as PNG."""
    # Imported here: only terminals that are sent pixels need it.
    from PIL import Image as Pillow

    encoded = io.BytesIO()
    Pillow.fromarray(pixels).save(encoded, format="PNG", optimize=True)
    return encoded.getvalue()


def centred(image: Pixels, width: int, height: int) -> Pixels:
    """An image scaled for an area, in its middle; the rest is transparent.

    Args:
        image: (h, w) or (h, w, 3) uint8.
        width: of the area in pixels.
        height: of the area in pixels.

    Returns:
        (height, width, 4) uint8, RGBA.
    """
    shown = scaled(image, width, height)
    rows, columns = shown.shape[:2]
    top, left = (height - rows) // 2, (width - columns) // 2
    filled = np.zeros((height, width, 4), np.uint8)
    area = filled[top : top + rows, left : left + columns]
    area[..., :3] = shown if shown.ndim == 3 else shown[..., np.newaxis]
    area[..., 3] = 255
    return filled
