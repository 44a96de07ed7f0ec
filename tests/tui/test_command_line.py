from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tui.cli.main import cli
from tui.cli.train import train
from tui.command_line import attach_command, train_command
from vae_engine.settings import make_settings

USUAL = Path("sessions").absolute()


def test_the_defaults_need_no_options() -> None:
    assert train_command(make_settings(), USUAL) == "vae train"


def test_only_what_was_changed_is_named() -> None:
    settings = make_settings(latent_dim=8, filters=(8, 32), learning_rate=4e-3)
    assert train_command(settings, USUAL, name="my run") == (
        "vae train --latent-dim 8 --learning-rate 0.004 --filters 8,32 --name 'my run'"
    )


def test_the_usual_name_is_not_named() -> None:
    assert train_command(make_settings(), USUAL, name="mnist-d2") == "vae train"


def test_another_folder_is_named_and_quoted(tmp_path: Path) -> None:
    root = tmp_path / "my sessions"
    assert attach_command("ab12", root) == f"vae attach ab12 --sessions-dir '{root}'"


def test_the_folder_of_the_environment_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path))
    assert attach_command("ab12", tmp_path) == "vae attach ab12"


def test_a_fork_names_what_differs_from_its_parent() -> None:
    parent, settings = make_settings(latent_dim=8), make_settings(latent_dim=2)
    command = train_command(settings, USUAL, parent=("ab12", parent))
    assert command == "vae fork ab12 --latent-dim 2"


def test_the_command_line_takes_it() -> None:
    settings = make_settings(
        latent_dim=3, epochs=7, filters=(4,), adam_epsilon=1e-8, dataset="/my data/x.npz"
    )
    words = shlex.split(train_command(settings, USUAL, name="it's"))
    assert words[:2] == ["vae", "train"]
    # click keeps the options of help that a command's first context has.
    with train.make_context("train", words[2:], **cli.context_settings) as context:
        values = context.params
    given = {key: value for key, value in values.items() if hasattr(settings, key) and value}
    assert make_settings(given) == settings
    assert values["name"] == "it's"
