"""What a terminal replies to the question whether it shows pixels.

All questions go out in one write. Every terminal answers the last one, the primary device
attributes (DA1), and answers in order: once that reply is here, what is missing is not supported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from tui.rendering.sizes import CellSize
from tui.terminal.key_sequences import Unit

Protocol = Literal["kitty", "sixel", "iterm2"]

# An image of one pixel that is not to be kept; the terminal's name; pixels of a cell; DA1.
PROBE: Final = "\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[>q\x1b[16t\x1b[c"
"""The questions."""

_ATTRIBUTES: Final = re.compile(r"\x1b\[\?([0-9;]*)c")
_CELL: Final = re.compile(r"\x1b\[6;([0-9]{1,4});([0-9]{1,4})t")
_KITTY: Final = re.compile(r"\x1b_G[^;]*;OK")
_VERSION: Final = re.compile(r"\x1bP>\|([ -~]*)")
_NUMBERED: Final = re.compile(r"kitty\(([0-9]+)\.([0-9]+)")
_SIXEL: Final = "4"
# The first kitty with Unicode placeholders. Of other terminals with its protocol only Ghostty has
# them: the others would show boxes.
_PLACEHOLDERS_SINCE: Final = (0, 28)
_WITHOUT_PLACEHOLDERS: Final = ("Konsole", "WezTerm")


def is_report(unit: Unit) -> bool:
    """Whether a part of the input is a reply of a terminal that `Replies` knows."""
    if unit.kind == "reply":
        return True
    if unit.kind != "sequence":
        return False
    return bool(_ATTRIBUTES.fullmatch(unit.text) or _CELL.fullmatch(unit.text))


@dataclass
class Replies:
    """The replies to `PROBE`, in the order in which they arrive.

    Attributes:
        complete: the last one is here.
        kitty: the terminal has kitty's graphics protocol.
        sixel: it shows sixels.
        version: its name and version, as it tells them.
        cell: pixels of its cells, if it tells.
    """

    complete: bool = False
    kitty: bool = False
    sixel: bool = False
    version: str = ""
    cell: CellSize | None = None

    def take(self, reply: str) -> None:
        """Take in a reply; others are passed over."""
        if found := _ATTRIBUTES.fullmatch(reply):
            self.complete = True
            self.sixel = _SIXEL in found[1].split(";")[1:]
        elif (found := _CELL.fullmatch(reply)) and int(found[1]) and int(found[2]):
            self.cell = CellSize(width=int(found[2]), height=int(found[1]))
        elif found := _VERSION.fullmatch(reply):
            self.version = found[1]
        elif _KITTY.fullmatch(reply):
            self.kitty = True

    @property
    def has_placeholders(self) -> bool:
        """Whether kitty's Unicode placeholders are known to work."""
        if not self.kitty:
            return False
        if numbered := _NUMBERED.match(self.version):
            return (int(numbered[1]), int(numbered[2])) >= _PLACEHOLDERS_SINCE
        return self.version.lower().startswith("ghostty")

    @property
    def may_have_placeholders(self) -> bool:
        """Whether they work, or nothing is known of this terminal."""
        lacking = _NUMBERED.match(self.version) or self.version.startswith(_WITHOUT_PLACEHOLDERS)
        return self.has_placeholders or (self.kitty and not lacking)

    @property
    def protocol(self) -> Protocol | None:
        """The protocol for images that scroll with the text, best first."""
        if self.kitty:
            return "kitty"
        if self.version.startswith("iTerm2"):
            return "iterm2"
        # A sixel image has pixels, not cells: without their size it could cover text.
        return "sixel" if self.sixel and self.cell else None
