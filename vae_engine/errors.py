"""The error classes of this package.

    EngineError
    ├── SettingError          a setting has an invalid value (usage error)
    │   └── ArgumentError         an argument of the Python API is wrong (also a ValueError)
    ├── DatasetError          images cannot be read, or are unsuitable
    │   └── ArrayError            an array does not hold images (also a ValueError)
    ├── SessionError          an operation on a session failed
    │   ├── SessionNotFoundError  no session, or more than one, has that id or name
    │   ├── SessionDamagedError   its files cannot be read, or are newer than this version
    │   ├── SessionBusyError      another worker holds it, or it is in the wrong state
    │   └── SessionLostError      another worker has taken it over from this one
    ├── WorkerError           the training worker could not be started
    │   └── DistributedError      the workers of a session do not connect, or one is lost
    └── RayClusterError       Ray is missing, does not answer, or has no suitable node

Every message is one line: what was found and what was expected. What to do is a `Remedy`, which the
caller words as a command, a key or a call.
"""

from __future__ import annotations

from typing import Literal

Remedy = Literal[
    "follow",
    "stop",
    "resume",
    "extend",
    "fork",
    "fork_slower",
    "show",
    "train",
    "list_sessions",
    "list_trash",
    "follow_sweep",
    "resume_sweep",
    "list_sweeps",
    "train_sweep",
    "move_dataset",
    "restore_images",
    "download",
]
"""How to resolve an error; most refer to the session, sweep or dataset in its `subject`."""


class EngineError(Exception):
    """Base of all errors that this package raises deliberately.

    Attributes:
        remedy: how to resolve it; None if the message says so, or if there is none.
        subject: id of the session or sweep, or name of the dataset, that the remedy applies to.
    """

    def __init__(
        self, message: str = "", *, remedy: Remedy | None = None, subject: str = ""
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.subject = subject


class SettingError(EngineError):
    """A setting's value is of the wrong type or out of range."""


class ArgumentError(SettingError, ValueError):
    """An argument of the Python API has an invalid value; the message names it."""


class DatasetError(EngineError):
    """The images are missing, unreadable, or of the wrong shape, type or range."""


class ArrayError(DatasetError, ValueError):
    """An array does not hold images of the right type, shape and range; the message names it."""


class SessionError(EngineError):
    """An operation on a session failed."""


class SessionNotFoundError(SessionError):
    """No session, or more than one, matches the given id, prefix or name."""


class SessionDamagedError(SessionError):
    """A session's files are unreadable, fail their digest, or come from a newer version."""


class SessionBusyError(SessionError):
    """A worker holds the session, or it is in the wrong state for the request."""


class SessionLostError(SessionError):
    """Another worker has taken the session over: this one must write nothing more."""


class WorkerError(EngineError):
    """The training worker could not be started, or died before it was ready."""


class DistributedError(WorkerError):
    """The workers that train one session do not connect, or one of them is lost."""


class RayClusterError(EngineError):
    """Ray is not installed, does not answer, or has no node that can train."""
