"""Text keeps its columns whatever width the terminal gives to a character."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from tui.terminal.pinning import pinned

NAMES = {
    "Devanagari": "क्षि नमस्ते",
    "Tamil": "நிகழ்",
    "Khmer": "ខ្មែរ",
    "Burmese": "မြန်မာ",
    "Thai": "กำลังน้ำ",
    "Arabic": "سلام",
    "Hangul filler": "\u3164a",
    "conjoining Hangul": "\u1100\u1161\u11a8",
    "emoji": "\U0001fae8\U0001fabf",
    "Tai Xuan Jing": "\U0001d306",
    "mark on a letter": "a\u20dd",
    "private": "\ue0b0",
}
ASCII = re.compile(r"[!-~]")


def columns(data: str, doubtful_width: int) -> dict[tuple[int, int], str]:
    """What is in each cell where a terminal gives so many cells to a doubtful character."""
    cells: dict[tuple[int, int], str] = {}
    line = column = 0
    for token in re.finditer(r"\x1b\[([0-9;]*)([A-Za-z])|\n|[^\x1b\n]", data):
        if token[0] == "\n":
            line, column = line + 1, 0
        elif token[2] == "H":
            line, column = (int(number) - 1 for number in token[1].split(";"))
        elif token[2] == "G":
            column = int(token[1]) - 1
        elif token[2] == "C":
            column += int(token[1] or 1)
        elif token[2] is None:
            agreed = token[0] < "\u0300" or "\u2500" <= token[0] <= "\u27bf"
            width = cell_len(token[0]) if agreed else doubtful_width
            for place in range(column, column + width):
                cells[line, place] = token[0]
            column += width
    return cells


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("doubtful_width", [0, 1, 2])
def test_what_stands_behind_a_name_is_not_shifted(name: str, doubtful_width: int) -> None:
    frame = (
        f"\x1b[3;5H\x1b[1m› {name} |\x1b[0m\x1b[38;5;3m end {name}~\x1b[0m\n{name}@\x1b[2C$"
        f"\x1b[6;1Hplain"
    )
    shown = columns(pinned(frame), doubtful_width)
    at = 4 + 2 + cell_len(name) + 1
    assert shown[2, at] == "|"
    assert "".join(shown[2, at + 2 + place] for place in range(3)) == "end"
    assert shown[2, at + 6 + cell_len(name)] == "~"
    assert shown[3, cell_len(name)] == "@"
    assert shown[3, cell_len(name) + 3] == "$"
    assert "".join(shown[5, place] for place in range(5)) == "plain"


def test_nothing_of_before_is_left_where_a_terminal_draws_less() -> None:
    assert " " * 3 in pinned("\x1b[1;1H\u0915\u094d\u0937\u093f\u0928")


@pytest.mark.parametrize(
    "frame",
    [
        "\x1b[1;1H\x1b[1mvae\x1b[0m ✓ completed ▸ é Ω Ж 字 カ 한 ａ ⠿ ▟\x1b[m\n━━ ↑↓ … ·",
        "\x1b[1;1H\U0010eeee\u0305\u0592",
        "\x1b[?1049h\x1b[2J",
        "नमस्ते",
        "\x1b[1;1H\U0001fb00\U0001cd00",
    ],
    ids=["own glyphs", "image placeholders", "modes", "no known column", "sextants and octants"],
)
def test_other_frames_stay_as_they_are(frame: str) -> None:
    assert pinned(frame) == frame
