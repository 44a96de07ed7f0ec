"""Read single image files with Pillow: PNG, JPEG, WebP, BMP, GIF, TIFF and PNM.

The header is checked before anything is decoded, so that a file that declares too many pixels costs
nothing. Only the first frame is read, and the orientation in the EXIF data is applied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np
from PIL import Image

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.deep_colour import deep_colours, is_cut, is_deep_colour
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.grids import as_grey
from vae_engine.datasets.image_checks import (
    WANTED,
    check_file,
    check_picture_size,
    check_tiles,
    remedy,
)
from vae_engine.datasets.preparation import Fit, Size
from vae_engine.datasets.resizing import resized, resized_image
from vae_engine.errors import DatasetError

SUFFIXES = frozenset(
    (
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".webp",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".pgm",
        ".pnm",
        ".pbm",
        ".ppm",
    )
)
Values: TypeAlias = Literal["uint8", "uint16", "int32", "float32"]

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_LOSSY = ("JPEG", "WEBP")
# Greys come back from a lossy colour space with unequal channels, by rounding.
_MAX_CHANNEL_SPREAD = 4
_ORIENTATION, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
# EXIF 2.32, 4.6.4: the transposition that makes an image upright.
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREYS = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I", "F")
_DEEP: dict[str, Values] = {
    "I;16": "uint16",
    "I;16B": "uint16",
    "I;16L": "uint16",
    "I": "int32",
    "F": "float32",
}
# A JPEG can be decoded at reduced size; keep at least this many times the target size.
_DRAFT_MARGIN = 2


class PictureHeader(msgspec.Struct, frozen=True):
    """Properties of an image file, from its header.

    Attributes:
        size: height and width after the EXIF orientation is applied.
        mode: Pillow's mode.
        format: PNG, JPEG, ...
        values: type of the pixel values; uint8 unless it has more bits.
        grey: has one channel, apart from alpha.
        alpha: may be transparent.
        packed: a TIFF that libtiff decompresses.
        cut: has more than 8 bits, of which 8 can be read.
        several: has further frames, which are not read.
    """

    size: Size
    mode: str
    format: str
    values: Values
    grey: bool
    alpha: bool
    packed: bool
    cut: bool = False
    several: bool = False


class DecodePlan(msgspec.Struct, frozen=True):
    """How to decode all images of a dataset.

    Attributes:
        size: height and width of the result.
        fit: how images of another aspect ratio are fitted.
        channels: 1 or 3.
        values: type of the pixel values.
        white: whether the background of transparent images is white or black.
    """

    size: Size
    fit: Fit
    channels: int
    values: Values
    white: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image: (h, w) or (h, w, 3)."""
        return self.size if self.channels == 1 else (*self.size, self.channels)


def probe(path: Path) -> PictureHeader:
    """Read the header of an image file.

    Raises:
        DatasetError: it is not an image, damaged, too small or too large.
    """
    with opened(path) as image:
        width, height = image.size
        if _is_sideways(image):
            width, height = height, width
        deep = is_deep_colour(image)
        return PictureHeader(
            size=(height, width),
            mode=f"{image.mode};16" if deep else image.mode,
            format=str(image.format),
            values="uint16" if deep else _DEEP.get(image.mode, "uint8"),
            grey=image.mode in _GREYS,
            alpha=_has_alpha(image),
            packed=_needs_libtiff(image),
            cut=is_cut(image),
            several=_has_more_frames(image),
        )


def decode(path: Path, plan: DecodePlan) -> tuple[AnyArray, bool]:
    """Decode an image according to a plan.

    Returns:
        The image, (h, w) or (h, w, 3), and whether any of its pixels is coloured.

    Raises:
        DatasetError: it is damaged, or cannot be converted to the plan's channels.
    """
    with opened(path) as image, reading(path, WANTED, remedy(path)):
        values = _DEEP.get(image.mode, "uint8")
        if plan.values != "uint8":
            deep = _deep_values(path, image, plan)
            coloured = deep.ndim == 3 and _is_coloured(deep, str(image.format))
            return resized(deep[np.newaxis], plan.size, plan.fit)[0], coloured
        _draft(image, plan)
        upright = _upright(image)
        if values != "uint8":
            upright = _to_eight_bits(upright, values)
        if _has_alpha(upright):
            upright = _on_background(upright, plan)
        upright = upright.convert("L" if plan.channels == 1 else "RGB")
        border = 255 if plan.white and _has_alpha(image) else 0
        fitted = np.asarray(resized_image(upright, plan.size, plan.fit, border))
        return fitted, plan.channels == 3 and _is_coloured(fitted, str(image.format))


def visible_brightness(path: Path) -> tuple[float, float]:
    """Measure an image with alpha.

    Returns:
        Mean brightness of its visible parts, 0 to 1, and the share of it that is visible.

    Raises:
        DatasetError: it is damaged.
    """
    with opened(path) as image, reading(path, WANTED, remedy(path)):
        image.thumbnail((64, 64))
        channels = np.asarray(image.convert("RGBA")).astype(np.float64) / 255
        alpha = channels[..., 3]
        weight = float(alpha.sum())
        grey = channels[..., :3].mean(axis=-1)
        return float((grey * alpha).sum()) / max(weight, 1e-9), weight / alpha.size


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file without decoding it; Pillow's errors inside the context become one line.

    Raises:
        DatasetError: it is not an image, too large, too small or damaged.
    """
    with reading(path, WANTED, remedy(path)), open_regular(path) as file:
        check_file(path, file)
        with Image.open(file, formats=_FORMATS) as image:
            check_picture_size(path, (image.height, image.width))
            check_tiles(path, image)
            yield image


def _has_more_frames(image: Image.Image) -> bool:
    # To count a TIFF's pages, Pillow would read all of them.
    if image.format == "TIFF":
        return bool(getattr(image, "tag_v2").next)  # noqa: B009
    return bool(getattr(image, "is_animated", False))


def _needs_libtiff(image: Image.Image) -> bool:
    return any(tile[0] == "libtiff" for tile in getattr(image, "tile", ()))


def _is_sideways(image: Image.Image) -> bool:
    # For a PNG without EXIF data, Pillow would decode the pixels to look for EXIF after them.
    return (image.format != "PNG" or "exif" in image.info) and _orientation(image) in _SIDEWAYS


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; 1, upright, if the EXIF data are damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    # Raised by Pillow for damaged EXIF data, which are no reason to reject the image.
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    transposition = _TO_UPRIGHT.get(_orientation(image))
    return image if transposition is None else image.transpose(transposition)


def _turned(values: AnyArray, orientation: int) -> AnyArray:
    """An array (h, w, 3) as `_upright` turns images."""
    if orientation in _SIDEWAYS:
        values = values.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values[:, ::-1] if orientation in (2, 3, 6, 7) else values


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info


def _draft(image: Image.Image, plan: DecodePlan) -> None:
    if image.format != "JPEG":
        return
    scale = min(image.size) / (max(plan.size) * _DRAFT_MARGIN)
    if scale >= _DRAFT_MARGIN:
        image.draft(image.mode, (int(image.width / scale), int(image.height / scale)))


def _on_background(image: Image.Image, plan: DecodePlan) -> Image.Image:
    """Composite a transparent image with the plan's background."""
    colour = (255, 255, 255, 255) if plan.white else (0, 0, 0, 255)
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, colour), layer).convert("RGB")


def _deep_values(path: Path, image: Image.Image, plan: DecodePlan) -> AnyArray:
    """The values of more than 8 bits; those of 8 bits on the same scale."""
    if is_deep_colour(image):
        values = deep_colours(image, lambda: opened(path), white=plan.white)
        values = _turned(values, _orientation(image))
        return values if plan.channels == 3 else as_grey(values[np.newaxis])[0]
    image = _upright(image)
    if image.mode in _DEEP:
        values = np.asarray(image)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DatasetError(
                f"{quoted(path)} holds NaN or infinities: wanted numbers only; {remedy(path)}"
            )
        if plan.values == "uint16" and (values.dtype.kind == "f" or values.max() > 65_535):
            raise DatasetError(
                f"{quoted(path)} holds {values.dtype.name} values beside images of 16 bits: "
                "wanted one scale; try to save it with 16 bits"
            )
        values = values.astype(plan.values)
        return values if plan.channels == 1 else np.repeat(values[..., np.newaxis], 3, axis=-1)
    if _has_alpha(image):
        image = _on_background(image, plan)
    bytes_ = np.asarray(image.convert("L" if plan.channels == 1 else "RGB")).astype(plan.values)
    return bytes_ * np.uint16(257) if plan.values == "uint16" else bytes_


def _to_eight_bits(image: Image.Image, values: Values) -> Image.Image:
    numbers = np.nan_to_num(np.asarray(image).astype(np.float64))
    white = 65_535 if values == "uint16" or numbers.max() > 255 else 255
    if values == "float32" and numbers.max() <= 1:
        white = 1
    return Image.fromarray(np.rint(np.clip(numbers / white, 0, 1) * 255).astype(np.uint8))


def _is_coloured(image: AnyArray, format_: str) -> bool:
    spread = int((image.max(axis=-1).astype(int) - image.min(axis=-1)).max())
    return spread > (_MAX_CHANNEL_SPREAD if format_ in _LOSSY else 0)
