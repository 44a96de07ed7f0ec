"""Grey images as terminal cells: a block glyph and two greys for each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.rendering.glyphs import SPACE, Glyphs, glyph_set
from tui.rendering.sampling import Image, cell_samples, chunks


class Cells(NamedTuple):
    """Terminal cells of images; all three arrays are ``(..., rows, columns)``.

    Canonical: a cell of one grey is a space with that grey as foreground and background, and where
    a glyph's inverse exists the foreground is the lighter grey.

    Attributes:
        codepoints: uint32, the glyph of each cell.
        foreground: uint8, the grey of what the glyph inks.
        background: uint8, the grey of the rest.
    """

    codepoints: NDArray[np.uint32]
    foreground: NDArray[np.uint8]
    background: NDArray[np.uint8]


def fit_cells(images: Image, columns: int, rows: int, glyphs: Glyphs = "half") -> Cells:
    """Fit a glyph and two greys to every cell so that the squared error is the least possible.

    Args:
        images: ``(..., H, W)`` uint8.
        columns: width in cells; 0 gives no cells.
        rows: height in cells.
        glyphs: the set to choose from.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: a negative size, or an unknown glyph set.
    """
    chosen = glyph_set(glyphs)
    if images.shape[-2:] == (2 * rows, columns):
        chosen = glyph_set("half")  # Half a cell for each pixel: without loss, and in every font.
    values, coverage, shape = cell_samples(images, columns, rows, chosen)
    # A glyph that inks the same share of every sample (a cell inside one pixel) shows no contrast.
    useful = np.flatnonzero(np.ptp(coverage, axis=1) > 1e-9)
    if not len(useful):
        return _uniform(np.rint(values.mean(axis=0)).astype(np.uint8).reshape(shape))

    cells = _uniform(np.rint(values[0]).astype(np.uint8))
    mixed = np.flatnonzero(values.min(axis=0) != values.max(axis=0))
    for chunk in chunks(len(mixed), coverage):
        part = mixed[chunk]
        best, ink, paper = _two_greys(values[:, part].astype(np.float64), coverage[useful])
        glyph = useful[best]
        swap = (ink < paper) & (chosen.inverses[glyph] != 0)
        codepoints = np.where(swap, chosen.inverses[glyph], chosen.codepoints[glyph])
        cells.codepoints[part] = np.where(ink == paper, SPACE, codepoints)
        cells.foreground[part] = np.where(swap, paper, ink)
        cells.background[part] = np.where(swap, ink, paper)
    return Cells(
        cells.codepoints.reshape(shape),
        cells.foreground.reshape(shape),
        cells.background.reshape(shape),
    )


def _uniform(greys: NDArray[np.uint8]) -> Cells:
    return Cells(np.full(greys.shape, SPACE, dtype=np.uint32), greys, greys.copy())


def _two_greys(
    samples: NDArray[np.float64], coverage: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Find the glyph and its two greys of least squared error.

    For each glyph this is linear least squares in (ink, paper) within the box [0, 255]^2, solved
    exactly: where the free solution leaves the box, the best point lies on an edge that it crossed.

    Args:
        samples: ``(P, cells)``.
        coverage: ``(G, P)``, the share of each sample that each glyph inks.

    Returns:
        The best glyph, ink and paper of each cell; the greys are whole numbers.
    """
    rest = 1.0 - coverage
    ink_ink = (coverage**2).sum(axis=1)[:, np.newaxis]
    paper_paper = (rest**2).sum(axis=1)[:, np.newaxis]
    ink_paper = (coverage * rest).sum(axis=1)[:, np.newaxis]
    ink_samples = coverage @ samples
    paper_samples = rest @ samples
    determinant = ink_ink * paper_paper - ink_paper**2

    paper = _grey((ink_ink * paper_samples - ink_paper * ink_samples) / determinant)
    ink = _grey((ink_samples - ink_paper * paper) / ink_ink)

    def error(ink: NDArray[np.float64], paper: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared error, without the term that all glyphs share."""
        of_ink = ink * (ink_ink * ink - 2 * ink_samples)
        of_paper = paper * (paper_paper * paper - 2 * paper_samples)
        total: NDArray[np.float64] = of_ink + of_paper + 2 * ink_paper * ink * paper
        return total

    least = error(ink, paper)
    if ink_paper.any():  # Otherwise the two greys are independent and already the best.
        other_ink = _grey((paper_paper * ink_samples - ink_paper * paper_samples) / determinant)
        other_paper = _grey((paper_samples - ink_paper * other_ink) / paper_paper)
        other = error(other_ink, other_paper)
        better = other < least
        ink, paper = np.where(better, other_ink, ink), np.where(better, other_paper, paper)
        least = np.minimum(least, other)
    best = least.argmin(axis=0)
    cell = np.arange(samples.shape[1])
    return best, ink[best, cell], paper[best, cell]


def _grey(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(np.clip(values, 0.0, 255.0))
    return rounded
