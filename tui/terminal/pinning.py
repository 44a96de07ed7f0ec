"""Columns stay in place whatever width a terminal gives to a character.

Terminals do not agree on the widths of some scripts: the vowel signs of Devanagari, Tamil, Khmer
and Burmese take a cell in xterm, urxvt, tmux and GNU screen and none in kitty; newer symbols take
one or two. Text behind such characters would be shifted. So what they cover is blanked first, and
the cursor is moved behind them by an absolute move.
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

# On these terminals agree: Latin, Greek, Cyrillic with marks, punctuation, arrows to dingbats,
# braille, Chinese, kana, Hangul syllables, full-width forms, block images.
_AGREED: Final = (
    "\x00-\xac\xae-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u27bf"
    "\u2800-\u28ff\u3000-\u3029\u3030-\u3098\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uff01-\uff9f\ufffd\U0001cc00-\U0001ceaf\U0001fb00-\U0001fbff"
)
_DOUBTFUL: Final = re.compile(f"[^{_AGREED}]")
# With the character before, on which a mark may stand. Compiled when it is needed: the first frame
# does not wait for it.
_CLUSTER: Final = f"[^\x00-\x20\x7f-\x9f]?[^{_AGREED}]+"
_TOKEN: Final = (
    r"(?P<move>\x1b\[[0-9]+;(?P<column>[0-9]+)H)|(?P<ahead>\x1b\[(?P<cells>[0-9]*)C)"
    r"|(?P<style>\x1b\[[0-9;:]*m)|(?P<line>\r?\n)|(?P<text>[^\x00-\x1f\x7f-\x9f]+)|(?P<other>.)"
)
# kitty's image placeholders differ by marks.
_PLACEHOLDER: Final = "\U0010eeee"


def pinned(data: str) -> str:
    """A frame that puts its text into the same columns on every terminal."""
    if _DOUBTFUL.search(data) is None or _PLACEHOLDER in data:
        return data
    pieces = []
    column: int | None = None
    for token in re.finditer(_TOKEN, data, re.DOTALL):
        written = token[0]
        if token["move"]:
            column = int(token["column"]) - 1
        elif token["line"]:
            column = 0 if column is not None else None
        elif token["ahead"]:
            column = None if column is None else column + int(token["cells"] or 1)
        elif token["text"]:
            if column is not None:
                written = _pinned_text(written, column)
                column += cell_len(token["text"])
        elif not token["style"]:
            column = None  # It may move the cursor.
        pieces.append(written)
    return "".join(pieces)


def _pinned_text(text: str, column: int) -> str:
    """Text that begins in this column, with a move behind each cluster of doubtful characters."""

    def pin(found: re.Match[str]) -> str:
        start = column + cell_len(text[: found.start()])
        cells = cell_len(found[0])
        return f"{' ' * cells}\x1b[{start + 1}G{found[0]}\x1b[{start + cells + 1}G"

    return re.sub(_CLUSTER, pin, text)
