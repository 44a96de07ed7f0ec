"""Images as pixels: each encoding is decoded again, by the terminals' rules."""

import base64
import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment

from tests.rendering.painting import digits
from tests.rendering.terminal_images import KittyTerminal, sixels
from tui.rendering.inline_image import inline_image
from tui.rendering.kitty import (
    MARKS,
    deletion,
    deletion_of_range,
    placed,
    placeholders,
    through_tmux,
    transmission,
)
from tui.rendering.palettes import GREY, Ramp
from tui.rendering.pixels import centred, colored, png, scaled
from tui.rendering.placeholders import PLACEHOLDER
from tui.rendering.sixel import sixel

Pixels = NDArray[np.uint8]


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    "image", [digits(1)[0], noise(5, 7), noise(64, 48, 3)], ids=["digit", "grey", "colour"]
)
def test_kitty_keeps_the_very_pixels_in_chunks(image: Pixels) -> None:
    terminal = KittyTerminal()
    terminal.feed(transmission(0xABCDEF, png(image), 20, 9))
    assert np.array_equal(terminal.images[0xABCDEF], image)
    assert terminal.sizes[0xABCDEF] == (20, 9)
    terminal.feed(placed(png(image), 3, 2))
    assert np.array_equal(terminal.images[0], image)


def test_images_are_forgotten_one_by_one_or_all_of_a_range() -> None:
    terminal = KittyTerminal()
    for number in (5, 6, 7, 90):
        terminal.feed(transmission(number, png(noise(2, 2)), 1, 1))
    terminal.feed(deletion(6))
    assert set(terminal.images) == {5, 7, 90}
    terminal.feed(deletion_of_range(5, 20))
    assert set(terminal.images) == {90}


def test_tmux_unwraps_to_the_same_commands() -> None:
    commands = transmission(7, png(noise(60, 60, 3)), 4, 2) + deletion(7)
    assert commands.count("\x1b_G") > 3
    wrapped = through_tmux(commands)
    passed = re.findall(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", wrapped)
    assert "".join(passed).replace("\x1b\x1b", "\x1b") == commands
    assert re.sub(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", "", wrapped) == ""


def places(text: str) -> list[tuple[int, int]]:
    """Row and column of each placeholder."""
    cells = re.findall(f"{PLACEHOLDER}(.)(.)", text)
    assert len(cells) * 3 == len(text)
    return [(MARKS.index(row), MARKS.index(column)) for row, column in cells]


def test_each_cell_has_its_row_its_column_and_the_number() -> None:
    lines = placeholders(0x010203, 29, 14, Color.from_rgb(9, 9, 9))
    assert len(lines) == 14
    for row, line in enumerate(lines):
        assert places("".join(segment.text for segment in line)) == [(row, x) for x in range(29)]
        assert sum(cell_len(segment.text) for segment in line) == 29
        styles = {segment.style for segment in line}
        assert [str(style) for style in styles] == ["#010203 on #090909"]


@pytest.mark.parametrize("columns", [1, 7, 28, 63, 256, 297])
def test_a_line_that_is_cut_anywhere_keeps_whole_cells(columns: int) -> None:
    (line,) = placeholders(1, columns, 1)
    for segment in line:
        for cut in range(1, cell_len(segment.text)):
            before, after = Segment(segment.text).split_cells(cut)
            assert len(places(before.text)) == cut
            assert places(before.text) + places(after.text) == places(segment.text)


@pytest.mark.parametrize(
    "image",
    [digits(1)[0], noise(13, 9) // 16 * 16, noise(8, 8, 3), np.full((1, 1), 255, np.uint8)],
    ids=["digit", "last band cut", "colour", "one pixel"],
)
def test_sixels_of_up_to_256_colours_are_exact_to_a_percent(image: Pixels) -> None:
    shown, drawn = sixels(sixel(image))
    wanted = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)
    assert drawn.all()
    # A level is told in hundredths.
    assert np.abs(shown.astype(int) - wanted).max() <= 2


def test_sixels_of_more_colours_come_close_and_transparent_pixels_are_not_drawn() -> None:
    smooth = np.linspace(0, 255, 64)
    photo = np.stack([*np.meshgrid(smooth, smooth), np.full((64, 64), 90)], axis=-1)
    image = np.concatenate([photo, np.full((64, 64, 1), 255)], axis=-1).astype(np.uint8)
    image[:10, :, 3] = 0
    shown, drawn = sixels(sixel(image))
    assert np.array_equal(drawn, image[..., 3] > 0)
    error = shown[10:].astype(float) - image[10:, :, :3]
    assert np.sqrt((error**2).mean()) < 10


def test_iterm2_gets_the_pixels_and_the_cells() -> None:
    image = noise(6, 5, 3)
    options, data = inline_image(png(image), 4, 2).removesuffix("\x07").split(":")
    assert options.startswith("\x1b]1337;File=inline=1;")
    assert {"width=4", "height=2"} < set(options.split(";"))
    with Image.open(io.BytesIO(base64.b64decode(data))) as decoded:
        assert np.array_equal(np.asarray(decoded), image)


@pytest.mark.parametrize("shape", [(28, 28), (80, 48), (48, 80, 3), (1, 1, 3), (256, 256, 3)])
@pytest.mark.parametrize("area", [(8, 16), (120, 100), (1, 1), (999, 30)])
def test_pixels_stay_squares_and_large_images_keep_their_aspect(
    shape: tuple[int, ...], area: tuple[int, int]
) -> None:
    image = noise(*shape)
    shown = scaled(image, *area)
    height, width = shown.shape[:2]
    assert width <= area[0]
    assert height <= area[1]
    if height >= shape[0]:
        factor = height // shape[0]
        assert width == factor * shape[1]
        assert np.array_equal(shown[::factor, ::factor], image)
    else:
        assert (
            abs(width / height - shape[1] / shape[0]) <= shape[1] / shape[0] / height + 1 / height
        )
    whole = centred(image, *area)
    assert whole.shape == (area[1], area[0], 4)
    assert (whole[..., 3] > 0).sum() == width * height


def test_greys_get_the_colours_of_the_theme_and_colours_keep_theirs() -> None:
    ramp = Ramp((10, 0, 0), (250, 200, 100))
    grey = np.array([[0, 255]], np.uint8)
    assert colored(grey, ramp).tolist() == [[[10, 0, 0], [250, 200, 100]]]
    assert colored(grey, GREY) is grey
    image = noise(2, 2, 3)
    assert colored(image, ramp) is image
