"""Entry points for notebooks and scripts: list and load sessions, train."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vae_engine.api.history import History
from vae_engine.api.saved import SavedSession
from vae_engine.api.session_table import SessionTable
from vae_engine.control.training import start_session
from vae_engine.errors import ArgumentError, SettingError
from vae_engine.sessions.store import LATEST, SessionStore
from vae_engine.settings import make_settings

__all__ = [
    "History",
    "SavedSession",
    "SessionTable",
    "list_sessions",
    "load_session",
    "sessions_folder",
    "train",
]

SESSIONS_VARIABLE = "VAE_SESSIONS"


def sessions_folder(folder: str | Path | None = None) -> Path:
    """Return the sessions folder: `folder`, else `$VAE_SESSIONS`, else `./sessions`."""
    return Path(folder or os.environ.get(SESSIONS_VARIABLE) or "sessions")


def list_sessions(folder: str | Path | None = None) -> SessionTable:
    """List all readable sessions, newest first: a sequence that prints as a table.

    Args:
        folder: of the sessions; see `sessions_folder`.
    """
    listings = SessionStore(sessions_folder(folder)).listings()
    return SessionTable(entry for entry in listings if not entry.problem)


def load_session(reference: str = LATEST, folder: str | Path | None = None) -> SavedSession:
    """Load the session that `reference` names: an id, a unique part of it, a name, or `latest`.

    Raises:
        SessionNotFoundError: none or several match.
        SessionDamagedError: it cannot be read.
    """
    return SavedSession(SessionStore(sessions_folder(folder)).find(reference))


def train(
    folder: str | Path | None = None,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> SavedSession:
    """Start a run in a worker process and return immediately.

    Omitted settings have their defaults, which depend on the number of images if it is small.

    Args:
        folder: of the sessions; see `sessions_folder`. name: of the session.
        settings: values by name, such as `{"latent_dim": 8}` or another session's `settings`.
        changes: further settings, which override `settings`, such as `latent_dim=8`.

    Raises:
        ArgumentError: an argument or a setting is invalid; a `SettingError` and a `ValueError`.
        DatasetError: the images cannot be read.
        WorkerError: the worker could not be started.
    """
    if settings is not None and not hasattr(settings, "keys"):
        raise ArgumentError(
            f"settings is of the type {type(settings).__name__}: it must be a dict of values"
        )
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"name is of the type {type(name).__name__}: it must be text")
    given = {**(settings or {}), **changes}
    store = SessionStore(sessions_folder(folder))
    try:
        chosen = make_settings(given)
        return SavedSession(start_session(store, chosen, given=given.keys(), name=name))
    except SettingError as error:
        raise ArgumentError(str(error)) from None
