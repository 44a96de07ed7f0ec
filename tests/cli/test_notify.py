"""`--notify`: taken from the option, the environment or the preferences, and checked at once."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from tui.cli.notify import notify_option, take_preference
from tui.preferences import Preferences, preferences_file, write_preferences
from vae_engine.errors import SettingError
from vae_engine.worker.notifier import NOTIFY_VARIABLE


@click.command()
@notify_option
def command() -> None:
    """Start something."""


def run(*arguments: str) -> str | None:
    """What the processes that the command starts find in their environment."""
    command.main(list(arguments), standalone_mode=False)
    return os.environ.get(NOTIFY_VARIABLE)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    # Set and taken away, so that what the command sets is taken away too.
    monkeypatch.setenv(NOTIFY_VARIABLE, "")
    monkeypatch.delenv(NOTIFY_VARIABLE)


def test_the_option_counts_before_the_environment_before_the_preferences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run() is None
    write_preferences(preferences_file(), Preferences(notify="echo preferred"))
    assert run() == "echo preferred"
    monkeypatch.setenv(NOTIFY_VARIABLE, "echo inherited")
    assert run() == "echo inherited"
    assert run("--notify", "echo given") == "echo given"


@pytest.mark.parametrize("text", ["no-such-program -x", "/etc/passwd", "~/notify.sh", "sh -c 'x"])
def test_what_cannot_run_is_refused_before_anything_starts(text: str) -> None:
    with pytest.raises(SettingError, match=r"^notify is "):
        run("--notify", text)
    assert NOTIFY_VARIABLE not in os.environ


def test_a_preference_that_cannot_run_only_warns(capsys: pytest.CaptureFixture[str]) -> None:
    write_preferences(preferences_file(), Preferences(notify="no-such-program"))
    take_preference()
    assert NOTIFY_VARIABLE not in os.environ
    warning = capsys.readouterr().err
    assert warning.startswith("no notification will be sent: ")
    assert str(preferences_file()) in warning


def test_every_command_that_trains_takes_it() -> None:
    from tui.cli.sweep import sweep
    from tui.cli.train import COMMANDS

    commands = [*COMMANDS.values(), sweep.commands["run"], sweep.commands["resume"]]
    for each in commands:
        assert any("--notify" in parameter.opts for parameter in each.params), each.name
