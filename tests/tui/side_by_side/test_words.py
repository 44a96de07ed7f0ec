"""The line that names the compared sessions."""

from __future__ import annotations

from tui.side_by_side.model import SideBySide
from tui.side_by_side.words import models_line

NAMES = [
    "a colour model with many words",
    8 * "宽",
    "c",
    "[bold]d[/]",
    "e\x1b[31m",
    "faces",
]


def test_names_are_shortened_until_all_have_room() -> None:
    for room in (78, 118, 198):
        line = models_line(SideBySide(len(NAMES)), NAMES, room)
        assert line.cell_length <= room
        assert all(f"{letter} " in line.plain for letter in "ABCDEF")
        assert "\x1b" not in line.plain
    assert "a colour model with many" in models_line(SideBySide(2), NAMES[:2], 78).plain
