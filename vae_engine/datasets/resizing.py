"""Images brought to one size: cropped, padded or stretched, then resampled by area."""

from __future__ import annotations

import numpy as np
from PIL import Image

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.preparation import Fit, Size

# A triangle filter over the area of a target pixel; unlike sharper ones it never overshoots.
_FILTER = Image.Resampling.BILINEAR


def resized(images: AnyArray, size: Size, fit: Fit, background: float = 0) -> AnyArray:
    """Images (n, h, w) or (n, h, w, 3) at another size, of the same type.

    Args:
        images: of numbers.
        size: height and width wanted.
        fit: crop takes the largest middle part of the size's aspect ratio, pad adds a border,
            stretch changes the aspect ratio.
        background: the value of the border.
    """
    if images.shape[1:3] == size:
        return images
    result = np.empty((len(images), *size, *images.shape[3:]), images.dtype)
    for index, image in enumerate(images):
        result[index] = _resized_array(image, size, fit, background)
    return result


def resized_image(image: Image.Image, size: Size, fit: Fit, background: float = 0) -> Image.Image:
    """One image at another size; errors and arguments as of `resized`."""
    height, width = size
    if image.size == (width, height):
        return image
    if fit == "stretch":
        return image.resize((width, height), _FILTER)
    if fit == "crop":
        return image.resize((width, height), _FILTER, box=_crop_box(image.size, size))
    scale = min(width / image.width, height / image.height)
    inner = (
        min(width, max(1, round(image.width * scale))),
        min(height, max(1, round(image.height * scale))),
    )
    colour = tuple([int(background)] * 3) if image.mode == "RGB" else background
    if image.mode in ("L", "I;16"):
        colour = int(background)
    padded = Image.new(image.mode, (width, height), colour)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    padded.paste(image.resize(inner, _FILTER), (left, top))
    return padded


def _crop_box(found: tuple[int, int], size: Size) -> tuple[float, float, float, float]:
    height, width = size
    ratio = width / height
    if found[0] / found[1] > ratio:
        kept = found[1] * ratio
        left = (found[0] - kept) / 2
        return left, 0, left + kept, found[1]
    kept = found[0] / ratio
    top = (found[1] - kept) / 2
    return 0, top, found[0], top + kept


def _resized_array(image: AnyArray, size: Size, fit: Fit, background: float) -> AnyArray:
    if image.dtype == np.uint8:
        return np.asarray(
            resized_image(Image.fromarray(np.ascontiguousarray(image)), size, fit, background)
        )
    channels = [image] if image.ndim == 2 else list(np.moveaxis(image, -1, 0))
    planes = [
        np.asarray(
            resized_image(
                Image.fromarray(np.ascontiguousarray(channel, np.float32)), size, fit, background
            )
        )
        for channel in channels
    ]
    values = planes[0] if image.ndim == 2 else np.stack(planes, axis=-1)
    if image.dtype.kind == "f":
        return np.asarray(values.astype(image.dtype))
    return np.asarray(np.rint(values).astype(image.dtype))
