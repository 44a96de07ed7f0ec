"""Shell commands equivalent to actions of the app."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from tui.text import encodable
from vae_engine.sessions.manifest import default_name
from vae_engine.settings import SETTINGS, Settings, SettingValue, changed_settings


def train_command(
    settings: Settings, root: Path, *, name: str = "", parent: tuple[str, Settings] | None = None
) -> str:
    """Return the command that trains with these settings.

    Args:
        settings: to train with.
        root: the sessions folder.
        name: of the session, empty for the default.
        parent: id and settings of the session to fork; then only differing settings are named.
    """
    if parent is None:
        words, given = ["vae", "train"], changed_settings(settings)
    else:
        words = ["vae", "fork", parent[0]]
        given = {
            key: value
            for key in SETTINGS
            if (value := getattr(settings, key)) != getattr(parent[1], key)
        }
    for key, value in given.items():
        words += [SETTINGS[key].option, SETTINGS[key].format(value)]
    if name and name != default_name(settings):
        words += ["--name", name]
    return _line(words, root)


def sweep_command(
    lists: Mapping[str, Sequence[SettingValue]],
    root: Path,
    *,
    seeds: int | None = None,
    parallel: int | None = None,
    name: str = "",
) -> str:
    """Return the command that trains a sweep.

    Args:
        lists: the values of the settings that are not at their default.
        root: the sessions folder.
        seeds: number of seeds, None for those of `lists`. parallel: number of trials at once, None
        for the default.
        name: of the sweep, empty for the default.
    """
    words = ["vae", "sweep", "run"]
    for key, several in lists.items():
        setting = SETTINGS[key]
        texts = [setting.format(value) for value in several]
        # For these settings a comma is part of the value.
        groups = texts if setting.kind == "ints" else [",".join(texts)]
        for group in groups:
            words += [setting.option, group]
    for option, number in (("--seeds", seeds), ("--parallel", parallel)):
        if number is not None:
            words += [option, str(number)]
    if name:
        words += ["--name", name]
    return _line(words, root)


def attach_command(session_id: str, root: Path) -> str:
    """Return the command that follows a session."""
    return _line(["vae", "attach", session_id], root)


def stop_command(session_id: str, root: Path) -> str:
    """Return the command that stops a session after its epoch."""
    return _line(["vae", "stop", session_id], root)


def _line(words: list[str], root: Path) -> str:
    usual = Path(os.environ.get("VAE_SESSIONS") or "sessions").expanduser().absolute()
    if root != usual:
        words = [*words, "--sessions-dir", str(root)]
    return " ".join(shlex.quote(encodable(word)) for word in words)
