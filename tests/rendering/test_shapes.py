import numpy as np
import pytest
from numpy.typing import NDArray

from tests.rendering.painting import Doubles, digits, inked_parts, paint, pixels_of
from tui.rendering.blocks import Cells
from tui.rendering.glyphs import GLYPH_NAMES, Glyphs, glyph_set
from tui.rendering.shapes import ascii_shades, fit_shapes

RAMP = " .:-=+*#%@"


def white_on_black(codepoints: NDArray[np.uint32]) -> Cells:
    white = np.full(codepoints.shape, 255, dtype=np.uint8)
    return Cells(codepoints, white, np.zeros_like(white))


def recognised(painted: Doubles, images: NDArray[np.uint8]) -> float:
    """The share of pictures that are closer to their own image than to any other."""
    flat, originals = painted.reshape(len(images), -1), images.reshape(len(images), -1) / 1.0
    distance = (originals**2).sum(axis=1) - 2 * flat @ originals.T
    return float((distance.argmin(axis=1) == np.arange(len(images))).mean())


@pytest.mark.parametrize(("columns", "rows", "share"), [(28, 14, 0.99), (14, 7, 0.9)])
@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_each_digit_is_distinguished_from_all_others_without_colours(
    glyphs: Glyphs, columns: int, rows: int, share: float
) -> None:
    images = digits(500)
    painted = paint(
        white_on_black(fit_shapes(images, columns, rows, glyphs)), 28 // rows, 28 // columns
    )
    assert recognised(painted, images) >= share


@pytest.mark.parametrize(("columns", "rows", "share"), [(28, 14, 0.99), (14, 7, 0.9)])
def test_each_digit_is_distinguished_from_all_others_in_ascii(
    columns: int, rows: int, share: float
) -> None:
    images = digits(500)
    codepoints = ascii_shades(images, columns, rows)
    steps = np.vectorize(lambda codepoint: RAMP.index(chr(codepoint)))(codepoints)
    painted = np.kron(steps * 255 / 9, np.ones((1, 28 // rows, 28 // columns)))
    assert recognised(painted, images) >= share


@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_no_glyph_or_shade_would_be_closer(glyphs: Glyphs) -> None:
    images = np.random.default_rng(0).choice([0, 30, 90, 255], (50, 4, 2)).astype(np.uint8)
    chosen = glyph_set(glyphs)
    candidates = [
        *map(ord, " ░▒▓█"),
        *chosen.codepoints.tolist(),
        *chosen.inverses[chosen.inverses != 0].tolist(),
    ]
    painted = np.array([pixels_of(inked_parts()[c], 4, 2) * 255 for c in candidates])
    errors = ((images[:, np.newaxis] - painted) ** 2).sum(axis=(2, 3))
    fitted = fit_shapes(images, 1, 1, glyphs).reshape(-1).tolist()
    reached = errors[np.arange(50), [candidates.index(c) for c in fitted]]
    np.testing.assert_allclose(reached, errors.min(axis=1))


def test_greys_become_shades() -> None:
    greys = np.array([[0, 64, 128, 191, 255]], dtype=np.uint8)
    image = np.repeat(greys, 2, axis=0)
    assert "".join(map(chr, fit_shapes(image, 5, 1)[0].tolist())) == " ░▒▓█"


def test_the_ascii_ramp_runs_from_black_to_white() -> None:
    greys = np.rint(np.arange(10) * 255 / 9).astype(np.uint8)[np.newaxis]
    assert "".join(map(chr, ascii_shades(greys, 10, 1)[0].tolist())) == RAMP
