"""Sheets of images, as arrays and as PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_engine.sessions import atomic

_GAP = 2


def picture(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images (n, h, w) in rows of `columns`, black gaps between: (height, width) uint8."""
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + _GAP), (index % columns) * (width + _GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def save_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Replace `path` by a grey PNG of pixels (height, width), in one step.

    Raises:
        OSError: it cannot be written.
    """

    def write(temporary: Path) -> None:
        Image.fromarray(pixels).save(temporary, format="PNG")

    atomic.replace_file(path, write)
