"""Detect whether a terminal shows more than ASCII, and convert text to ASCII if not."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
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
_LOCALE_NAMES: Final = ("LC_ALL", "LC_CTYPE", "LANG")
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

    The stream alone does not tell: where a locale is C, or is not installed, Python writes UTF-8
    all the same (PEP 538 and 540), and the terminal shows each byte as a character. Without any
    locale, as in most containers, the stream decides.

    Args:
        environ: the locale is read, of `os.environ` as it was before Python replaced it.
        encoding: of the stream; None is taken for ASCII.
    """
    locale = locale_name(environ)
    return _is_utf(encoding or "ascii") and (not locale or _is_utf_locale(locale))


def locale_name(environ: Mapping[str, str]) -> str:
    """The locale of characters, such as `de_DE.UTF-8`; empty if none is set."""
    if environ is os.environ:
        environ = {**environ, **_first_locale()}
    return next(filter(None, (environ.get(name) for name in _LOCALE_NAMES)), "")


def _is_utf(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def _is_utf_locale(name: str) -> bool:
    """Whether a locale such as `de_DE.UTF-8` is one of UTF-8, where the stream is."""
    base, dot, codeset = name.partition("@")[0].partition(".")
    if base in ("C", "POSIX") and not dot:
        return False
    # macOS sends `UTF-8` alone. A few languages have UTF-8 without naming it: if such a locale is
    # installed, Python has taken it up and changed nothing.
    return _is_utf(codeset if dot else base) or not (dot or _python_chose_utf8())


@cache
def _python_chose_utf8() -> bool:
    """Whether this process writes UTF-8 by Python's choice, not by the locale's."""
    first = _first_locale().get("LC_CTYPE", os.environ.get("LC_CTYPE", ""))
    return bool(sys.flags.utf8_mode) or first != os.environ.get("LC_CTYPE", "")


@cache
def _first_locale() -> dict[str, str]:
    """LC_CTYPE as it was when this process began, where it can be known.

    In a locale of C Python sets it to C.UTF-8 before anything else runs.
    """
    try:
        began = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    values = [entry[len("LC_CTYPE=") :] for entry in began if entry.startswith(b"LC_CTYPE=")]
    return {"LC_CTYPE": values[0].decode(errors="replace") if values else ""}


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
