"""Block glyphs: which parts of a terminal cell each one covers.

A pattern numbers the sub-cells of a cell row by row from the top left; bit ``i`` is set where
sub-cell ``i`` is inked. That is the order of the Unicode names: BLOCK OCTANT-1 is the top left one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SettingError

Glyphs = Literal["half", "quadrant", "sextant", "octant"]
"""Names of glyph sets; each set includes the glyphs of the sets before it."""

GLYPH_NAMES: Final[tuple[Glyphs, ...]] = get_args(Glyphs)

SPACE: Final = ord(" ")
FULL: Final = ord("█")

_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_LOWER_QUARTERS: Final = {0b11000000: ord("▂"), 0b11111100: ord("▆")}
_UPPER_QUARTERS: Final = {0b00000011: 0x1FB82, 0b00111111: 0x1FB85}
# UPPER, LOWER and MIDDLE parts of the LEFT and RIGHT half, one quarter of the cell high.
_HALF_QUARTERS: Final = {
    0b00000001: 0x1CEA8,
    0b00000010: 0x1CEAB,
    0b01000000: 0x1CEA3,
    0b10000000: 0x1CEA0,
    0b00010100: 0x1FBE6,
    0b00101000: 0x1FBE7,
}


def _doubled(quadrants: int) -> int:
    """Return the octant pattern that looks like a quadrant pattern: each row twice."""
    top, bottom = quadrants & 0b11, quadrants >> 2
    return top * 0b0101 | bottom * 0b01010000


def _sextants() -> tuple[int, ...]:
    elsewhere = {0b000000: SPACE, 0b010101: ord("▌"), 0b101010: ord("▐"), 0b111111: FULL}
    return _numbered(0x1FB00, 64, elsewhere)


def _octants() -> tuple[int, ...]:
    quadrants = {_doubled(pattern): ord(glyph) for pattern, glyph in enumerate(_QUADRANTS)}
    elsewhere = quadrants | _LOWER_QUARTERS | _UPPER_QUARTERS | _HALF_QUARTERS
    return _numbered(0x1CD00, 256, elsewhere)


def _numbered(first: int, count: int, elsewhere: dict[int, int]) -> tuple[int, ...]:
    """Number the patterns in order, leaving out those that are encoded elsewhere."""
    free = iter(range(first, first + count))
    return tuple(
        elsewhere[pattern] if pattern in elsewhere else next(free) for pattern in range(count)
    )


PATTERNS: Final[dict[tuple[int, int], tuple[int, ...]]] = {
    (2, 1): tuple(map(ord, " ▀▄█")),
    (2, 2): tuple(map(ord, _QUADRANTS)),
    (3, 2): _sextants(),
    (4, 2): _octants(),
}
"""The code point of each pattern, by the rows and columns of sub-cells (Unicode 16.0)."""


@dataclass(frozen=True, slots=True, eq=False)
class GlyphSet:
    """Two-coloured glyphs, each standing for itself and for its inverse if that exists too.

    The empty and the full cell, which need only one colour, are not among them. Compared and hashed
    by identity.

    Attributes:
        masks: ``(G, R, C)`` bool, the parts of a cell that each glyph inks.
        codepoints: ``(G,)`` uint32.
        inverses: ``(G,)`` uint32, the glyph that inks exactly the rest of the cell; 0 for none.
    """

    masks: NDArray[np.bool_]
    codepoints: NDArray[np.uint32]
    inverses: NDArray[np.uint32]


@lru_cache
def glyph_set(name: Glyphs) -> GlyphSet:
    """Return the glyph set of that name.

    "quadrant" has the quarter blocks ▂ and ▆ besides: they are of the same Unicode block, thus of
    the same fonts, and gain 1.6 dB on MNIST at 14 x 7 cells.

    Raises:
        SettingError: there is no such set.
    """
    if name not in GLYPH_NAMES:
        raise SettingError(f"glyphs {name!r} are unknown; choose one of {', '.join(GLYPH_NAMES)}")
    # Fine enough for the halves, quarters and thirds of a cell in the set.
    grid = {"half": (2, 1), "quadrant": (4, 2), "sextant": (12, 2), "octant": (12, 2)}[name]
    glyphs: dict[bytes, int] = {}
    for rows, columns, codepoints in _members(name):
        block = np.ones((grid[0] // rows, grid[1] // columns), dtype=np.bool_)
        for pattern, codepoint in codepoints.items():
            bits = np.array([pattern >> i & 1 for i in range(rows * columns)], dtype=np.bool_)
            glyphs[np.kron(bits.reshape(rows, columns), block).tobytes()] = codepoint
    return _paired(glyphs, grid)


def _members(name: Glyphs) -> Iterator[tuple[int, int, dict[int, int]]]:
    """Yield rows, columns and the code points by pattern, the plainest glyphs first.

    The order matters: of glyphs that fit equally well the first is taken.
    """
    yield 2, 1, dict(enumerate(PATTERNS[2, 1]))
    if name != "half":
        yield 2, 2, dict(enumerate(PATTERNS[2, 2]))
        yield 4, 2, _LOWER_QUARTERS
    if name in ("sextant", "octant"):
        yield 4, 2, _UPPER_QUARTERS
        yield 3, 2, dict(enumerate(PATTERNS[3, 2]))
    if name == "octant":
        yield 4, 2, dict(enumerate(PATTERNS[4, 2]))


def _paired(glyphs: dict[bytes, int], grid: tuple[int, int]) -> GlyphSet:
    """Keep the first one of each glyph and its inverse."""
    kept: dict[bytes, int] = {}
    for mask, codepoint in glyphs.items():
        if codepoint not in (SPACE, FULL) and _inverse(mask) not in kept:
            kept[mask] = codepoint
    return GlyphSet(
        masks=np.frombuffer(b"".join(kept), dtype=np.bool_).reshape(-1, *grid),
        codepoints=np.array(list(kept.values()), dtype=np.uint32),
        inverses=np.array([glyphs.get(_inverse(mask), 0) for mask in kept], dtype=np.uint32),
    )


def _inverse(mask: bytes) -> bytes:
    return (~np.frombuffer(mask, dtype=np.bool_)).tobytes()
