"""Paint cells as pixels, independently of the renderer."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tui.rendering.blocks import Cells
from tui.rendering.glyphs import PATTERNS

Doubles = NDArray[np.float64]

FINE = (12, 2)
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


@cache
def digits(count: int) -> NDArray[np.uint8]:
    """The first test digits of MNIST, ``(count, 28, 28)``."""
    with np.load(str(files("vae_engine.datasets") / "mnist.npz"), allow_pickle=False) as archive:
        images: NDArray[np.uint8] = archive["x_test"][:count]
    return images


@cache
def inked_parts() -> dict[int, Doubles]:
    """The share that each glyph inks of the parts of a cell, 12 x 2, by code point."""
    parts = {ord(shade): np.full(FINE, share) for shade, share in SHADES.items()}
    for (rows, columns), codepoints in PATTERNS.items():
        for pattern, codepoint in enumerate(codepoints):
            parts[codepoint] = np.array(
                [
                    [pattern >> (y * rows // 12 * columns + x * columns // 2) & 1 for x in range(2)]
                    for y in range(12)
                ],
                dtype=np.float64,
            )
    return parts


def pixels_of(parts: Doubles, height: int, width: int) -> Doubles:
    """Average the parts of cells ``(..., 12, 2)`` over ``height`` x ``width`` pixels each."""
    fine = np.repeat(np.repeat(parts, height, axis=-2), width, axis=-1)
    split = fine.reshape(*parts.shape[:-2], height, 12, width, 2)
    means: Doubles = split.mean(axis=(-3, -1))
    return means


def paint(cells: Cells, height: int, width: int) -> Doubles:
    """Paint cells ``(..., rows, columns)`` with ``height`` x ``width`` pixels for each."""
    codepoints, index = np.unique(cells.codepoints, return_inverse=True)
    inked = np.array([pixels_of(inked_parts()[int(c)], height, width) for c in codepoints])
    share = inked[index.reshape(cells.codepoints.shape)]
    ink = cells.foreground[..., np.newaxis, np.newaxis].astype(np.float64)
    paper = cells.background[..., np.newaxis, np.newaxis].astype(np.float64)
    painted = np.moveaxis(paper + share * (ink - paper), -2, -3)
    *batch, rows, _, columns, _ = painted.shape
    return painted.reshape(*batch, rows * height, columns * width)


def psnr(painted: Doubles, images: NDArray[np.uint8]) -> float:
    """The mean over the images of the peak signal-to-noise ratio, in dB."""
    error = ((painted - images) ** 2).mean(axis=(-2, -1))
    return float((10 * np.log10(255**2 / error)).mean())
