import unicodedata

import numpy as np
import pytest

from tests.rendering.painting import inked_parts, pixels_of
from tui.rendering.glyphs import GLYPH_NAMES, PATTERNS, Glyphs, glyph_set
from vae_engine.errors import SettingError

OCTANTS = PATTERNS[4, 2]

# From the names of Unicode 16.0, which Python 3.11 does not have; digits name the inked sub-cells.
NAMED_OCTANTS = {
    "3": 0x1CD00,
    "23": 0x1CD01,
    "123": 0x1CD02,
    "4": 0x1CD03,
    "14": 0x1CD04,
    "234": 0x1CD08,
    "5": 0x1CD09,
    "12345": 0x1CD17,
    "25678": 0x1CDDC,
    "235678": 0x1CDDF,
    "45678": 0x1CDE1,
    "2345678": 0x1CDE5,
    # Encoded elsewhere: quarters of the whole width, and of one half of it.
    "12": 0x1FB82,
    "123456": 0x1FB85,
    "78": 0x2582,
    "345678": 0x2586,
    "1": 0x1CEA8,
    "2": 0x1CEAB,
    "7": 0x1CEA3,
    "8": 0x1CEA0,
    "35": 0x1FBE6,
    "46": 0x1FBE7,
    # Quadrants, and what is made of them.
    "": 0x20,
    "13": 0x2598,
    "24": 0x259D,
    "57": 0x2596,
    "68": 0x2597,
    "1234": 0x2580,
    "5678": 0x2584,
    "1357": 0x258C,
    "2468": 0x2590,
    "1368": 0x259A,
    "2457": 0x259E,
    "12345678": 0x2588,
}


def pattern_of(digits: str) -> int:
    return sum(1 << int(digit) - 1 for digit in digits)


@pytest.mark.parametrize("digits", NAMED_OCTANTS)
def test_an_octant_has_the_code_point_of_its_name(digits: str) -> None:
    assert OCTANTS[pattern_of(digits)] == NAMED_OCTANTS[digits]


def test_octants_fill_their_block_in_the_order_of_their_patterns() -> None:
    own = [codepoint for codepoint in OCTANTS if 0x1CD00 <= codepoint <= 0x1CDE5]
    assert own == list(range(0x1CD00, 0x1CDE6))


def test_every_sextant_has_the_code_point_of_its_name() -> None:
    elsewhere = {"": " ", "135": "▌", "246": "▐", "123456": "█"}
    for pattern, codepoint in enumerate(PATTERNS[3, 2]):
        digits = "".join(str(i + 1) for i in range(6) if pattern >> i & 1)
        expected = elsewhere.get(digits) or unicodedata.lookup(f"BLOCK SEXTANT-{digits}")
        assert chr(codepoint) == expected


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (0b0001, "QUADRANT UPPER LEFT"),
        (0b0010, "QUADRANT UPPER RIGHT"),
        (0b0100, "QUADRANT LOWER LEFT"),
        (0b1000, "QUADRANT LOWER RIGHT"),
        (0b0011, "UPPER HALF BLOCK"),
        (0b1100, "LOWER HALF BLOCK"),
        (0b0101, "LEFT HALF BLOCK"),
        (0b1010, "RIGHT HALF BLOCK"),
        (0b1001, "QUADRANT UPPER LEFT AND LOWER RIGHT"),
        (0b0110, "QUADRANT UPPER RIGHT AND LOWER LEFT"),
        (0b0111, "QUADRANT UPPER LEFT AND UPPER RIGHT AND LOWER LEFT"),
        (0b1011, "QUADRANT UPPER LEFT AND UPPER RIGHT AND LOWER RIGHT"),
        (0b1101, "QUADRANT UPPER LEFT AND LOWER LEFT AND LOWER RIGHT"),
        (0b1110, "QUADRANT UPPER RIGHT AND LOWER LEFT AND LOWER RIGHT"),
        (0b1111, "FULL BLOCK"),
    ],
)
def test_a_quadrant_has_the_code_point_of_its_name(pattern: int, name: str) -> None:
    assert unicodedata.name(chr(PATTERNS[2, 2][pattern])) == name


@pytest.mark.parametrize("subcells", PATTERNS)
def test_each_pattern_has_a_code_point_of_its_own(subcells: tuple[int, int]) -> None:
    rows, columns = subcells
    assert len(PATTERNS[subcells]) == 2 ** (rows * columns) == len(set(PATTERNS[subcells]))


@pytest.mark.parametrize(
    ("name", "glyphs", "lone"), [("half", 2, 0), ("quadrant", 16, 2), ("sextant", 78, 0)]
)
def test_a_set_holds_each_two_coloured_glyph_once(name: Glyphs, glyphs: int, lone: int) -> None:
    chosen = glyph_set(name)
    inverses = chosen.inverses[chosen.inverses != 0]
    every = [*chosen.codepoints.tolist(), *inverses.tolist()]
    assert len(every) == len(set(every)) == glyphs
    assert len(chosen.codepoints) - len(inverses) == lone


def test_the_octant_set_has_all_octants_and_sextants() -> None:
    chosen = glyph_set("octant")
    every = {*chosen.codepoints.tolist(), *chosen.inverses.tolist()}
    assert every == {*OCTANTS, *PATTERNS[3, 2]} - {ord(" "), ord("█")}


@pytest.mark.parametrize("name", GLYPH_NAMES)
def test_masks_show_what_their_code_points_look_like(name: Glyphs) -> None:
    chosen = glyph_set(name)
    _, height, width = chosen.masks.shape
    for mask, codepoint, inverse in zip(
        chosen.masks, chosen.codepoints.tolist(), chosen.inverses.tolist(), strict=True
    ):
        np.testing.assert_array_equal(pixels_of(inked_parts()[codepoint], height, width), mask)
        if inverse:
            np.testing.assert_array_equal(pixels_of(inked_parts()[inverse], height, width), ~mask)


def test_an_unknown_set_is_refused_with_the_choice() -> None:
    with pytest.raises(SettingError, match=r"'braille' are unknown; choose one of half, quadrant"):
        glyph_set("braille")
