"""Whether a terminal shows pixels: asked at once, believed only when it has answered."""

from __future__ import annotations

import os
import pty
import termios
import threading
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.rendering.terminal_images import KittyTerminal
from tui.rendering.palettes import GREY
from tui.terminal.app_graphics import AppGraphics
from tui.terminal.asking import ask, cell_size
from tui.terminal.graphics import Graphics, obstacle
from tui.terminal.graphics_probe import PROBE, Replies
from tui.terminal.input import TerminalInput
from tui.terminal.stored_images import StoredImages

KITTY = b"\x1b_Gi=1;OK\x1b\\\x1bP>|kitty(0.36.4)\x1b\\\x1b[6;19;8t\x1b[?62;c"
OLD_KITTY = KITTY.replace(b"0.36.4", b"0.26.5")
GHOSTTY = KITTY.replace(b"kitty(0.36.4)", b"ghostty 1.1.3")
KONSOLE = b"\x1bP>|Konsole 24.12.0\x1b\\\x1b_Gi=1;OK\x1b\\\x1b[6;18;9t\x1b[?62;1;4c"
XTERM_340 = b"\x1bP>|XTerm(379)\x1b\\\x1b[6;20;10t\x1b[?63;1;2;4;6;9;15;22c"
ITERM2 = b"\x1bP>|iTerm2 3.4.19\x1b\\\x1b[?62;4c"
VT220 = b"\x1b[?62;1;2;6c"
REFUSED = b"\x1b_Gi=1;ENOTSUP:no images\x1b\\\x1b[?1;2c"


def replies_to(answer: bytes, *cuts: int) -> tuple[Replies, list[Any]]:
    replies = Replies()
    messages: list[Any] = []
    source = TerminalInput(replies.take)
    places = [0, *cuts, len(answer)]
    for start, end in pairwise(places):
        messages += source.feed(answer[start:end])
    return replies, messages


@pytest.mark.parametrize(
    ("answer", "protocol", "placeholders"),
    [
        (KITTY, "kitty", True),
        (OLD_KITTY, "kitty", False),
        (GHOSTTY, "kitty", True),
        (KONSOLE, "kitty", False),
        (XTERM_340, "sixel", False),
        (XTERM_340.replace(b"\x1b[6;20;10t", b""), None, False),
        (ITERM2, "iterm2", False),
        (VT220, None, False),
        (REFUSED, None, False),
    ],
    ids=["kitty", "old", "ghostty", "konsole", "xterm", "no cells", "iterm2", "vt220", "refused"],
)
def test_what_terminals_answer_however_it_is_cut(
    answer: bytes, protocol: str | None, placeholders: bool
) -> None:
    for cut in range(len(answer)):
        replies, messages = replies_to(answer, cut)
        assert replies.complete
        assert replies.protocol == protocol
        assert replies.has_placeholders is placeholders
        assert not messages


def test_an_answer_without_its_last_part_is_not_complete() -> None:
    replies, _ = replies_to(KITTY[:-1])
    assert not replies.complete
    assert not Replies().complete
    assert PROBE.endswith("\x1b[c")


@pytest.mark.parametrize(
    ("environ", "auto", "asked"),
    [
        ({"TERM": "xterm-kitty"}, True, True),
        ({"TERM": "xterm-kitty", "SSH_CONNECTION": "1"}, False, True),
        ({"TERM": "xterm-kitty", "SSH_CONNECTION": "1", "VAE_LINK": "fast"}, True, True),
        ({"TERM": "xterm-kitty", "VAE_LINK": "slow"}, False, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/1"}, False, True),
        ({"TERM": "tmux-256color"}, False, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/1"}, False, True),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, False, False),
        ({"TERM": "screen"}, False, False),
        ({"TERM": "xterm-256color", "ZELLIJ": "0"}, False, True),
    ],
)
def test_nothing_is_sent_through_what_is_in_between_unless_asked_for(
    environ: dict[str, str], auto: bool, asked: bool
) -> None:
    assert (obstacle(environ, asked=False) == "") is auto
    assert (obstacle(environ, asked=True) == "") is asked


class Line:
    """A terminal's other end, for a command that asks it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.stream = TextIOWrapper(os.fdopen(os.dup(self.slave), "wb", buffering=0))
        self.received = b""

    def answer(self, *pieces: bytes) -> None:
        """Wait for the questions, then answer."""
        while not self.received.endswith(b"\x1b[c"):
            self.received += os.read(self.master, 4096)
        for piece in pieces:
            os.write(self.master, piece)

    def close(self) -> None:
        self.stream.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def line() -> Iterator[Line]:
    opened = Line()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "pieces",
    [(KITTY,), tuple(bytes([byte]) for byte in KITTY), (b"abc" + KITTY,)],
    ids=["whole", "byte by byte", "after what was typed"],
)
def test_a_command_waits_for_the_last_reply_and_restores_the_terminal(
    line: Line, pieces: tuple[bytes, ...]
) -> None:
    before = termios.tcgetattr(line.slave)
    terminal = threading.Thread(target=line.answer, args=pieces)
    terminal.start()
    replies = ask(line.stream, seconds=60)
    terminal.join()
    assert replies.complete
    assert (replies.protocol, replies.cell) == ("kitty", (8, 19))
    assert termios.tcgetattr(line.slave) == before
    assert line.received == PROBE.encode()


def test_a_terminal_that_answers_in_part_or_not_at_all_is_given_up(line: Line) -> None:
    before = termios.tcgetattr(line.slave)
    os.write(line.master, KITTY[:-1])
    assert not ask(line.stream, seconds=0.05).complete
    assert termios.tcgetattr(line.slave) == before


def test_what_is_no_terminal_is_not_asked(tmp_path: Any) -> None:
    with (tmp_path / "file").open("w") as file:
        assert not ask(file).complete
        assert cell_size(file) is None
    assert (tmp_path / "file").read_text() == ""


class Driver:
    """The part of a terminal's driver that pixels need."""

    def __init__(self) -> None:
        self.on_reply: Callable[[str], None] | None = None
        self.images: StoredImages | None = None
        self.written = ""

    def write(self, data: str) -> None:
        self.written += data

    def flush(self) -> None:
        pass

    def reply(self, answer: bytes) -> None:
        source = TerminalInput(lambda text: self.on_reply and self.on_reply(text))
        assert not list(source.feed(answer))


class Timer:
    def __init__(self, give_up: Callable[[], None]) -> None:
        self.give_up, self.stopped = give_up, False

    def stop(self) -> None:
        self.stopped = True


class Chosen:
    """What was decided, after each choice."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
        for name in ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "VAE_LINK", "ZELLIJ"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", "xterm-kitty")
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        self.driver = Driver()
        self.timers: list[Timer] = []
        self.decided: list[tuple[bool, str]] = []
        self.graphics = AppGraphics(
            lambda images, reason: self.decided.append((images is not None, reason)),
            lambda _: None,
            self.set_timer,
        )

    def set_timer(self, delay: float, give_up: Callable[[], None]) -> Any:
        assert delay >= 1
        self.timers.append(Timer(give_up))
        return self.timers[-1]

    def choose(self, wanted: Graphics) -> None:
        self.graphics.choose(wanted, self.driver)


def test_auto_is_decided_by_the_last_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Chosen(monkeypatch)
    chosen.choose("auto")
    assert chosen.driver.written == PROBE
    chosen.driver.reply(KITTY[:-8])
    assert chosen.decided == []
    chosen.driver.reply(KITTY)
    assert chosen.decided == [(True, "")]
    assert chosen.timers[0].stopped
    chosen.driver.reply(VT220)
    assert chosen.decided == [(True, "")]


@pytest.mark.parametrize("answer", [OLD_KITTY, KONSOLE, XTERM_340, VT220, REFUSED])
def test_auto_draws_in_blocks_where_placeholders_are_not_known(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    chosen = Chosen(monkeypatch)
    chosen.choose("auto")
    chosen.driver.reply(answer)
    assert [pixels for pixels, _ in chosen.decided] == [False]


def test_who_names_the_protocol_is_believed_if_the_terminal_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = KITTY.replace(b"kitty(0.36.4)", b"newterm 1.0")
    for answer, pixels in (
        (KITTY, True),
        (unknown, True),
        (VT220, False),
        # These are known to show boxes.
        (OLD_KITTY, False),
        (KONSOLE, False),
    ):
        chosen = Chosen(monkeypatch)
        chosen.choose("kitty")
        chosen.driver.reply(answer)
        assert [found for found, _ in chosen.decided] == [pixels]


def test_no_reply_is_given_up_and_a_late_one_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = Chosen(monkeypatch)
    chosen.choose("auto")
    chosen.timers[0].give_up()
    assert chosen.decided == [(False, "the terminal did not reply within 20 s")]
    chosen.driver.reply(KITTY)
    assert len(chosen.decided) == 1
    assert chosen.driver.images is None


@pytest.mark.parametrize("name", ["TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "ZELLIJ"])
def test_auto_asks_nothing_through_what_is_in_between(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    chosen = Chosen(monkeypatch, **{name: "1"})
    chosen.choose("auto")
    assert chosen.driver.written == ""
    assert [pixels for pixels, _ in chosen.decided] == [False]


def test_in_tmux_a_named_protocol_is_used_unasked_and_wrapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = Chosen(monkeypatch, TMUX="/tmp/1")
    chosen.choose("kitty")
    images = chosen.driver.images
    assert images is not None
    number = images.take()
    assert number is not None
    images.send(number, np.zeros((4, 4), np.uint8), 2, 1, GREY)
    assert chosen.driver.written.startswith("\x1bPtmux;\x1b\x1b_Ga=T,U=1,")
    chosen.driver.written = ""
    chosen.choose("blocks")
    assert chosen.driver.written == f"\x1bPtmux;\x1b\x1b_Ga=d,d=I,i={number},q=2\x1b\x1b\\\x1b\\"


def test_images_are_taken_back_and_numbers_used_again() -> None:
    terminal = KittyTerminal()
    images = StoredImages(terminal.feed)
    numbers = [number for _ in range(3) if (number := images.take())]
    for number in numbers:
        images.send(number, np.full((4, 4), 9, np.uint8), 2, 1, GREY)
    assert set(terminal.images) == set(numbers)
    images.release(numbers[:1])
    assert set(terminal.images) == set(numbers[1:])
    assert images.take() == numbers[0]
    terminal.feed(images.take_back)
    assert terminal.images == {}
    images.clear()
    assert images.count == 0


def test_the_terminal_keeps_no_more_images_than_there_are_numbers() -> None:
    images = StoredImages(lambda _: None)
    numbers = [images.take() for _ in range(5000)]
    kept = [number for number in numbers if number is not None]
    assert len(set(kept)) == images.count == 4096
    assert all(0 < number < 1 << 24 for number in kept)
    images.release(kept[:1])
    assert images.take() == kept[0]
