"""Splits terminal input into keys, whole escape sequences and pastes.

Textual's parser turns every sequence it does not know into the keys of its characters: a reply with
`r` in it would resume a session. Here sequences are delimited by ECMA-48 (section 5.4 and 5.6)
first, and what delimits correctly but means nothing to Textual is dropped whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

ESCAPE = "\x1b"
_CANCEL = "\x18\x1a"
_BELL = "\x07"
_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
# Device control string, start of string, operating system, privacy message, application command.
_STRING_INTRODUCERS = "PX]^_"
# The 8-bit form of an introducer, and the character that follows ESC in its 7-bit form.
_C1 = {"\x8f": "O", "\x90": "P", "\x98": "X", "\x9b": "[", "\x9d": "]", "\x9e": "^", "\x9f": "_"}
_STRING_END = "\x9c"
# rxvt ends shifted keys with `$`, which ECMA-48 has as an intermediate byte.
_RXVT_SHIFTED = re.compile(r"\x1b\[[0-9]+\$")
# Longer ones are no keys, and Textual would take their characters for keys.
_LONGEST_SEQUENCE = 32
_LONGEST_PASTE = 1_000_000
# Of longer strings only the end is found.
_LONGEST_REPLY = 256

ESCAPE_SECONDS = 0.1
"""Seconds for which a lone ESC may still be the start of a sequence."""
INTRODUCER_SECONDS = 0.5
"""Seconds for which ESC and an introducer such as `[` may still be the start of one."""
STALLED_SECONDS = 2.0
"""Seconds to wait for the rest of a sequence."""
PASTE_SECONDS = 10.0
"""Seconds to wait for the rest of a paste."""


class Unit(NamedTuple):
    """A part of the input.

    Attributes:
        kind: a character typed, a whole sequence, the Escape key, pasted text, or a string such as
            a device control string, by which a terminal replies.
        text: the character, the sequence in its 7-bit form, what was pasted, or the string: ESC and
            its introducer, then what it says; cut to nothing where it is long.
    """

    kind: Literal["character", "sequence", "escape", "paste", "reply"]
    text: str


class SequenceSplitter:
    """Splits decoded input; state is kept between calls, so input may be cut anywhere.

    A letter right after ESC is the Escape key and then the letter, not Alt and the letter: tmux
    delivers both in one piece, and no action of this app has an Alt key.
    """

    def __init__(self) -> None:
        self._held = ""
        self._in_string = False
        self._string = ""
        self._pasted: list[str] | None = None
        self._legacy_mouse = 0

    @property
    def patience(self) -> float | None:
        """Seconds to wait before `give_up` is called; None while nothing is held."""
        if self._pasted is not None:
            return PASTE_SECONDS
        if self._held == ESCAPE:
            return ESCAPE_SECONDS
        if len(self._held) == 2:
            return INTRODUCER_SECONDS
        return STALLED_SECONDS if self._held or self._legacy_mouse else None

    def feed(self, text: str) -> Iterator[Unit]:
        """Add characters, and yield the units that they complete."""
        for char in text:
            yield from self._take(char)

    def give_up(self) -> Iterator[Unit]:
        """Nothing followed in time: ESC and an introducer were typed, the rest is dropped."""
        held, self._held = self._held, ""
        pasted, self._pasted = self._pasted, None
        self._in_string, self._legacy_mouse = False, 0
        if pasted is not None:
            yield Unit("paste", "".join(pasted))
        elif held[:1] == ESCAPE and len(held) <= 2:
            yield Unit("escape", ESCAPE)
            if held[1:]:
                yield Unit("character", held[1:])

    def _take(self, char: str) -> Iterator[Unit]:
        if self._pasted is not None:
            yield from self._take_pasted(char, self._pasted)
        elif self._legacy_mouse:
            self._legacy_mouse -= 1
        elif self._in_string:
            yield from self._take_in_string(char)
        elif not self._held:
            yield from self._begin(char)
        elif self._held == ESCAPE:
            yield from self._take_after_escape(char)
        elif self._held == "\x1bO":
            yield from self._take_single_shift(char)
        else:
            yield from self._take_parameter(char)

    def _begin(self, char: str) -> Iterator[Unit]:
        if char == ESCAPE:
            self._held = ESCAPE
        elif char in _C1:
            yield from self._introduce(_C1[char])
        elif not "\x80" <= char <= "\x9f":
            yield Unit("character", char)

    def _take_after_escape(self, char: str) -> Iterator[Unit]:
        if char in "[O" or char in _STRING_INTRODUCERS:
            yield from self._introduce(char)
            return
        self._held = ""
        if char == "\x7f":
            # Alt+Backspace deletes a word, as Ctrl+W does; nobody types Escape, Backspace at once.
            yield Unit("character", "\x17")
            return
        if char == "\\":
            return  # The end of a string that was abandoned.
        yield Unit("escape", ESCAPE)
        yield from self._begin(char)

    def _introduce(self, char: str) -> Iterator[Unit]:
        self._held = ESCAPE + char
        self._in_string = char in _STRING_INTRODUCERS
        self._string = self._held if self._in_string else ""
        yield from ()

    def _take_single_shift(self, char: str) -> Iterator[Unit]:
        self._held = ""
        if "A" <= char <= "Z" or "j" <= char <= "y":
            yield Unit("sequence", "\x1bO" + char)
            return
        # No key of a keypad: Escape, a capital O and another key were typed.
        yield Unit("escape", ESCAPE)
        yield Unit("character", "O")
        yield from self._begin(char)

    def _take_parameter(self, char: str) -> Iterator[Unit]:
        held = self._held
        if char == ESCAPE or char in _CANCEL:
            self._held = ESCAPE if char == ESCAPE else ""
            if held == "\x1b[" and char == ESCAPE:
                yield Unit("escape", ESCAPE)
                yield Unit("character", "[")
        elif not " " <= char <= "~":
            # A control or a letter from beyond ASCII: whatever began here was none.
            self._held = ""
            yield from self._begin(char)
        elif held == "\x1b[[" or self._ends(held, char):
            self._held = ""
            yield from self._finish(held + char)
        elif len(held) < _LONGEST_SEQUENCE:
            self._held = held + char

    def _ends(self, held: str, char: str) -> bool:
        if char == "[" and held == "\x1b[":
            return False  # The Linux console's F1 to F5 have one more letter.
        return "@" <= char <= "~" or _RXVT_SHIFTED.fullmatch(held + char) is not None

    def _finish(self, sequence: str) -> Iterator[Unit]:
        if sequence == _PASTE_START:
            self._pasted = []
        elif sequence == "\x1b[M":
            self._legacy_mouse = 3
        elif sequence != _PASTE_END and len(sequence) <= _LONGEST_SEQUENCE:
            yield Unit("sequence", sequence)

    def _take_in_string(self, char: str) -> Iterator[Unit]:
        """Take in a part of a string, of which no key is made."""
        ending = self._held == "\x1b]\x1b"
        if char in (_BELL, _STRING_END) or char in _CANCEL or (ending and char == "\\"):
            self._held, self._in_string = "", False
            if char not in _CANCEL:
                yield Unit("reply", self._string if len(self._string) <= _LONGEST_REPLY else "")
        elif ending:
            # ESC ends a string; what follows begins a new unit.
            self._held, self._in_string = ESCAPE, False
            yield from self._take(char)
        else:
            # Any longer text stands for all: never mistaken for a lone introducer again.
            self._held = "\x1b]\x1b" if char == ESCAPE else "\x1b] "
            if char != ESCAPE and len(self._string) <= _LONGEST_REPLY:
                self._string += char

    def _take_pasted(self, char: str, pasted: list[str]) -> Iterator[Unit]:
        pasted.append(char)
        if char == "~" and "".join(pasted[-len(_PASTE_END) :]) == _PASTE_END:
            self._pasted = None
            yield Unit("paste", "".join(pasted[: -len(_PASTE_END)]))
        elif len(pasted) > _LONGEST_PASTE:
            del pasted[: -len(_PASTE_END)]
