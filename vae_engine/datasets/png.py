"""Datasets as a folder of 28x28 grey PNG images, in the order of their file names."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_engine.datasets.arrays import IMAGE_SIDE, Arrays, check_image_header
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.splits import split_off_test
from vae_engine.errors import DatasetError

WANTED = "a grey PNG image of 28x28 pixels"

# A plain one takes under 2 KiB; the rest leaves room for metadata.
_MAX_FILE_BYTES = 256 * 1024
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {0: "grey", 2: "RGB colour", 3: "palette colour", 4: "grey + alpha", 6: "RGBA"}
_GREY = 0


def png_files(folder: Path) -> list[Path]:
    """The PNG files of a folder, hidden ones left out, sorted by name as text (10 before 2)."""
    found = (
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".png" and not path.name.startswith(".")
    )
    return sorted(found, key=lambda path: path.name)


def read_pngs(folder: Path, files: list[Path]) -> Arrays:
    """Read the images; the last seventh is the test split. There are no labels.

    Raises:
        DatasetError: an image is missing, damaged, not 28x28, not grey, or of 16 bits.
    """
    shape = (len(files), IMAGE_SIDE, IMAGE_SIDE)
    check_image_header(f"the folder {quoted(folder)}", np.dtype(np.uint8), shape)
    images = np.empty(shape, np.uint8)
    for index, path in enumerate(files):
        images[index] = _read_image(path)
    return split_off_test(images)


def _read_image(path: Path) -> npt.NDArray[np.uint8]:
    with reading(path, WANTED):
        with open_regular(path) as file:
            data = file.read(_MAX_FILE_BYTES + 1)
        if len(data) > _MAX_FILE_BYTES:
            raise DatasetError(
                f"{quoted(path)} is larger than {_MAX_FILE_BYTES // 1024} KiB: wanted {WANTED}"
            )
        # Before Pillow sees it: a header may ask for more memory than there is.
        _check_header(data, quoted(path))
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            # A second header chunk would overrule the one just checked.
            if image.size != (IMAGE_SIDE, IMAGE_SIDE):
                raise DatasetError(f"{quoted(path)} has two PNG headers: wanted {WANTED}")
            return np.asarray(image.convert("L"))


def _check_header(data: bytes, what: str) -> None:
    """Check the IHDR chunk (PNG specification, third edition, 11.2.1)."""
    if data[:8] != _SIGNATURE or data[12:16] != b"IHDR" or len(data) < 26:
        raise DatasetError(f"{what} is not a PNG file, or a truncated one: wanted {WANTED}")
    width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
    if (width, height) != (IMAGE_SIDE, IMAGE_SIDE):
        raise DatasetError(f"{what} has {width}x{height} pixels: wanted {WANTED}")
    if colour != _GREY or bits > 8:
        kind = _COLOUR_TYPES.get(colour, f"colour type {colour}")
        raise DatasetError(f"{what} is {kind} of {bits} bits: wanted {WANTED}, of up to 8 bits")
