"""Keys that move a cursor over a grid."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

CURSOR_KEYS: Final[list[BindingType]] = [
    Binding("left,h", "move(-1, 0)", "Left", show=False),
    Binding("right,l", "move(1, 0)", "Right", show=False),
    Binding("up,k", "move(0, -1)", "Up", show=False),
    Binding("down,j", "move(0, 1)", "Down", show=False),
    Binding("pageup", "page(-1)", "Previous page", show=False),
    Binding("pagedown", "page(1)", "Next page", show=False),
    Binding("home", "end(0)", "First", show=False),
    Binding("end", "end(-1)", "Last", show=False),
]
"""For widgets with the actions `move(across, down)`, `page(direction)` and `end(index)`."""
