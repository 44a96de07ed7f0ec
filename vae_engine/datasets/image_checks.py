"""What an image file is checked for before Pillow decodes it: kind, size, tiles."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

from PIL import Image

from vae_engine.datasets.deep_colour import is_garbled
from vae_engine.datasets.files import quoted
from vae_engine.datasets.kinds import HEAD_BYTES, kind_of
from vae_engine.datasets.preparation import SMALLEST_TAKEN, Size, sides_text
from vae_engine.errors import DatasetError

WANTED = "an image"
MAX_PIXELS = 100_000_000
"""No image above this is decoded: 300 MB as colour."""

_MAX_FILE_BYTES = 512 * 1024 * 1024
_TILE_TAGS = (322, 323)
_MOST_TILE = 8192


def check_file(path: Path, file: IO[bytes]) -> None:
    """Check a file's kind and size, and the size of the image that it declares.

    Raises:
        DatasetError: it is no image, or too large or small a one.
    """
    head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if not kind.image:
        raise DatasetError(
            f"{quoted(path)} is {kind.name}, or a damaged image: wanted {WANTED}; {remedy(path)}"
        )
    if file.seek(0, 2) > _MAX_FILE_BYTES:
        raise DatasetError(
            f"{quoted(path)} is larger than {_MAX_FILE_BYTES // 1024**2} MiB: wanted a smaller "
            f"file; {remedy(path)}"
        )
    file.seek(0)
    # Before Pillow sees it: a header may ask for more memory than there is.
    if (size := _declared_size(head)) is not None:
        check_picture_size(path, size)


def check_picture_size(path: Path, size: Size) -> None:
    """Check an image's height and width.

    Raises:
        DatasetError: they are too large or too small.
    """
    if size[0] * size[1] > MAX_PIXELS:
        raise DatasetError(
            f"{quoted(path)} has {sides_text(size)} pixels: wanted at most "
            f"{MAX_PIXELS // 1_000_000} million; {remedy(path)}"
        )
    if min(size) < SMALLEST_TAKEN:
        raise DatasetError(
            f"{quoted(path)} has {sides_text(size)} pixels: wanted at least {SMALLEST_TAKEN} on "
            f"each side; try larger images, or `rm {quoted(path)}`"
        )


def check_tiles(path: Path, image: Image.Image) -> None:
    """Check how a TIFF is laid out: few pixels may lie in tiles of many, which are all unpacked.

    Raises:
        DatasetError: its tiles are too large, or Pillow would garble it.
    """
    tags = getattr(image, "tag_v2", {})
    if any(int(tags.get(tag, 0)) > _MOST_TILE for tag in _TILE_TAGS):
        raise DatasetError(
            f"{quoted(path)} has tiles of more than {_MOST_TILE} pixels: wanted {WANTED}; "
            f"{remedy(path)}"
        )
    if is_garbled(image):
        raise DatasetError(
            f"{quoted(path)} has 16-bit channels in separate planes: wanted them together; "
            "try to save it as PNG"
        )


def remedy(path: Path) -> str:
    """What to do about a damaged file."""
    return f"try to copy it again, or `rm {quoted(path)}`"


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
