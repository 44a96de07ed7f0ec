"""Only keys become keys; all other terminal input is ignored."""

from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from tui.terminal.input import TerminalInput

NO_KEYS = {
    "OSC 11": b"\x1b]11;rgb:1111/1111/1111\x1b\\",
    "OSC with a bell": b"\x1b]10;rgb:dddd/dddd/dddd\x07",
    "OSC 8-bit": b"\x9d11;rgb:1111/1111/1111\x9c",
    "OSC in UTF-8": "\x9d52;c;cXJk\x9c".encode(),
    "size": b"\x1b[8;30;100t",
    "device": b"\x1b[?61;6;7c",
    "device 8-bit": b"\x9b?61;6;7c",
    "second device": b"\x1b[>0;276;0c",
    "version": b"\x1bP>|XTerm(390)\x1b\\",
    "DECRQSS": b"\x1bP1$r0;38:2::1:2:3m\x1b\\",
    "DCS 8-bit": b"\x901+r524742=38\x9c",
    "kitty graphics": b"\x1b_Gi=31;ENOENT:no such file\x1b\\",
    "APC 8-bit": b"\x9fGi=31;OK\x9c",
    "PM": b"\x1b^quiet\x1b\\",
    "SOS": b"\x1bXdelete\x1b\\",
    "unknown function key": b"\x1b[999;1~",
    "number of a letter": b"\x1b[114A",
    "kitty flags": b"\x1b[?0u",
    "color scheme": b"\x1b[?997;1n",
    "mouse without SGR": b"\x1b[M qr",
    "mouse of rxvt": b"\x1b[35;10;5M",
    "focus": b"\x1b[O\x1b[I",
    "long parameters": b"\x1b[" + b"1;" * 300 + b"q",
    "string cut short": b"\x1b]52;c;d\x18",
    "key released": b"\x1b[114;1:3u",
    "arrow released": b"\x1b[1;1:3A",
    "key of a huge number": b"\x1b[4294967296;5u",
    "key beyond Unicode": b"\x1b[1114112u",
    "half a character": b"\x1b[55296u",
    "modifiers without sense": b"\x1b[114;1:2:3u",
    "screen of no size": b"\x1b[48;0;0;0;0t",
    "screen of any size": b"\x1b[48;99999;99999;0;0t",
    "capability": b"\x1bP1+r544e=787465726d2d6b69747479\x1b\\",
    "unit id": b"\x1bP!|7E4B4445\x1b\\",
    "window title": b"\x1b]lr d q\x1b\\",
    "clipboard": b"\x1b]52;c;cmRx\x07",
    "palette": b"\x1b]4;1;rgb:cd00/0000/0000\x1b\\",
    "cell size": b"\x1b]1337;ReportCellSize=18.0;8.0;2.0\x1b\\",
    "sixel": b"\x1b[?2;0;1600;1200S",
    "locator": b"\x1b[?53n",
    "window place": b"\x1b[3;100;200t",
}


def keys_of(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def fed(*pieces: bytes) -> list[Message]:
    source = TerminalInput()
    messages = [message for piece in pieces for message in source.feed(piece)]
    return messages + list(source.give_up())


@pytest.mark.parametrize("sequence", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_swallowed_whole_and_keys_around_it_arrive(sequence: bytes) -> None:
    typed = b"a" + sequence + b"b\x1b[A" + sequence + b"c"
    expected = ["a", "b", "up", "c"]
    assert keys_of(fed(typed)) == expected
    for cut in range(1, len(typed)):
        assert keys_of(fed(typed[:cut], typed[cut:])) == expected
    assert keys_of(fed(*(bytes([byte]) for byte in typed))) == expected


@pytest.mark.parametrize(
    "sequence", [text for name, text in NO_KEYS.items() if name not in ("OSC in UTF-8", "focus")]
)
def test_an_unfinished_sequence_is_dropped_and_the_next_key_arrives(sequence: bytes) -> None:
    # A lone ESC and an introducer may have been typed.
    for cut in range(3, len(sequence)):
        source = TerminalInput()
        list(source.feed(sequence[:cut]))
        before = keys_of(list(source.give_up()))
        assert not before
        assert source.patience is None
        assert keys_of(list(source.feed(b"q"))) == ["q"]


@pytest.mark.parametrize("letter", "gqrdjOPX[]^_ \rA0/")
def test_escape_and_a_letter_in_one_piece_are_escape_and_the_letter(letter: str) -> None:
    alone = fed(letter.encode())
    assert keys_of(fed(b"\x1b" + letter.encode())) == ["escape", *keys_of(alone)]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"\x1b", ["escape"]),
        (b"\x1b\x1b", ["escape", "escape"]),
        (b"\x1b\x1b[B", ["escape", "down"]),
        (b"\x1bOg", ["escape", "o", "g"]),
        (b"\x1bOA\x1bOP", ["up", "f1"]),
        (b"\x1b[[A\x1b[15~\x1b[1;5C", ["f1", "f5", "ctrl+right"]),
        (b"\x1b[Z", ["shift+tab"]),
        (b"\x1b[27u\x1b[114u", ["escape", "r"]),
        (b"\x1b\x7f", ["ctrl+w"]),
        # What another program has left on: kinds of events, keys with Shift, text, all keys.
        (b"\x1b[114;1:1u\x1b[114;1:2u\x1b[114;1:3u", ["r", "r"]),
        (b"\x1b[103:71;2u\x1b[101:69:101;2;69u\x1b[101;;101u", ["g", "e", "e"]),
        (b"\x1b[1;1:1A\x1b[13;1:1u\x1b[99;5:1u", ["up", "enter", "ctrl+c"]),
        (b"\x1b[27;5;99~\x1b[27;2;71~", ["ctrl+c", "g"]),
        ("é字".encode(), ["é", "字"]),
        (b"\xff!", ["replacement_character", "exclamation_mark"]),
    ],
)
def test_keys(typed: bytes, keys: list[str]) -> None:
    assert [key.lower() for key in keys_of(fed(typed))] == keys


def test_a_paste_is_one_whatever_is_in_it() -> None:
    text = "two\nlines \x1b[31mred\x1b]0;x\x07 [200"
    typed = b"\x1b[200~" + text.encode() + b"\x1b[201~q"
    for cut in range(1, len(typed)):
        first, second = fed(typed[:cut], typed[cut:])
        assert isinstance(first, events.Paste)
        assert first.text == text
        assert keys_of([second]) == ["q"]


def test_mouse_and_answers_that_textual_asks_for_arrive() -> None:
    found = fed(b"\x1b[<0;5;7M\x1b[?2026;2$y\x1b[48;30;100;600;1000t\x1b[3;4R")
    kinds = [type(message).__name__ for message in found]
    assert kinds == ["MouseDown", "TerminalSupportsSynchronizedOutput", "Resize", "CursorPosition"]
