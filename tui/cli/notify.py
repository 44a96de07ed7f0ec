"""The option `--notify`: run a user's command when a run has ended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

import click

from tui.cli.output import say
from tui.preferences import preferences_file, read_preferences
from vae_engine.errors import SettingError
from vae_engine.worker.notifier import NOTIFY_VARIABLE, read_command

Command = TypeVar("Command", bound=Callable[..., Any])


def notify_option(command: Command) -> Command:
    """Add the option `--notify COMMAND`, passed on to the processes that this one starts."""
    option = click.option(
        "--notify",
        metavar="COMMAND",
        envvar=NOTIFY_VARIABLE,
        expose_value=False,
        callback=_take,
        help="run this command when the run has ended, such as 'mail -s vae me'  "
        f"[env: {NOTIFY_VARIABLE}]",
    )
    return option(command)


def take_preference() -> None:
    """Use the command of the preferences if none is given; warn if it is invalid."""
    if os.environ.get(NOTIFY_VARIABLE):
        return
    preferences, _ = read_preferences(preferences_file())
    if not preferences.notify:
        return
    try:
        _check(preferences.notify)
    except SettingError as error:
        say(f"no notification will be sent: {error} ({preferences_file()})", err=True)
        return
    os.environ[NOTIFY_VARIABLE] = preferences.notify


def _take(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        _check(value)
        os.environ[NOTIFY_VARIABLE] = value
    else:
        take_preference()


def _check(command: str) -> None:
    program = read_command(command)[0]
    if shutil.which(program) is None:
        raise SettingError(
            f"notify is {command!r}: {program!r} is not a program here; "
            "give its path, or `sh -c '...'` for what only a shell knows"
        )
