"""Fit images with terminal cells: a block glyph and two greys or colours per cell."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.rendering.glyphs import SPACE, Glyphs, glyph_set
from tui.rendering.sampling import LUMINANCE, Image, cell_samples, check_request, chunks


class Cells(NamedTuple):
    """Terminal cells of images, ``(..., rows, columns)``.

    Canonical: a cell of one colour is a space with that colour as foreground and background, and
    where a glyph's inverse exists the foreground is the lighter colour.

    Attributes:
        codepoints: uint32, the glyph of each cell.
        foreground: uint8, the grey of what the glyph inks; of colour images ``(..., 3)``, its RGB.
        background: uint8, the grey or the RGB of the rest.
    """

    codepoints: NDArray[np.uint32]
    foreground: NDArray[np.uint8]
    background: NDArray[np.uint8]


def fit_cells(images: Image, columns: int, rows: int, glyphs: Glyphs = "half") -> Cells:
    """Fit a glyph and two greys to every cell, minimizing the squared error.

    Args:
        images: ``(..., H, W)`` uint8.
        columns: width in cells; 0 gives no cells.
        rows: height in cells.
        glyphs: the set to choose from.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: a negative size, or an unknown glyph set.
    """
    check_request(images, columns, rows)
    codepoints, ink, paper = _fit(images[np.newaxis], columns, rows, glyphs)
    return Cells(codepoints, ink[0], paper[0])


def fit_color_cells(images: Image, columns: int, rows: int, glyphs: Glyphs = "half") -> Cells:
    """Fit a glyph and two colours to every cell, minimizing the squared error in RGB.

    For a given glyph the error is a sum over the channels, so each of them is fitted by itself.

    Args and errors as for `fit_cells`, with ``(..., H, W, 3)`` uint8 images.
    """
    planes = np.moveaxis(images, -1, 0)
    check_request(planes, columns, rows)
    codepoints, ink, paper = _fit(planes, columns, rows, glyphs)
    return Cells(codepoints, np.moveaxis(ink, 0, -1), np.moveaxis(paper, 0, -1))


def _fit(
    planes: Image, columns: int, rows: int, glyphs: Glyphs
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return code points ``(..., rows, columns)``, ink and paper ``(C, ..., rows, columns)``.

    Args:
        planes: ``(C, ..., H, W)``, a channel each.
        columns, rows, glyphs: as for `fit_cells`.
    """
    chosen = glyph_set(glyphs)
    if planes.shape[-2:] == (2 * rows, columns):
        chosen = glyph_set("half")  # Half a cell per pixel: lossless, and in every font.
    values, coverage, shape = cell_samples(planes, columns, rows, chosen)
    channels = len(planes)
    values = values.reshape(len(values), channels, -1)
    # A glyph that covers equal shares of all samples (a cell inside one pixel) shows no contrast.
    useful = np.flatnonzero(np.ptp(coverage, axis=1) > 1e-9)
    uniform = values[0] if len(useful) else values.mean(axis=0)
    paper = np.rint(uniform).astype(np.uint8)
    ink = paper.copy()
    codepoints = np.full(paper.shape[1], SPACE, dtype=np.uint32)
    mixed = np.flatnonzero((values.min(axis=0) != values.max(axis=0)).any(axis=0))
    for chunk in chunks(len(mixed) if len(useful) else 0, coverage, channels):
        part = mixed[chunk]
        best, inks, papers = _two_colors(values[:, :, part].astype(np.float64), coverage[useful])
        glyph = useful[best]
        swap = _luminance(inks) < _luminance(papers)
        swap &= chosen.inverses[glyph] != 0
        fitted = np.where(swap, chosen.inverses[glyph], chosen.codepoints[glyph])
        codepoints[part] = np.where((inks == papers).all(axis=0), SPACE, fitted)
        ink[:, part] = np.where(swap, papers, inks)
        paper[:, part] = np.where(swap, inks, papers)
    return codepoints.reshape(shape[1:]), ink.reshape(shape), paper.reshape(shape)


def _luminance(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the luminance of colours ``(3, cells)``; greys ``(1, cells)`` stay as they are."""
    shown: NDArray[np.float64] = colors[0] if len(colors) == 1 else LUMINANCE @ colors
    return shown


def _two_colors(
    samples: NDArray[np.float64], coverage: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Find the glyph and the two colours with the least squared error.

    For each glyph and channel this is linear least squares in (ink, paper) within the box
    [0, 255]^2, solved exactly: where the free solution leaves the box, the best point lies on an
    edge that it crossed.

    Args:
        samples: ``(P, C, cells)``.
        coverage: ``(G, P)``, the share of each sample that each glyph inks.

    Returns:
        The best glyph of each cell; ink and paper, ``(C, cells)``, whole numbers.
    """
    _, channels, cells = samples.shape
    samples = samples.reshape(-1, channels * cells)
    rest = 1.0 - coverage
    ink_ink = (coverage**2).sum(axis=1)[:, np.newaxis]
    paper_paper = (rest**2).sum(axis=1)[:, np.newaxis]
    ink_paper = (coverage * rest).sum(axis=1)[:, np.newaxis]
    ink_samples = coverage @ samples
    paper_samples = rest @ samples
    determinant = ink_ink * paper_paper - ink_paper**2

    paper = _level((ink_ink * paper_samples - ink_paper * ink_samples) / determinant)
    ink = _level((ink_samples - ink_paper * paper) / ink_ink)

    def error(ink: NDArray[np.float64], paper: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared error, without the term that all glyphs share."""
        of_ink = ink * (ink_ink * ink - 2 * ink_samples)
        of_paper = paper * (paper_paper * paper - 2 * paper_samples)
        total: NDArray[np.float64] = of_ink + of_paper + 2 * ink_paper * ink * paper
        return total

    least = error(ink, paper)
    if ink_paper.any():  # Otherwise the two are independent and already optimal.
        other_ink = _level((paper_paper * ink_samples - ink_paper * paper_samples) / determinant)
        other_paper = _level((paper_samples - ink_paper * other_ink) / paper_paper)
        other = error(other_ink, other_paper)
        better = other < least
        ink, paper = np.where(better, other_ink, ink), np.where(better, other_paper, paper)
        least = np.minimum(least, other)
    best = least.reshape(-1, channels, cells).sum(axis=1).argmin(axis=0)
    at = best, slice(None), np.arange(cells)
    return best, ink.reshape(-1, channels, cells)[at].T, paper.reshape(-1, channels, cells)[at].T


def _level(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(np.clip(values, 0.0, 255.0))
    return rounded
