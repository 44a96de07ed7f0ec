"""Which environment variables count, and the messages if the app cannot be opened."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Spawn, finish
from tests.cli.terminal import VAE, Attach
from tests.tui.recorder import Recorder
from tui.terminal.colorterm import terminal_colors

MOUSE = rb"\x1b\[\?(?:100[0-6]|1015|1016)h"


@pytest.mark.parametrize(
    ("environment", "colors"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "24bit"),
        ({"TERM": "xterm-kitty"}, "24bit"),
        ({"TERM": "xterm-direct"}, "24bit"),
        # GNU screen inherits COLORTERM, and su or sudo keep it without STY.
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "screen-256color", "COLORTERM": "24bit"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/t,1,0"}, "24bit"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor", "TMUX": "/t,1,0"}, "24bit"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "rxvt-unicode-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "xterm-16color", "COLORTERM": "truecolor"}, "16"),
    ],
)
def test_colours_by_the_environment(environment: dict[str, str], colors: str) -> None:
    assert terminal_colors(environment) == colors


def test_the_kernel_says_the_size_not_an_exported_variable(
    terminal: Attach, recorder: Recorder
) -> None:
    recorder.session("mine", previews=False)
    prefix = ("setsid", "--ctty", "--wait", "env", "COLUMNS=60", "LINES=20")
    shown = terminal(columns=132, rows=43, prefix=prefix)
    shown.wait_for("1 session")
    shown.wait_until(lambda: "Help" in shown.screen.display[42], "a footer in the last line")
    # Commands too.
    listed = terminal("sessions", columns=132, prefix=prefix)
    listed.wait_for("mine")
    assert listed.wait() == 0
    assert max(map(len, listed.text.splitlines())) > 60


@pytest.mark.parametrize(
    ("colors", "codes"),
    [("16", rb"\x1b\[[0-9;]*[34]8;[25];"), ("256", rb"\x1b\[[0-9;]*[34]8;2;")],
)
def test_a_setting_overrides_the_detected_colours(
    terminal: Attach, recorder: Recorder, colors: str, codes: bytes
) -> None:
    recorder.session("mine", previews=False)
    shown = terminal("--colors", colors, term="xterm-kitty")
    shown.wait_for("1 session")
    assert not re.search(codes, shown.written)
    plain = terminal("--colors", "24bit", term="xterm")
    plain.wait_for("1 session")
    assert re.search(rb"[34]8;2;", plain.written)


def test_without_the_mouse_it_is_never_asked_for(terminal: Attach, recorder: Recorder) -> None:
    recorder.session("mine", previews=False)
    shown = terminal("--no-mouse")
    shown.wait_for("1 session")
    # The answer of a terminal that has resizes in band makes Textual ask for pixels.
    shown.press(b"\x1b[?2048;2$y")
    shown.press(b"?")
    shown.wait_for("Esc")
    assert not re.search(MOUSE, shown.written)
    usual = terminal()
    usual.wait_for("1 session")
    assert re.search(MOUSE, usual.written)


@pytest.mark.parametrize(
    ("prefix", "suffix", "named"),
    [
        ("TERM= ", "", "TERM"),
        ("TERM=dumb ", "", "dumb"),
        ("env -u TERM ", "", "TERM is not set"),
        ("", " </dev/null", "stdin"),
        ("", " | cat", "stdout"),
    ],
)
def test_a_refusal_names_what_prevents_the_app(
    tmp_path: Path, prefix: str, suffix: str, named: str
) -> None:
    done = subprocess.run(
        ["script", "-qec", f"{prefix}{VAE} --sessions-dir {tmp_path}{suffix}", "/dev/null"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "TERM": "xterm"},
    )
    assert re.search(f"because [^\n]*{named}", done.stdout.decode())


@pytest.mark.parametrize("command", [("sessions",), ("show", "latest"), ("trash",)])
def test_nothing_is_cut_in_a_pipe(
    recorder: Recorder, spawn: Spawn, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")
    name = "a name that is long " * 8 + "seed 1"
    session = recorder.session(name, previews=False)
    if command == ("trash",):
        recorder.store.delete(session)
    done = finish(spawn(*command))
    assert done.code == 0
    assert name in done.out


def test_drawn_where_stdout_is_if_errors_go_to_a_file(
    terminal: Attach, recorder: Recorder, tmp_path: Path
) -> None:
    recorder.session("mine", previews=False)
    shown = terminal(prefix=("sh", "-c", f'exec "$@" 2>{tmp_path}/errors', "sh"))
    shown.wait_for("1 session")
