"""Sample images for fitting the glyphs of cells.

Where cells span whole pixels along an axis the samples are those pixels, and the share of a pixel
that a glyph inks counts: with sextants at 14 x 7 cells a sub-cell is 4/3 pixels high, and fitting
to the pixels gains about 1 dB over averaging them to sub-cells first. Where cells do not, the
image is resized by area average to the grid on which the glyphs are drawn.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.rendering.glyphs import GlyphSet
from tui.rendering.resample import area_resize
from vae_engine.errors import DatasetError, SettingError

Image = NDArray[np.uint8]
"""Grey images, ``(..., H, W)``, or RGB, ``(..., H, W, 3)``; 0 to 255; leading axes are a batch."""

LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
"""Shares of red, green and blue in the luminance, by ITU-R BT.709."""

_CHANNELS: Final = 3

# Multiplications up to which OpenBLAS uses one thread (its threshold is 2^18).
_PRODUCT: Final = 250_000


class Samples(NamedTuple):
    """Samples of many cells.

    Attributes:
        values: ``(P, cells)``, uint8 or float64, 0 to 255.
        coverage: ``(G, P)``, the share of each sample that each glyph inks.
        shape: the cells' own shape, ``(..., rows, columns)``.
    """

    values: NDArray[np.uint8] | NDArray[np.float64]
    coverage: NDArray[np.float64]
    shape: tuple[int, ...]


def is_color(images: Image) -> bool:
    """Return whether images are RGB; grey images have at least 8 pixels per row."""
    return images.ndim > 2 and images.shape[-1] == _CHANNELS


def image_size(images: Image) -> tuple[int, int]:
    """Return height and width of grey or RGB images, in pixels."""
    height, width = images.shape[-3:-1] if is_color(images) else images.shape[-2:]
    return height, width


def to_grey(images: Image) -> Image:
    """Convert RGB images to luminance, ``(..., H, W)``; grey images stay as they are."""
    if not is_color(images):
        return images
    greys: Image = np.rint(images @ LUMINANCE).astype(np.uint8)
    return greys


def check_request(images: Image, columns: int, rows: int) -> None:
    """Check that images can be shown in this many cells.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: a negative size.
    """
    if images.dtype != np.uint8 or images.ndim < 2 or 0 in images.shape[-2:]:
        raise DatasetError(
            f"the image is {images.dtype} of shape {images.shape}; "
            "give uint8 of shape (..., height, width) with at least one pixel"
        )
    if columns < 0 or rows < 0:
        raise SettingError(f"{columns} x {rows} cells; give a width and a height of 0 or more")


def cell_samples(images: Image, columns: int, rows: int, glyphs: GlyphSet) -> Samples:
    """Split images ``(..., H, W)`` into ``rows`` x ``columns`` cells.

    Raises:
        DatasetError, SettingError: as `check_request`.
    """
    check_request(images, columns, rows)
    *batch, image_height, image_width = images.shape
    _, glyph_height, glyph_width = glyphs.masks.shape
    height = _samples_across(image_height, rows, glyph_height)
    width = _samples_across(image_width, columns, glyph_width)
    grid: NDArray[np.uint8] | NDArray[np.float64] = images
    if (image_height, image_width) != (rows * height, columns * width):
        grid = area_resize(images, rows * height, columns * width)
    split = grid.reshape(*batch, rows, height, columns, width)
    values = np.moveaxis(split, (-3, -1), (0, 1))
    return Samples(
        values=values.reshape(height * width, np.prod([*batch, rows, columns], dtype=int)),
        coverage=_coverage(glyphs, height, width),
        shape=(*batch, rows, columns),
    )


def chunks(cells: int, coverage: NDArray[np.float64], channels: int = 1) -> Iterator[slice]:
    """Split cells into chunks for which the product with the coverage ``(G, P)`` is small.

    The scratch arrays then stay in the processor's cache, and BLAS uses one thread: beside a
    training that has all cores these would make rendering many times slower.
    """
    step = max(1, _PRODUCT // (coverage.size * channels))
    return (slice(start, start + step) for start in range(0, cells, step))


def _samples_across(pixels: int, cells: int, glyph: int) -> int:
    """Return how many samples a cell has along an axis: its pixels if whole, else the glyphs'."""
    return pixels // cells if cells and pixels % cells == 0 else glyph


@lru_cache(maxsize=64)
def _coverage(glyphs: GlyphSet, height: int, width: int) -> NDArray[np.float64]:
    """Return the share of each of ``height x width`` samples that each glyph inks, ``(G, P)``."""
    return area_resize(glyphs.masks, height, width).reshape(len(glyphs.masks), height * width)
