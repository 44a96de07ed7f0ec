"""Image files: PNG, JPEG, WebP, BMP, GIF, TIFF and PNM, read by Pillow as 28x28 greys.

Size and form are checked by each file's header before anything is decoded, so that an image that
declares more than 28x28 pixels costs nothing. Of several frames the first counts.
"""

from __future__ import annotations

import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_engine.datasets.arrays import IMAGE_SIDE, AnyArray, check_image_header
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.kinds import HEAD_BYTES, kind_of
from vae_engine.datasets.source import counted
from vae_engine.datasets.tiff import read_tiffs
from vae_engine.errors import DatasetError

WANTED = "a grey image of 28x28 pixels"
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

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_LOSSY = ("JPEG", "WEBP")
# Lossy colour spaces give equal channels back with rounding errors.
_MOST_UNEQUAL = 4
# A plain one takes under 4 KiB; the rest leaves room for metadata.
_MAX_FILE_BYTES = 1024 * 1024
_TILE_TAGS = (322, 323)
_MOST_TILE = 1024
_GREY_NUMBERS = ("I;16", "I;16B", "I;16L", "I", "F")
_SAVED = (
    "np.savez('grey.npz', images=np.stack([{image} "
    "for f in sorted(pathlib.Path({folder}).glob('*{suffix}'))]))"
)
_NUMBERS = "np.asarray(Image.open(f))"
_DEEP = dict.fromkeys(("I;16", "I;16B", "I;16L"), f"{_NUMBERS} / 65535")
_ON_WHITE = (
    "np.asarray(Image.alpha_composite(Image.new('RGBA', (28, 28), 'white'), "
    "Image.open(f).convert('RGBA')).convert('L'))"
)
_CONVERTED = "np.asarray(Image.open(f).convert('L').resize((28, 28)))"


def read_pictures(what: str, files: Sequence[Path]) -> tuple[npt.NDArray[np.uint8], Counter[str]]:
    """Read image files.

    Args:
        what: holds them, for messages.
        files: at least one.

    Returns:
        The images (n, 28, 28) in the order of the files, and how many are of which format.

    Raises:
        DatasetError: an image is missing, damaged, not 28x28, in colour, transparent, or of 16
            bits.
    """
    shape = (len(files), IMAGE_SIDE, IMAGE_SIDE)
    check_image_header(what, np.dtype(np.uint8), shape)
    images = np.empty(shape, np.uint8)
    formats: Counter[str] = Counter()
    compressed: list[int] = []
    # Pillow warns of odd metadata, and would do so on the terminal.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index, path in enumerate(files):
            with _opened(path) as image:
                formats[str(image.format)] += 1
                if _needs_libtiff(image):
                    compressed.append(index)
                else:
                    images[index] = _greys(path, image)
    if compressed:
        images[compressed] = read_tiffs([files[index] for index in compressed])
    return images, formats


def described(formats: Counter[str]) -> str:
    """How many files of which formats, in words."""
    return " and ".join(counted(count, f"{name} file") for name, count in formats.most_common())


def read_picture(path: Path) -> AnyArray:
    """The greys (28, 28) of one image file, whatever decoder that takes.

    Raises:
        DatasetError: as `read_pictures`.
    """
    with warnings.catch_warnings(), _opened(path) as image:
        warnings.simplefilter("ignore")
        return _greys(path, image)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image file of 28x28 pixels; what goes wrong with it within becomes one line.

    Raises:
        DatasetError: it is no image, of another size, or damaged.
    """
    with reading(path, WANTED, f"try to copy it again, or `rm {quoted(path)}`"):
        with open_regular(path) as file:
            data = file.read(_MAX_FILE_BYTES + 1)
        if len(data) > _MAX_FILE_BYTES:
            raise DatasetError(
                f"{quoted(path)} is larger than {_MAX_FILE_BYTES // 1024} KiB: wanted {WANTED}; "
                f"{_remedy(path)}"
            )
        kind = kind_of(data[:HEAD_BYTES])
        if not kind.image:
            raise DatasetError(
                f"{quoted(path)} is {kind.name}, or a damaged image: wanted {WANTED}; "
                f"try `rm {quoted(path)}`"
            )
        # Before Pillow sees it: a header may ask for more memory than there is.
        if (size := _declared_size(data)) is not None:
            _check_size(path, size)
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            _check_size(path, image.size)
            _check_tiles(path, image)
            yield image


def _needs_libtiff(image: Image.Image) -> bool:
    return any(tile[0] == "libtiff" for tile in getattr(image, "tile", ()))


def _declared_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the header, of the formats that Pillow decodes in part to tell."""
    if data[:4] == b"\x89PNG" and data[12:16] == b"IHDR" and len(data) >= 24:
        # PNG specification, third edition, 11.2.1.
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[8:12] != b"WEBP" or len(data) < 30:
        return None
    # RFC 9649, sections 2.5 to 2.7.
    if data[12:16] == b"VP8X":
        return _uint24(data[24:27]) + 1, _uint24(data[27:30]) + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _uint24(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _check_size(path: Path, size: tuple[int, int]) -> None:
    if size != (IMAGE_SIDE, IMAGE_SIDE):
        raise DatasetError(
            f"{quoted(path)} has {size[0]}x{size[1]} pixels: wanted {WANTED}; {_remedy(path)}"
        )


def _check_tiles(path: Path, image: Image.Image) -> None:
    """A TIFF of few pixels may lie in tiles of many, which would all be unpacked."""
    tags = getattr(image, "tag_v2", {})
    if any(int(tags.get(tag, 0)) > _MOST_TILE for tag in _TILE_TAGS):
        raise DatasetError(
            f"{quoted(path)} lies in tiles of more than {_MOST_TILE} pixels: wanted {WANTED}; "
            f"{_remedy(path)}"
        )


def _greys(path: Path, image: Image.Image) -> AnyArray:
    """The first frame's greys (28, 28).

    Raises:
        DatasetError: it is in colour, transparent, or of more than 8 bits.
    """
    if image.mode in _GREY_NUMBERS:
        raise DatasetError(
            f"{quoted(path)} has greys of more than 8 bits ({image.mode}): wanted {WANTED} and of "
            f"8 bits; {_remedy(path, _DEEP.get(image.mode, _NUMBERS))}"
        )
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if image.mode in ("1", "L") and not transparent:
        return np.asarray(image.convert("L"))
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        raise _in_colour(path, image.mode)
    channels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    if transparent and channels[..., 3].min() < 255:
        raise DatasetError(
            f"{quoted(path)} is transparent: wanted {WANTED}, without alpha; "
            f"{_remedy(path, _ON_WHITE)}"
        )
    colours = channels[..., :3]
    spread = int((colours.max(axis=-1).astype(int) - colours.min(axis=-1)).max())
    if spread > (_MOST_UNEQUAL if image.format in _LOSSY else 0):
        raise _in_colour(path, "palette colour" if image.mode in ("P", "PA") else image.mode)
    return np.asarray(image.convert("L")) if spread else colours[..., 0]


def _in_colour(path: Path, mode: str) -> DatasetError:
    return DatasetError(f"{quoted(path)} is in colour ({mode}): wanted {WANTED}; {_remedy(path)}")


def _remedy(path: Path, image: str = _CONVERTED) -> str:
    """The line that makes a dataset of the images of a folder, whatever they are."""
    suffix = path.suffix if path.suffix.isprintable() else ""
    line = _SAVED.format(image=image, folder=quoted(path.parent), suffix=suffix)
    return f"try `{line}`"
