"""Save frames as an animated GIF or PNG (APNG)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_engine.inference.pictures import picture
from vae_engine.sessions import atomic

SUFFIXES = (".gif", ".apng")
MILLISECONDS = 120
"""How long a frame of a walk is shown."""

_LEAST_SIDE = 224
_LARGEST_FACTOR = 8


def there_and_back(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Append the inner frames in reverse order, so that a loop has no jump: frames (n, ...)."""
    return np.concatenate([frames, frames[-2:0:-1]])


def frame_per_column(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Frames of images in rows: one per column, each with the images of all rows.

    Args:
        images: (rows * columns, h, w[, 3]), row after row.
        columns: images per row.

    Returns:
        (columns, height, width[, 3]).
    """
    rows = images.reshape(-1, columns, *images.shape[1:])
    across = math.ceil(math.sqrt(len(rows)))
    return np.stack([picture(rows[:, column], across) for column in range(columns)])


def save_animation(path: Path, frames: Iterable[NDArray[np.uint8]], *, milliseconds: int) -> None:
    """Save an endless animation, replacing `path` atomically.

    Small frames are enlarged by a whole factor, each pixel to a square.

    Args:
        path: ends in `.gif`, else it becomes an APNG.
        frames: at least one, (h, w) grey or (h, w, 3) RGB, of one size.
        milliseconds: that each frame is shown; a GIF rounds them to 10.

    Raises:
        OSError: it cannot be written.
    """
    kind = "GIF" if path.suffix.lower() == ".gif" else "PNG"
    first, *others = map(_enlarged, frames)

    def write(temporary: Path) -> None:
        first.save(
            temporary,
            format=kind,
            save_all=True,
            append_images=others,
            duration=milliseconds,
            loop=0,
        )

    atomic.replace_file(path, write)


def _enlarged(frame: NDArray[np.uint8]) -> Image.Image:
    factor = min(_LARGEST_FACTOR, max(1, _LEAST_SIDE // min(frame.shape[:2])))
    return Image.fromarray(frame.repeat(factor, axis=0).repeat(factor, axis=1))
