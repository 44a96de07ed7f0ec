"""Convert the bytes from a terminal to Textual's messages, and drop unknown sequences."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual.message import Message

from tui.terminal.graphics_probe import is_report
from tui.terminal.key_sequences import SequenceSplitter, Unit
from tui.terminal.textual_internals import key_parser

# https://sw.kovidgoyal.net/kitty/keyboard-protocol: the key and the one with Shift, modifiers and
# the kind of event, the text. A terminal sends so much only if another program has left that on.
_KITTY_KEY = re.compile(
    r"\x1b\[([0-9]+)(?::([0-9]*)(?::[0-9]*)?)?(?:;([0-9]*)(?::([0-9]+))?(;[0-9:]*)?)?([u~A-HPQS])"
)
_RELEASED, _SHIFT = "3", "2"
# xterm's modifyOtherKeys, likewise.
_XTERM_KEY = re.compile(r"\x1b\[27;([0-9]+);([0-9]+)~")
_LARGEST_SCREEN = 4096


class TerminalInput:
    """Decodes and parses input; state is kept between calls, so input may be cut anywhere."""

    def __init__(self, on_reply: Callable[[str], None] | None = None) -> None:
        """Start without input.

        Args:
            on_reply: called with what the terminal replies to `graphics_probe.PROBE`.

        Raises:
            RuntimeError: this Textual has no parser that can be used: `key_parser` is None.
        """
        make_parser = key_parser()
        if make_parser is None:
            raise RuntimeError("this Textual has no parser of keys: let its driver read them")
        self._on_reply = on_reply
        self._make_parser = make_parser
        self._parser = make_parser()
        self._splitter = SequenceSplitter()
        # Undecodable bytes must not end the app; one of 8-bit controls must stay recognizable.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    @property
    def patience(self) -> float | None:
        """Seconds to wait before `give_up` is called; None while nothing is held."""
        return self._splitter.patience

    def feed(self, typed: bytes) -> Iterator[Message]:
        """Add bytes, and yield the messages that they complete."""
        text = "".join(map(_control_or_replacement, self._decoder.decode(typed)))
        yield from self._messages(self._splitter.feed(text))

    def give_up(self) -> Iterator[Message]:
        """Treat an ESC that nothing follows as the Escape key."""
        yield from self._messages(self._splitter.give_up())

    def _messages(self, units: Iterable[Unit]) -> Iterator[Message]:
        for unit in units:
            for message in self._parsed(unit):
                if not _is_spurious(message, unit.text):
                    yield message

    def _parsed(self, unit: Unit) -> Iterator[Message]:
        if unit.kind == "escape":
            yield events.Key("escape", unit.text)
        elif unit.kind == "paste":
            yield events.Paste(unit.text.replace("\x00", ""))
        elif is_report(unit):
            if self._on_reply is not None:
                self._on_reply(unit.text)
        elif unit.kind == "character":
            yield from self._parser.feed(unit.text)
        else:
            sequence = _plain_key(unit.text)
            if self._is_known(sequence):
                yield from self._parser.feed(sequence)

    def _is_known(self, sequence: str) -> bool:
        """Whether a fresh parser makes something of a sequence.

        It would wait for more of one that it does not know, and then make keys of it.
        """
        try:
            return any(self._make_parser().feed(sequence))
        except (ArithmeticError, LookupError, ValueError):
            return False  # It has a form that Textual expects, with numbers that it does not.


def _plain_key(sequence: str) -> str:
    """A key as Textual can read it; empty for one that is released."""
    if other := _XTERM_KEY.fullmatch(sequence):
        modifiers, code = other.groups()
        if modifiers == _SHIFT and int(code) > ord(" "):
            return f"\x1b[{code}u"
        return f"\x1b[{code};{modifiers}u"
    key = _KITTY_KEY.fullmatch(sequence)
    if key is None or ":" not in sequence:
        return sequence
    code, shifted, modifiers, event, text, final = key.groups(default="")
    if event == _RELEASED:
        return ""
    if shifted and modifiers == _SHIFT:
        code, modifiers = shifted, ""
    return f"\x1b[{code}{f';{modifiers}' if modifiers or text else ''}{text}{final}"


def _is_spurious(message: Message, sequence: str) -> bool:
    """Return whether Textual would misinterpret a sequence.

    Nothing here depends on the focus of the terminal, but Textual would take it from its widgets.
    It takes the first number of a sequence that has the form of an unknown function key for a
    character: `CSI 114 A` would be an r.
    """
    if isinstance(message, events.Resize):
        return not all(0 < cells <= _LARGEST_SCREEN for cells in message.size)
    if isinstance(message, events.Key):
        if any("\ud800" <= char <= "\udfff" for char in message.character or ""):
            return True  # No character: whoever wrote it to a file would fail.
        if sequence.startswith("\x1b[") and sequence[-1] != "u":
            return message.is_printable and not sequence.startswith("\x1b[27;")
    return isinstance(message, events.AppFocus | events.AppBlur)


def _control_or_replacement(char: str) -> str:
    """Return an undecodable byte as an 8-bit control, or as the replacement character."""
    if not "\udc80" <= char <= "\udcff":
        return char
    return chr(ord(char) - 0xDC00) if char <= "\udc9f" else "\ufffd"
