"""Cells of colour images against a search channel by channel, and the colours that show them."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image

from tests.rendering.painting import inked_parts, pixels_of
from tests.rendering.test_blocks import codepoints_of
from tui.rendering.blocks import Cells, fit_cells, fit_color_cells
from tui.rendering.color_palettes import ANSI_16_COLORS, color_palette, dithered, oklab
from tui.rendering.glyphs import GLYPH_NAMES, Glyphs
from tui.rendering.images import Display, joined, render_lines
from tui.rendering.palettes import CODE_BITS, XTERM_COLORS, ColorDepth
from tui.rendering.resample import area_resize
from tui.rendering.sampling import to_grey
from tui.rendering.sizes import image_sizes, size_steps
from vae_engine.errors import DatasetError, SettingError


def photograph(height: int, width: int, name: str = "flower.jpg") -> NDArray[np.uint8]:
    planes = area_resize(np.moveaxis(load_sample_image(name), -1, 0), height, width)
    return np.rint(np.moveaxis(planes, 0, -1)).astype(np.uint8)


def paint(cells: Cells, height: int, width: int) -> NDArray[np.float64]:
    """Paint cells ``(rows, columns)`` with ``height`` x ``width`` pixels for each."""
    inked = inked_parts()
    share = np.array(
        [
            [pixels_of(inked[int(codepoint)], height, width) for codepoint in row]
            for row in cells.codepoints
        ]
    )[..., np.newaxis]
    ink, paper = (
        colors[:, :, np.newaxis, np.newaxis].astype(np.float64)
        for colors in (cells.foreground, cells.background)
    )
    painted = np.moveaxis(paper + share * (ink - paper), 2, 1)
    rows, _, columns, _, _ = painted.shape
    return painted.reshape(rows * height, columns * width, 3)


def least_error(cell: NDArray[np.uint8], glyphs: Glyphs) -> float:
    """The least squared error of a cell ``(h, w, 3)`` over every glyph and all pairs of levels."""
    height, width, _ = cell.shape
    target = cell.reshape(-1, 3).astype(np.float64)
    least = float(((target - np.rint(target.mean(axis=0))) ** 2).sum())
    levels = np.arange(256.0)
    for codepoint in codepoints_of(glyphs):
        inked = pixels_of(inked_parts()[codepoint], height, width).reshape(-1, 1)
        if np.ptp(inked) < 1e-9:
            continue
        error = 0.0
        for channel in target.T:
            left, rest = channel[:, np.newaxis] - inked * levels, 1 - inked
            paper = np.rint(np.clip((left * rest).sum(axis=0) / (rest**2).sum(), 0, 255))
            error += float(((left - rest * paper) ** 2).sum(axis=0).min())
        least = min(least, error)
    return least


@pytest.mark.parametrize(
    ("glyphs", "height", "width"), [("half", 2, 1), ("half", 4, 2), ("quadrant", 4, 2)]
)
def test_the_fit_is_the_best_of_all_in_colour_too(glyphs: Glyphs, height: int, width: int) -> None:
    random = np.random.default_rng(7)
    shape = (10, height, width, 3)
    images = np.concatenate(
        [random.integers(0, 256, shape), random.choice([0, 255], shape), np.full(shape, 9)]
    ).astype(np.uint8)
    for image in images:
        painted = paint(fit_color_cells(image, 1, 1, glyphs), height, width)
        assert ((painted - image) ** 2).sum() == pytest.approx(least_error(image, glyphs))


@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_grey_in_three_channels_is_shown_as_grey(glyphs: Glyphs) -> None:
    grey = to_grey(photograph(28, 28))
    colored = fit_color_cells(np.repeat(grey[..., np.newaxis], 3, axis=-1), 10, 5, glyphs)
    plain = fit_cells(grey, 10, 5, glyphs)
    np.testing.assert_array_equal(colored.codepoints, plain.codepoints)
    for channel in range(3):
        np.testing.assert_array_equal(colored.foreground[..., channel], plain.foreground)
        np.testing.assert_array_equal(colored.background[..., channel], plain.background)


@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_half_a_cell_for_each_pixel_is_without_loss(glyphs: Glyphs) -> None:
    image = photograph(48, 80)
    np.testing.assert_array_equal(paint(fit_color_cells(image, 80, 24, glyphs), 2, 1), image)


# chafa 1.12.4 with the same glyphs and size: 19.3, 20.4, 20.9 and 23.0, 24.9, 25.7 dB.
@pytest.mark.parametrize(
    ("name", "glyphs", "decibels"),
    [
        ("china.jpg", "half", 20.1),
        ("china.jpg", "quadrant", 20.8),
        ("china.jpg", "sextant", 21.0),
        ("flower.jpg", "half", 24.2),
        ("flower.jpg", "quadrant", 25.4),
        ("flower.jpg", "sextant", 25.9),
    ],
)
def test_photographs_come_closer_than_by_chafa(name: str, glyphs: Glyphs, decibels: float) -> None:
    photo = np.moveaxis(load_sample_image(name)[:424, :640], -1, 0)
    image = np.moveaxis(area_resize(photo, 480, 720), 0, -1)
    shown = paint(fit_color_cells(np.rint(image).astype(np.uint8), 60, 20, glyphs), 24, 12)
    assert 10 * np.log10(255**2 / ((shown - image) ** 2).mean()) >= decibels


def test_a_batch_gives_what_its_images_give_one_by_one() -> None:
    images = np.stack([photograph(20, 30), photograph(20, 30, "china.jpg")])
    batch = fit_color_cells(images, 11, 4, "sextant")
    for index, image in enumerate(images):
        alone = fit_color_cells(image, 11, 4, "sextant")
        np.testing.assert_array_equal(batch.codepoints[index], alone.codepoints)
        np.testing.assert_array_equal(batch.foreground[index], alone.foreground)
        np.testing.assert_array_equal(batch.background[index], alone.background)


@pytest.mark.parametrize(
    ("depth", "entries"),
    [(ColorDepth.ANSI_256, XTERM_COLORS), (ColorDepth.ANSI_16, ANSI_16_COLORS)],
)
def test_a_colour_is_shown_by_one_that_looks_alike(
    depth: ColorDepth, entries: NDArray[np.intp]
) -> None:
    colors = np.random.default_rng(3).integers(0, 256, (500, 3), dtype=np.uint8)
    codes = color_palette(depth).codes(colors)
    distances = np.linalg.norm(oklab(colors)[:, np.newaxis] - oklab(entries), axis=-1)
    chosen = distances[np.arange(len(colors)), codes]
    # The bins are 8 levels wide.
    assert (chosen <= distances.min(axis=1) + 0.03).all()
    again = entries[color_palette(depth).codes(entries.astype(np.uint8))]
    assert np.abs(again - entries).max() <= 10
    black_and_white = np.array([[0, 0, 0], [255, 255, 255]])
    shown = entries[color_palette(depth).codes(black_and_white.astype(np.uint8))]
    np.testing.assert_array_equal(shown, black_and_white)


def test_oklab_of_known_colours() -> None:
    # From the article: white, and red of sRGB.
    np.testing.assert_allclose(oklab(np.array([255, 255, 255])), [1.0, 0.0, 0.0], atol=1e-4)
    np.testing.assert_allclose(oklab(np.array([255, 0, 0])), [0.6280, 0.2249, 0.1258], atol=1e-3)


def test_24_bit_colours_are_those_of_the_image() -> None:
    image = photograph(8, 8)
    lines = render_lines(image, 8, 4, Display())
    shown = {
        (color.triplet.red, color.triplet.green, color.triplet.blue)
        for line in lines
        for segment in line
        if segment.style
        for color in (segment.style.color, segment.style.bgcolor)
        if color and color.triplet
    }
    assert shown == {tuple(pixel) for pixel in image.reshape(-1, 3).tolist()}


def test_sixteen_colours_keep_the_mean_by_dithering() -> None:
    flat = np.full((16, 16, 3), (120, 60, 30), dtype=np.uint8)
    chosen = color_palette(ColorDepth.ANSI_16)
    plain = ANSI_16_COLORS[chosen.codes(flat)].mean(axis=(0, 1))
    mixed = ANSI_16_COLORS[chosen.codes(dithered(flat, 16, 16))].mean(axis=(0, 1))
    assert np.abs(mixed - flat[0, 0]).sum() < np.abs(plain - flat[0, 0]).sum()
    np.testing.assert_array_equal(dithered(flat, 16, 16), dithered(flat.copy(), 16, 16))


@pytest.mark.parametrize("depth", ColorDepth)
@pytest.mark.parametrize(("columns", "rows"), [(0, 3), (3, 0), (7, 4), (64, 32)])
def test_lines_have_their_width_at_every_depth(depth: ColorDepth, columns: int, rows: int) -> None:
    images = np.stack([photograph(64, 64)] * 2)
    for glyphs in GLYPH_NAMES:
        lines = render_lines(images, columns, rows, Display(depth, glyphs))
        assert [sum(len(text) for text, _, _ in line) for line in lines] == [columns] * 2 * rows


def test_styles_of_many_pairs_of_colours_are_right_and_few_of_them_kept() -> None:
    chosen = color_palette(ColorDepth.TRUECOLOR)
    for code in range(0, 1 << CODE_BITS, 1 << 10):
        style = chosen.styles[code << CODE_BITS | 7]
        assert style.color is not None
        assert style.color.triplet == (code >> 16, code >> 8 & 0xFF, code & 0xFF)
        assert style.bgcolor is not None
        assert style.bgcolor.triplet == (0, 0, 7)
    assert len(chosen.styles) <= 8192


@pytest.mark.parametrize("depth", [ColorDepth.MONO, ColorDepth.ASCII])
def test_a_terminal_without_colours_shows_the_luminance(depth: ColorDepth) -> None:
    image = photograph(28, 28)
    display = Display(depth)
    assert render_lines(image, 14, 7, display) == render_lines(to_grey(image), 14, 7, display)
    with pytest.raises(SettingError, match="no colours"):
        color_palette(depth)


def test_what_is_no_colour_image_is_refused() -> None:
    with pytest.raises(DatasetError, match="give uint8"):
        fit_color_cells(np.zeros((4, 4, 3), dtype=np.float32), 2, 1)


def test_sizes_keep_the_aspect_of_any_image() -> None:
    assert size_steps(28, 28) == ((28, 14), (20, 10), (14, 7), (10, 5), (8, 4))
    assert image_sizes(28, 28) == tuple((2 * rows, rows) for rows in range(14, 2, -1))
    assert size_steps(48, 80)[:3] == ((80, 24), (57, 17), (40, 12))
    assert image_sizes(8, 8) == ((8, 4), (6, 3))
    for height, width in ((256, 256), (29, 31), (80, 8), (8, 256)):
        largest, *smaller = image_sizes(height, width)
        assert largest == (width, -(-height // 2))
        assert all(columns >= 1 and rows >= 3 for columns, rows in smaller)


def test_images_of_other_sizes_are_joined_at_the_largest() -> None:
    grey, colored = to_grey(photograph(8, 8))[np.newaxis], photograph(16, 32)[np.newaxis]
    images = joined([grey, colored])
    assert images.shape == (2, 16, 32, 3)
    np.testing.assert_array_equal(images[1], colored[0])
    enlarged = np.kron(grey[0], np.ones((2, 4), np.uint8))
    np.testing.assert_array_equal(images[0], np.stack([enlarged] * 3, axis=-1))
    assert joined([grey, grey]).shape == (2, 8, 8)
