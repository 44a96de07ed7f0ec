"""Image files: PNG, JPEG, WebP, BMP, GIF, TIFF and PNM, read by Pillow one at a time.

Each file's header is checked before anything is decoded, so that an image that declares too many
pixels costs nothing. Of several frames the first counts, and the orientation in a photograph's
EXIF data is applied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, TypeAlias

import msgspec
import numpy as np
from PIL import Image

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.kinds import HEAD_BYTES, kind_of
from vae_engine.datasets.preparation import SMALLEST_TAKEN, Fit, Size, size_text
from vae_engine.datasets.resizing import resized, resized_image
from vae_engine.errors import DatasetError

WANTED = "an image"
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
MAX_PIXELS = 100_000_000
"""No image above this is decoded: 300 MB as colour."""

Values: TypeAlias = Literal["uint8", "uint16", "int32", "float32"]

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_LOSSY = ("JPEG", "WEBP")
# Lossy colour spaces give equal channels back with rounding errors.
_MOST_UNEQUAL = 4
_MAX_FILE_BYTES = 512 * 1024 * 1024
_TILE_TAGS = (322, 323)
_MOST_TILE = 8192
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
# EXIF 2.32, 4.6.4: how an image is turned so that it stands upright.
_TURNS = {
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
# A JPEG decoder can leave out detail; it leaves this many times what is needed.
_DRAFT_MARGIN = 2


class Probe(msgspec.Struct, frozen=True):
    """What an image file's header tells.

    Attributes:
        size: height and width, upright.
        mode: Pillow's.
        format: PNG, JPEG, ...
        values: uint8 but for greys of more bits.
        grey: it has one channel, beside alpha.
        alpha: it may be transparent.
        packed: a TIFF that libtiff unpacks.
    """

    size: Size
    mode: str
    format: str
    values: Values
    grey: bool
    alpha: bool
    packed: bool


class Plan(msgspec.Struct, frozen=True):
    """How all images of a dataset are decoded.

    Attributes:
        size: height and width.
        fit: how another aspect ratio is fitted.
        channels: 1, or 3.
        values: the type of the arrays.
        white: transparent parts are laid on white, else on black.
    """

    size: Size
    fit: Fit
    channels: int
    values: Values
    white: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image's array."""
        return self.size if self.channels == 1 else (*self.size, self.channels)


def probe(path: Path) -> Probe:
    """Read a file's header.

    Raises:
        DatasetError: it is no image, damaged, too small or too large.
    """
    with opened(path) as image:
        width, height = image.size
        if _is_turned(image):
            width, height = height, width
        return Probe(
            size=(height, width),
            mode=image.mode,
            format=str(image.format),
            values=_DEEP.get(image.mode, "uint8"),
            grey=image.mode in _GREYS,
            alpha=_has_alpha(image),
            packed=_needs_libtiff(image),
        )


def decode(path: Path, plan: Plan) -> tuple[AnyArray, bool]:
    """One image as the plan has it, (h, w) or (h, w, 3), and whether it is in colour.

    Raises:
        DatasetError: it is damaged, or cannot be brought to the plan's channels.
    """
    with opened(path) as image, reading(path, WANTED, _remedy(path)):
        values = _DEEP.get(image.mode, "uint8")
        if plan.values != "uint8":
            deep = _deep_values(_upright(image), values, plan)
            return resized(deep[np.newaxis], plan.size, plan.fit)[0], False
        _draft(image, plan)
        upright = _upright(image)
        if values != "uint8":
            upright = _of_eight_bits(upright, values)
        if _has_alpha(upright):
            upright = _laid(upright, plan)
        upright = upright.convert("L" if plan.channels == 1 else "RGB")
        border = 255 if plan.white and _has_alpha(image) else 0
        fitted = np.asarray(resized_image(upright, plan.size, plan.fit, border))
        return fitted, plan.channels == 3 and _is_coloured(fitted, str(image.format))


def visible_brightness(path: Path) -> tuple[float, float]:
    """Of an image with alpha: the mean luminance of what is visible, 0 to 1, and how much is.

    Raises:
        DatasetError: it is damaged.
    """
    with opened(path) as image, reading(path, WANTED, _remedy(path)):
        image.thumbnail((64, 64))
        channels = np.asarray(image.convert("RGBA")).astype(np.float64) / 255
        alpha = channels[..., 3]
        weight = float(alpha.sum())
        grey = channels[..., :3].mean(axis=-1)
        return float((grey * alpha).sum()) / max(weight, 1e-9), weight / alpha.size


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """An image file, not decoded yet; what goes wrong with it within becomes one line.

    Raises:
        DatasetError: it is no image, too large or too small, or damaged.
    """
    with reading(path, WANTED, _remedy(path)), open_regular(path) as file:
        _check_file(path, file)
        with Image.open(file, formats=_FORMATS) as image:
            _check_size(path, (image.height, image.width))
            _check_tiles(path, image)
            yield image


def _check_file(path: Path, file: IO[bytes]) -> None:
    head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if not kind.image:
        raise DatasetError(
            f"{quoted(path)} is {kind.name}, or a damaged image: wanted {WANTED}; {_remedy(path)}"
        )
    if file.seek(0, 2) > _MAX_FILE_BYTES:
        raise DatasetError(
            f"{quoted(path)} is larger than {_MAX_FILE_BYTES // 1024**2} MiB: wanted a smaller "
            f"file; {_remedy(path)}"
        )
    file.seek(0)
    # Before Pillow sees it: a header may ask for more memory than there is.
    if (size := _declared_size(head)) is not None:
        _check_size(path, size)


def _check_size(path: Path, size: Size) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise DatasetError(
            f"{quoted(path)} has {size_text(size)} pixels: wanted at most "
            f"{MAX_PIXELS // 1_000_000} million; {_remedy(path)}"
        )
    if min(size) < SMALLEST_TAKEN:
        raise DatasetError(
            f"{quoted(path)} has {size_text(size)} pixels: wanted at least {SMALLEST_TAKEN} on "
            f"each side; {_remedy(path)}"
        )


def _check_tiles(path: Path, image: Image.Image) -> None:
    """A TIFF of few pixels may lie in tiles of many, which would all be unpacked."""
    tags = getattr(image, "tag_v2", {})
    if any(int(tags.get(tag, 0)) > _MOST_TILE for tag in _TILE_TAGS):
        raise DatasetError(
            f"{quoted(path)} lies in tiles of more than {_MOST_TILE} pixels: wanted {WANTED}; "
            f"{_remedy(path)}"
        )


def _needs_libtiff(image: Image.Image) -> bool:
    return any(tile[0] == "libtiff" for tile in getattr(image, "tile", ()))


def _declared_size(data: bytes) -> Size | None:
    """Height and width by the header, of the formats that Pillow decodes in part to tell."""
    if data[:4] == b"\x89PNG" and data[12:16] == b"IHDR" and len(data) >= 24:
        # PNG specification, third edition, 11.2.1.
        width, height = struct.unpack(">II", data[16:24])
        return height, width
    if data[8:12] != b"WEBP" or len(data) < 30:
        return None
    # RFC 9649, sections 2.5 to 2.7.
    if data[12:16] == b"VP8X":
        return _uint24(data[27:30]) + 1, _uint24(data[24:27]) + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return height & 0x3FFF, width & 0x3FFF


def _uint24(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _is_turned(image: Image.Image) -> bool:
    # A PNG without EXIF data would be decoded to look for them behind the pixels.
    return (image.format != "PNG" or "exif" in image.info) and _orientation(image) in _TURNED


def _orientation(image: Image.Image) -> int:
    """What the EXIF data say; 1, upright, where they are damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    # Pillow raises these of damaged data, which cost no image.
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info


def _draft(image: Image.Image, plan: Plan) -> None:
    if image.format != "JPEG":
        return
    scale = min(image.size) / (max(plan.size) * _DRAFT_MARGIN)
    if scale >= _DRAFT_MARGIN:
        image.draft(image.mode, (int(image.width / scale), int(image.height / scale)))


def _laid(image: Image.Image, plan: Plan) -> Image.Image:
    """Without alpha, on the plan's background."""
    colour = (255, 255, 255, 255) if plan.white else (0, 0, 0, 255)
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, colour), layer).convert("RGB")


def _deep_values(image: Image.Image, values: Values, plan: Plan) -> AnyArray:
    """The greys of more than 8 bits; those of 8 bits on the same scale."""
    if values != "uint8":
        return np.asarray(image).astype(plan.values)
    if _has_alpha(image):
        image = _laid(image, plan)
    greys = np.asarray(image.convert("L")).astype(plan.values)
    return greys * np.uint16(257) if plan.values == "uint16" else greys


def _of_eight_bits(image: Image.Image, values: Values) -> Image.Image:
    numbers = np.asarray(image).astype(np.float64)
    white = 65_535 if values == "uint16" or numbers.max() > 255 else 255
    return Image.fromarray(np.rint(np.clip(numbers / white, 0, 1) * 255).astype(np.uint8))


def _is_coloured(image: AnyArray, format_: str) -> bool:
    spread = int((image.max(axis=-1).astype(int) - image.min(axis=-1)).max())
    return spread > (_MOST_UNEQUAL if format_ in _LOSSY else 0)


def _remedy(path: Path) -> str:
    return f"try to copy it again, or `rm {quoted(path)}`"
