"""Convert the bytes from a terminal to Textual's messages, and drop unknown sequences."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual.message import Message

from tui.terminal.graphics_probe import is_report
from tui.terminal.key_sequences import SequenceSplitter, Unit
from tui.terminal.textual_internals import key_parser


class TerminalInput:
    """Decodes and parses input; state is kept between calls, so input may be cut anywhere."""

    def __init__(self, on_reply: Callable[[str], None] | None = None) -> None:
        """Start without input.

        Args:
            on_reply: is told what the terminal replies to `graphics_probe.PROBE`.

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
        # The parser would wait for more of a sequence that it does not know, and then make keys of
        # it: only what a fresh one makes something of reaches it.
        elif unit.kind == "character" or any(self._make_parser().feed(unit.text)):
            yield from self._parser.feed(unit.text)


def _is_spurious(message: Message, sequence: str) -> bool:
    """Return whether Textual would misinterpret a sequence.

    Nothing here depends on the focus of the terminal, but Textual would take it from its widgets.
    It takes the first number of a sequence that has the form of an unknown function key for a
    character: `CSI 114 A` would be an r.
    """
    if isinstance(message, events.Key) and sequence.startswith("\x1b[") and sequence[-1] != "u":
        return message.is_printable and not sequence.startswith("\x1b[27;")
    return isinstance(message, events.AppFocus | events.AppBlur)


def _control_or_replacement(char: str) -> str:
    """Return an undecodable byte as an 8-bit control, or as the replacement character."""
    if not "\udc80" <= char <= "\udcff":
        return char
    return chr(ord(char) - 0xDC00) if char <= "\udc9f" else "\ufffd"
