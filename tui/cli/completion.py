"""Tab completion: session and sweep ids, datasets, values of settings, paths.

The shell pastes a suggestion unquoted, so only text without shell syntax is offered: a foreign
session may be called `$(rm -r ~)`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from tui.text import one_line
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.errors import EngineError
from vae_engine.sessions import example
from vae_engine.sessions.listing import session_folders
from vae_engine.sessions.manifest import read_label, read_manifest
from vae_engine.sessions.references import LATEST
from vae_engine.sessions.session import worker_alive
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    from vae_engine.settings import Setting

VARIABLE = "_VAE_COMPLETE"
"""Environment variable that requests completion; its value names the shell."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

# `:` and `=` separate words in bash.
_SAFE = re.compile(r"[\w.+@%,/][\w.+@%,/-]*")
_MOST = 200
"""Maximum number of suggestions, and of sessions whose names are read."""
_HELP_LENGTH = 40
# click's script for fish splits a suggestion at commas.
_COMMA = ","


def complete(cli: click.Command, instruction: str) -> int:
    """Print the suggestions that a shell requests; returns the exit code.

    Args:
        cli: the command `vae`.
        instruction: the value of `VARIABLE`.
    """
    from click.shell_completion import shell_complete

    try:
        return shell_complete(cli, {}, "vae", VARIABLE, instruction)
    except (EngineError, OSError):
        return 1  # A message would appear in the line that the user is typing.


def sessions(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Suggest ids of sessions, newest first, and names once a letter is typed."""
    store = _store(context)
    found = _of_folders(session_folders(store.root), context, parameter, incomplete)
    named = [one.name for one in example.missing(store) if one.name.startswith(incomplete)]
    return found + [CompletionItem(name, help="copied from the package") for name in named]


def live_sessions(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Suggest running sessions."""
    folders = filter(worker_alive, session_folders(_store(context).root))
    return _of_folders(folders, context, parameter, incomplete)


def trashed_sessions(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Suggest sessions in the trash."""
    folders = session_folders(_store(context).trash_folder)
    return _of_folders(folders, context, parameter, incomplete)


def sweeps(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Suggest ids of sweeps, newest first."""
    from vae_engine.sweeps.store import SweepStore

    folders = session_folders(SweepStore(_store(context)).root)
    return _of_folders(folders, context, parameter, incomplete, named=False)


def datasets(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Suggest named datasets and files in the working directory; paths once one is begun."""
    found = [CompletionItem(name) for name in NAMED_DATASETS if name.startswith(incomplete)]
    if not found:
        return [CompletionItem(incomplete, type="file")]
    beside = sorted(
        entry.name + "/" * entry.is_dir()
        for entry in os.scandir()
        if entry.name.startswith(incomplete) and not entry.name.startswith(".")
    )
    return found + [CompletionItem(name) for name in beside if _SAFE.fullmatch(name)][:_MOST]


def files(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Let the shell complete paths."""
    return [CompletionItem(incomplete, type="file")]


def folders(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Let the shell complete folders."""
    return [CompletionItem(incomplete, type="dir")]


def words(*offered: str) -> Completer:
    """Suggest fixed words; after a comma, the next word of a list."""

    def offer(
        _context: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(_COMMA)
        if comma and os.environ.get(VARIABLE, "").startswith("fish"):
            return []
        return [CompletionItem(before + comma + word) for word in offered if word.startswith(last)]

    return offer


def of_setting(setting: Setting) -> Completer | None:
    """Return the completion for a setting's value; None for numbers."""
    if setting.name == "dataset":
        return datasets
    return words(*setting.choices) if setting.choices else None


def _store(context: click.Context) -> SessionStore:
    store = context.params.get("store")
    return store if isinstance(store, SessionStore) else SessionStore(Path("sessions"))


def _of_folders(
    folders: Iterable[Path],
    context: click.Context,
    parameter: click.Parameter,
    incomplete: str,
    *,
    named: bool = True,
) -> list[CompletionItem]:
    given = context.params.get(parameter.name or "") if parameter.nargs == -1 else ()
    typeable = [folder for folder in folders if _SAFE.fullmatch(folder.name)]
    typeable = sorted(typeable, key=lambda folder: folder.name, reverse=True)
    offered = [
        folder
        for folder in typeable
        if (folder.name.startswith(incomplete) or _last_part(folder).startswith(incomplete))
        and folder.name not in (given or ())
    ][:_MOST]
    names = {folder: _name(folder) for folder in typeable[:_MOST]} if named else {}
    found = [
        CompletionItem(folder.name, help=_help(names.get(folder, "")) or None) for folder in offered
    ]
    if incomplete and len(typeable) <= _MOST:  # Otherwise it is unknown whether a name is unique.
        found += [CompletionItem(name) for name in _unique(names.values(), incomplete)]
    if LATEST.startswith(incomplete) and typeable:
        found.append(CompletionItem(LATEST))
    return found


def _last_part(folder: Path) -> str:
    return folder.name.rpartition("-")[2]


def _name(folder: Path) -> str:
    try:
        return read_label(folder, read_manifest(folder)).name
    except EngineError:
        return ""


def _help(name: str) -> str:
    return one_line(name, _HELP_LENGTH).replace(_COMMA, " ")


def _unique(names: Iterable[str], incomplete: str) -> list[str]:
    names = list(names)
    return sorted(
        name
        for name in set(names)
        if name.startswith(incomplete) and names.count(name) == 1 and _SAFE.fullmatch(name)
    )
