"""Train convolutional VAEs in the background, keep every run as a session, and use its results.

    import vae_engine

    session = vae_engine.load_session("latest")
    session.history()["val_loss"]
    images = session.sample(64, seed=1)
    networks = session.networks()  # Keras models; this imports TensorFlow

Importing this package imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vae_engine.errors import (
    ArgumentError,
    ArrayError,
    DatasetError,
    EngineError,
    SessionBusyError,
    SessionDamagedError,
    SessionError,
    SessionNotFoundError,
    SettingError,
    WorkerError,
)
from vae_engine.settings import Settings, make_settings

if TYPE_CHECKING:
    from vae_engine.api import (
        History,
        SavedSession,
        SessionTable,
        list_sessions,
        load_session,
        train,
    )
    from vae_engine.datasets import load_dataset

__all__ = [
    "ArgumentError",
    "ArrayError",
    "DatasetError",
    "EngineError",
    "History",
    "SavedSession",
    "SessionBusyError",
    "SessionDamagedError",
    "SessionError",
    "SessionNotFoundError",
    "SessionTable",
    "SettingError",
    "Settings",
    "WorkerError",
    "list_sessions",
    "load_dataset",
    "load_session",
    "make_settings",
    "train",
]

# Loaded on first use: LiteRT and the data readers would double the start-up time of every command.
_LAZY = {
    **dict.fromkeys(("History", "SavedSession", "SessionTable"), "vae_engine.api"),
    **dict.fromkeys(("list_sessions", "load_session", "train"), "vae_engine.api"),
    "load_dataset": "vae_engine.datasets",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
