"""The engine says what is wrong; command line and app say what to do, in their own terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest

import tui
import vae_engine
from tui.cli import remedies as of_commands
from tui.cli.main import COMMANDS
from tui.remedies import Where, error_text
from vae_engine.errors import DatasetError, Remedy, SessionBusyError


def texts(package: Path) -> Iterator[tuple[str, str]]:
    """The strings of a package that are no docstrings, with where they stand."""
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text())
        bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in bare:
                yield f"{path.name}:{getattr(node, 'lineno', 0)}", text


# An option of a module that the engine itself runs stands alone; one in a sentence is advice.
OPTION = re.compile(r"--[a-z]")
COMMAND = re.compile(rf"\bvae ({'|'.join(COMMANDS)})\b|\bray start\b|pip install|`python\b")


def names_a_command(text: str) -> bool:
    lone = re.fullmatch(r"--[a-z-]+", text)
    return bool(COMMAND.search(text) or (OPTION.search(text) and not lone))


def test_no_text_of_the_engine_names_a_command_or_an_option() -> None:
    package = Path(vae_engine.__file__).parent
    assert [where for where, text in texts(package) if names_a_command(text)] == []
    assert names_a_command("resume with --tensorboard to ask anew")
    assert names_a_command("run `vae data cifar10` where there is a network")
    assert names_a_command("run `python -m module`")
    assert names_a_command("--batch-size ")


def test_no_error_in_the_app_names_a_shell_command() -> None:
    for remedy in get_args(Remedy):
        for place in get_args(Where):
            error = SessionBusyError("it is so", remedy=remedy, subject="some-id")
            said = error_text(error, place)
            assert said.startswith("it is so")
            assert "vae " not in said
            assert "--" not in said


def test_a_screen_that_names_a_command_says_that_it_is_for_a_shell() -> None:
    package = Path(tui.__file__).parent
    screens = [path for path in package.iterdir() if path.is_dir() and path.name != "cli"]
    named = [text for path in screens for _, text in texts(path) if COMMAND.search(text)]
    assert named
    assert [text for text in named if "shell" not in text] == []


@pytest.mark.parametrize("remedy", get_args(Remedy))
def test_the_command_line_has_a_command_for_every_remedy(remedy: Remedy) -> None:
    with click.Context(click.Command("vae")):
        said = of_commands.error_text(
            SessionBusyError("it is so", remedy=remedy, subject="some-id")
        )
    assert said.startswith("it is so: `")


def test_an_error_without_a_remedy_is_reported_as_it_is() -> None:
    with click.Context(click.Command("vae")):
        assert of_commands.error_text(SessionBusyError("it is so")) == "it is so"
    assert error_text(SessionBusyError("it is\nso")) == "it is so"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("try `image_size=60x64`", "try `--image-size 60x64`"),
        (
            "`range=minmax` or `range=0-1` changes it",
            "`--range minmax` or `--range 0-1` changes it",
        ),
        ("'a/color=grey/x' does not exist", "'a/color=grey/x' does not exist"),
        ("try `images=1`", "try `images=1`"),
        ("try `np.savez('data.npz', images=images)`", "try `np.savez('data.npz', images=images)`"),
    ],
)
def test_the_command_line_words_settings_of_a_message_as_options(message: str, shown: str) -> None:
    assert of_commands.error_text(DatasetError(message)) == shown
    assert error_text(DatasetError(message)) == message
