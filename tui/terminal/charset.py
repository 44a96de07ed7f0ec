"""Whether a terminal shows more than ASCII, and text in ASCII where it does not."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from typing import Final

_PAIRS: Final = (
    # Lines and borders, light, heavy, double and round.
    ("─━═╌╍┄┅┈┉╴╶╸╺╼╾⎯‐‑‒–—―−⎺⎻⎼⎽", "-"),
    ("│┃║╎╏┆┇┊┋╵╷╹╻╽╿⎸⎹▏▕▎▍▊▉▋▌▐❘", "|"),
    ("┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛╭╮╯╰╔╗╚╝", "+"),
    ("├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋╠╣╦╩╬", "+"),
    ("▀▔🮂🮃🮄🮅🮆", '"'),
    ("▁▂▃▄▅", "_"),
    ("▆▇█▓▒▙▛▜▟■◼▪", "#"),
    ("░▖▗▘▝▚▞□◻▫", ":"),
    # Arrows and marks.
    ("↑▲▴△⇑⌃⇧⭡", "^"),
    ("↓▼▾▽⇓⌄", "v"),
    ("←◀◂‹⇐«⟵⇤", "<"),
    ("→▶▸›⇒»⟶⇥►", ">"),
    ("↵⏎⌤␍", "<"),
    ("✓✔☑√", "+"),
    ("✗✘✕✖×☒╳╱╲", "x"),
    ("●•∙·⋅⬤◆◉★☆✦", "*"),
    ("○◌◇◯", "o"),
    ("…", "~"),
    ("‘’‚‛′", "'"),
    ("“”„‟″", '"'),
    ("≈∼", "~"),
    ("≤", "<"),
    ("≥", ">"),
    ("±", "+"),
    ("⏸‖", "="),
    ("⏹", "#"),
    ("\u00a0\u2007\u2009\u202f\u2002\u2003⠀", " "),
    ("µμ", "u"),
    ("β", "b"),
    ("σ", "s"),
    ("∞", "8"),
)
_BRAILLE: Final = range(0x2801, 0x2900)
# Few dots low in the cell, then more: a curve stays one.
_BRAILLE_DOTS: Final = (".", ".", ":", ":", "*", "*", "#", "#", "#")


class _Ascii(dict[int, str]):
    """What stands for a character, of as many cells as it takes."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _ascii_of(chr(code))
        return found


_TABLE = _Ascii({ord(char): plain for chars, plain in _PAIRS for char in chars})


def is_unicode(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether more than ASCII can be shown.

    Args:
        environ: the locale is read: Python's streams are UTF-8 even if plain C was asked for
            (PEP 540).
        encoding: of the stream; None is taken for ASCII.
    """
    names = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if next(filter(None, names), None) in ("C", "POSIX"):
        return False
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def ascii_text(text: str) -> str:
    """`text` in ASCII: every other character by one that looks alike, in as many cells."""
    return text if text.isascii() else text.translate(_TABLE)


def _ascii_of(char: str) -> str:
    if char.isascii():
        return char
    if ord(char) in _BRAILLE:
        return _BRAILLE_DOTS[(ord(char) - 0x2800).bit_count()]
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return ""
    from rich.cells import cell_len

    width = cell_len(char)
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return plain if len(plain) == width else "?" * width
