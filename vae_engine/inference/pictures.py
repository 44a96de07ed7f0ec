"""Arrange images in sheets, and save them as PNG."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_engine.sessions import atomic

_GAP = 2


def picture(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Arrange images in rows of `columns`, with black gaps.

    Args:
        images: (n, h, w) grey, or (n, h, w, 3) RGB.
        columns: images per row.

    Returns:
        (height, width), or (height, width, 3), uint8.
    """
    count, height, width, *colours = images.shape
    rows = -(-count // columns)
    size = rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP
    sheet = np.zeros((*size, *colours), np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + _GAP), (index % columns) * (width + _GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def paired_rows(
    above: NDArray[np.uint8], below: NDArray[np.uint8], across: int
) -> NDArray[np.uint8]:
    """Interleave images in rows of `across`: each row of `above` is followed by its row of `below`.

    Args:
        above: (n, h, w) or (n, h, w, 3).
        below: of the same shape.
        across: images per row; the last rows are filled with black.

    Returns:
        (m, h, w) or (m, h, w, 3), m a multiple of 2 * `across`.
    """
    count, *shape = above.shape
    filling = np.zeros((2, -count % across, *shape), np.uint8)
    pairs = np.concatenate([np.stack([above, below]), filling], axis=1)
    rows = pairs.reshape(2, -1, across, *shape).swapaxes(0, 1)
    return rows.reshape(-1, *shape)


def square_columns(images: NDArray[np.uint8]) -> int:
    """Return the number of columns that makes a sheet roughly square, in images."""
    return math.ceil(math.sqrt(len(images)))


def save_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Save pixels (height, width) or (height, width, 3) as PNG, replacing `path` atomically.

    Raises:
        OSError: it cannot be written.
    """

    def write(temporary: Path) -> None:
        Image.fromarray(pixels).save(temporary, format="PNG")

    atomic.replace_file(path, write)


def free_names(stem: str, folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of one name with these suffixes, none of which exists in the folder."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", stem)
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    several = ([folder / f"{stem}{end}{suffix}" for suffix in suffixes] for end in numbers)
    return next(files for files in several if not any(path.exists() for path in files))
