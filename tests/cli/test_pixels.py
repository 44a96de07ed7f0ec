"""Pixels on a real terminal: asked for once, drawn when it has answered, taken back at the end."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Vae
from tests.cli.terminal import Attach, Terminal
from tests.rendering.terminal_images import KittyTerminal, sixels
from tests.test_project_rules import ROOT
from tests.tui.recorder import Recorder
from tui.rendering.placeholders import PLACEHOLDER
from tui.terminal.graphics_probe import PROBE
from vae_engine.inference.sampling import draw_prior, load_decoder, to_uint8
from vae_engine.sessions.store import SessionStore

KITTY = b"\x1b_Gi=1;OK\x1b\\\x1bP>|kitty(0.36.4)\x1b\\\x1b[6;19;8t\x1b[?62;c"
VT220 = b"\x1b[?62;1;2;6c"
EXAMPLE = "20261122-110900-1941"


@pytest.fixture(autouse=True)
def nothing_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    for name in ("TMUX", "STY", "ZELLIJ", "SSH_CONNECTION", "SSH_TTY", "VAE_LINK", "VAE_GRAPHICS"):
        monkeypatch.delenv(name, raising=False)


def written(shown: Terminal) -> str:
    return shown.written.decode(errors="replace")


def images(shown: Terminal) -> KittyTerminal:
    """What kitty would keep of it all; the last command may not have arrived whole."""
    terminal = KittyTerminal()
    terminal.feed(written(shown))
    return terminal


def list_in_pixels(terminal: Attach) -> Terminal:
    """The list of sessions with its samples, whose terminal is kitty."""
    shown = terminal("--graphics", "auto", columns=120, rows=40, term="xterm-kitty")
    shown.wait_until(lambda: PROBE in written(shown), "question")
    assert "_Ga=T" not in written(shown)
    shown.press(KITTY)
    shown.wait_until(lambda: images(shown).images and PLACEHOLDER in written(shown), "images")
    return shown


def test_the_app_sends_images_to_a_terminal_that_has_them_and_takes_them_back(
    terminal: Attach, recorder: Recorder
) -> None:
    recorder.session("mine")
    shown = list_in_pixels(terminal)
    shown.press("q")
    assert shown.wait() == 0
    left = images(shown)
    assert left.transmissions
    assert left.images == {}
    assert written(shown).rindex("\x1b_Ga=d") < written(shown).rindex("\x1b[?1049l")


def test_images_of_an_app_that_was_killed_are_taken_back(
    terminal: Attach, recorder: Recorder
) -> None:
    recorder.session("mine")
    shown = list_in_pixels(terminal)
    os.kill(shown.process.pid, signal.SIGKILL)
    shown.wait_until(lambda: "\x1b_Ga=d,d=R," in written(shown), "deletion")
    assert images(shown).images == {}


@pytest.mark.parametrize("answer", [VT220, b""], ids=["answered", "silent"])
def test_a_terminal_without_pixels_gets_blocks_and_its_late_answer_is_no_key(
    terminal: Attach, recorder: Recorder, answer: bytes
) -> None:
    recorder.session("mine")
    shown = terminal("--graphics", "auto", columns=120, rows=40, term="xterm-kitty")
    shown.wait_until(lambda: PROBE in written(shown), "question")
    shown.press(answer)
    shown.wait_for("mine")
    shown.press("?")
    shown.wait_for("Everywhere")
    shown.press(VT220 + b"\x1b[6;19;8t" + b"\x1bq")
    assert shown.wait() == 0
    assert "_Ga=T" not in written(shown)


def test_blocks_ask_the_terminal_nothing(terminal: Attach, recorder: Recorder) -> None:
    recorder.session("mine")
    shown = terminal(columns=120, rows=40, term="xterm-kitty")
    shown.wait_for("mine")
    shown.press("q")
    assert shown.wait() == 0
    assert "\x1b_G" not in written(shown)
    assert "\x1b[>q" not in written(shown)


def sample(terminal: Attach, graphics: str, answer: bytes = b"") -> Terminal:
    shown = terminal(
        *("sample", EXAMPLE, "-n", "3", "--graphics", graphics),
        *("--sessions-dir", str(ROOT / "sessions")),
        columns=100,
        rows=40,
        term="xterm-kitty",
    )
    if answer:
        shown.wait_until(lambda: PROBE in written(shown), "question")
        shown.press(answer)
    assert shown.wait() == 0
    return shown


def samples() -> np.ndarray:
    session = SessionStore(ROOT / "sessions").find(EXAMPLE)
    return to_uint8(load_decoder(session).decode(draw_prior(3, 2, seed=0)))


def test_a_command_draws_by_the_protocol_that_the_terminal_has(terminal: Attach) -> None:
    drawn = sample(terminal, "auto", KITTY)
    found = re.findall(r"\x1b8(?:\x1b\[\d+C)?((?:\x1b_G[^\x1b]*\x1b\\)+)", written(drawn))
    assert len(found) == 3
    for commands, image in zip(found, samples(), strict=True):
        kept = KittyTerminal()
        kept.feed(commands)
        pixels = kept.images[0]
        opaque = pixels[..., 3] > 0
        rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
        factor = len(rows) // 28
        assert np.array_equal(pixels[rows[0] :: factor, columns[0] :: factor, 0][:28, :28], image)


def test_a_terminal_that_has_none_gets_blocks_and_a_reason(terminal: Attach) -> None:
    drawn = sample(terminal, "auto", VT220)
    assert "drawn in blocks: this terminal shows no pixels" in drawn.text
    assert "\x1b_Ga=T" not in written(drawn)


def test_sixels_that_were_asked_for_show_the_samples(terminal: Attach) -> None:
    drawn = sample(terminal, "sixel", VT220)
    found = re.findall(r"\x1bP0;1;0q[^\x1b]*\x1b\\", written(drawn))
    for data, image in zip(found, samples(), strict=True):
        pixels, opaque = sixels(data)
        rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
        factor = len(rows) // 28
        shown = pixels[rows[0] :: factor, columns[0] :: factor, 0][:28, :28]
        assert np.abs(shown.astype(int) - image).max() <= 2


def test_off_a_terminal_there_are_blocks_and_no_control_sequences(vae: Vae, tmp_path: Path) -> None:
    done = vae(
        *("sample", EXAMPLE, "-n", 2, "--graphics", "kitty"),
        *("--sessions-dir", ROOT / "sessions"),
    )
    assert done.code == 0
    assert "\x1b" not in done.out
    assert done.err == "drawn in blocks: stdout is not a terminal\n"
