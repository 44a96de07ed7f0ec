"""The errors a caller can meet, as one tree.

    EngineError
    ├── SettingError          a setting has a value it cannot have (bad usage)
    │   └── ArgumentError         an argument of the Python API is wrong (also a ValueError)
    ├── DatasetError          images cannot be read, or are not what training needs
    │   └── ArrayError            an array is not one of images (also a ValueError)
    ├── SessionError          a session, or the command for it, cannot be carried out
    │   ├── SessionNotFoundError  no session, or more than one, goes by that id or name
    │   ├── SessionDamagedError   its files cannot be read, or are newer than this version
    │   ├── SessionBusyError      another worker holds it, or it is in the wrong state
    │   └── SessionLostError      another worker has taken it over from this one
    ├── WorkerError           the training worker could not be started
    │   └── DistributedError      the workers of a session do not come together, or one is lost
    └── RayClusterError       Ray is missing, does not answer, or has no node that can train

Every message is one line that says what was found and what is wanted. What to do about it is a
`Remedy`: who shows the error knows whether that is a command, a key or a call.
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
]
"""What can be done about an error; most are about the session or sweep that is its `subject`."""


class EngineError(Exception):
    """Base of all errors that this package raises on purpose.

    Attributes:
        remedy: what can be done, None where the message says it or nothing can.
        subject: id of the session or sweep that the remedy is for.
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
    """An argument of the Python API has a value it cannot have; the message names it."""


class DatasetError(EngineError):
    """The images are missing, unreadable, or of the wrong shape, type or range."""


class ArrayError(DatasetError, ValueError):
    """An array does not hold images of the right type, shape and range; the message names it."""


class SessionError(EngineError):
    """Something asked of a session cannot be done."""


class SessionNotFoundError(SessionError):
    """No session, or more than one, answers to the given id, prefix or name."""


class SessionDamagedError(SessionError):
    """A session's files are unreadable, fail their digest, or come from a newer version."""


class SessionBusyError(SessionError):
    """A worker holds the session, or it is not in the state that the request needs."""


class SessionLostError(SessionError):
    """Another worker has taken the session over: this one must write nothing more."""


class WorkerError(EngineError):
    """The training worker could not be started, or died before it was ready."""


class DistributedError(WorkerError):
    """The workers that train one session do not come together, or one of them is lost."""


class RayClusterError(EngineError):
    """Ray is not installed, does not answer, or none of its nodes can train."""
