"""`vae doctor` says what was detected and what to do, and fails only where training cannot work."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Vae
from tui.cli import checks
from tui.cli.checks import CheckResult, check_installation, tensorflow_result
from tui.cli.terminal_card import card
from tui.rendering.palettes import ColorDepth
from vae_engine.machine import module_command

BUILD = '{"version": "2.21.0", "cuda": false, "gpus": []}'


@pytest.fixture(autouse=True)
def quick_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's own answer takes seconds: see `test_what_tensorflow_can_use`."""
    command = [sys.executable, "-c", f"print('{BUILD}')"]
    monkeypatch.setattr(checks, "module_command", lambda _: command)


def findings(sessions: Path) -> dict[str, CheckResult]:
    return {finding.name: finding for finding in check_installation(sessions)}


def test_all_is_reported_in_lines_and_as_json(vae: Vae) -> None:
    shown = vae("doctor")
    assert (shown.code, shown.err) == (0, "")
    told = json.loads(vae("doctor", "--json").out)
    assert [finding["section"] for finding in told] == sorted(
        (finding["section"] for finding in told),
        key=["terminal", "machine", "data", "installation"].index,
    )
    for finding in told:
        assert finding["name"] in shown.out
        assert finding["value"]
    assert "\x1b" not in shown.out


@pytest.mark.parametrize(
    ("variables", "name", "value", "advice"),
    [
        ({"LC_ALL": "C"}, "characters", "locale C", "export LC_ALL=C.UTF-8"),
        ({"TMUX": "/tmp/tmux-0/default,1,0"}, "inside", "tmux", "escape-time"),
        ({"STY": "1.pts-0.host"}, "inside", "GNU screen", "altscreen on"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "link", "slow", ""),
        ({"SSH_CONNECTION": "1 2 3 4", "VAE_LINK": "fast"}, "link", "fast", ""),
        ({"TERM": "\x1b]0;x\x07"}, "type", "TERM=", ""),
    ],
)
def test_the_environment_is_reported_with_what_to_do(
    vae: Vae,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    name: str,
    value: str,
    advice: str,
) -> None:
    for variable in ("TMUX", "STY", "TERM"):
        monkeypatch.delenv(variable, raising=False)
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    shown = vae("doctor").out
    start = shown.index(f"\n  {name} ")
    entry = re.split(r"\n(?=  \S|\S)", shown[start + 1 :])[0]
    assert value in entry
    assert advice in entry
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_small_terminal_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert "60 and 20" in findings(tmp_path)["size"].advice


def test_a_folder_that_cannot_be_written_prevents_training(vae: Vae) -> None:
    # Nobody can write there, not even root.
    done = vae("doctor", "--json", "--sessions-dir", "/proc/sessions")
    assert done.code == 1
    found = {finding["name"]: finding for finding in json.loads(done.out)}["sessions"]
    assert found["prevents"] == "training"
    assert "--sessions-dir" in found["advice"]


@pytest.mark.parametrize(
    ("program", "value", "prevents"),
    [
        (f"print('noise'); print('{BUILD}')", "2.21.0, no GPU", ""),
        ("import no_such_tensorflow", "No module named 'no_such_tensorflow'", "training"),
        ("import os; os._exit(3)", "its import ended with code 3", "training"),
        ("import os; os.kill(os.getpid(), 4)", "its import ended with code -4", "training"),
    ],
)
def test_a_tensorflow_that_fails_is_reported(program: str, value: str, prevents: str) -> None:
    finding = tensorflow_result([sys.executable, "-c", program])
    assert value in finding.value
    assert finding.prevents == prevents


@pytest.mark.slow
def test_what_tensorflow_can_use() -> None:
    finding = tensorflow_result(module_command("vae_engine.training.build"))
    assert finding.prevents == ""
    assert finding.value.startswith("2.")


@pytest.mark.parametrize("depth", list(ColorDepth))
def test_the_test_card_shows_what_the_terminal_can(depth: ColorDepth) -> None:
    lines = card(depth)
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    painted = any(segment.style for line in lines for segment in line)
    assert painted == depth.has_color
    assert text.isascii() == (depth is ColorDepth.ASCII or not text)
    assert ("rainbow" in text) == (depth is ColorDepth.TRUECOLOR)
    assert all(cell_len("".join(part.text for part in line)) <= 80 for line in lines)
