"""Moving pictures: frames as an animated GIF or PNG (APNG)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_engine.sessions import atomic

SUFFIXES = (".gif", ".apng")
_LEAST_SIDE = 224
_LARGEST_FACTOR = 8


def there_and_back(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames (n, ...) followed by the inner ones in reverse: a loop without a jump."""
    return np.concatenate([frames, frames[-2:0:-1]])


def save_animation(path: Path, frames: NDArray[np.uint8], *, milliseconds: int) -> None:
    """Replace `path` by an animation that repeats for ever, in one step.

    Small frames are enlarged by a whole factor, each pixel to a square.

    Args:
        path: ends in `.gif`, else it becomes an APNG.
        frames: (n, h, w) grey or (n, h, w, 3) RGB.
        milliseconds: that each frame is shown; a GIF rounds them to 10.

    Raises:
        OSError: it cannot be written.
    """
    kind = "GIF" if path.suffix.lower() == ".gif" else "PNG"
    smaller = min(frames.shape[1:3])
    factor = min(_LARGEST_FACTOR, max(1, _LEAST_SIDE // smaller))
    large = frames.repeat(factor, axis=1).repeat(factor, axis=2)
    first, *others = (Image.fromarray(frame) for frame in large)

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
