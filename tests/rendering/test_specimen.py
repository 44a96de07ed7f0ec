import pytest
from rich.cells import cell_len

from tui.rendering.glyphs import GLYPH_NAMES, PATTERNS, Glyphs
from tui.rendering.specimen import specimen

OWN = {"half": (2, 1), "quadrant": (2, 2), "sextant": (3, 2), "octant": (4, 2)}


@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_a_specimen_is_drawn_in_the_glyphs_of_its_set(glyphs: Glyphs) -> None:
    lines = ["".join(segment.text for segment in line) for line in specimen(glyphs)]
    assert [cell_len(line) for line in lines] == [24, 24, 24]
    assert {ord(character) for line in lines for character in line} <= set(PATTERNS[OWN[glyphs]])


@pytest.mark.parametrize(("glyphs", "first"), [("sextant", 0x1FB00), ("octant", 0x1CD00)])
def test_a_specimen_has_glyphs_that_lesser_fonts_lack(glyphs: Glyphs, first: int) -> None:
    text = "".join(segment.text for line in specimen(glyphs) for segment in line)
    assert len({character for character in text if first <= ord(character) < first + 0x100}) >= 4
