"""How to resolve an error with the app's keys instead of shell commands."""

from __future__ import annotations

from typing import Literal

from tui.text import one_line
from vae_engine.errors import EngineError, Remedy

Where = Literal["list", "dashboard"]
"""Screen on which the keys are pressed: a list of sessions or sweeps, or the screen of one."""

_IN_LIST: dict[Remedy, str] = {
    "follow": "press Enter to follow it",
    "stop": "press Enter to open it, then x to stop it",
    "resume": "press r to resume it",
    "extend": "press e to add epochs",
    "fork": "press f to fork it",
    "fork_slower": "press f to fork it with a smaller learning_rate",
    "show": "press Enter to see its state",
    "train": "press n in the list of sessions for a new one",
    "list_sessions": "the list of sessions shows them",
    "list_trash": "",
    "follow_sweep": "the list of sweeps (s) shows it",
    "resume_sweep": "press r to resume it",
    "list_sweeps": "the list of sweeps (s) shows them",
    "train_sweep": "press n in the list of sweeps for a new one",
    "move_dataset": "move it back, or fork the session (f) with its new path",
    "restore_images": "press f to fork it",
    "download": "a run that starts where there is a network downloads it",
}
_ON_DASHBOARD: dict[Remedy, str] = {
    "follow": "this screen follows it",
    "stop": "press x to stop it",
    "resume": "press p to resume it",
    "fork": "press f in the list of sessions to fork it",
    "fork_slower": "press f in the list of sessions to fork it with a smaller learning_rate",
    "show": "this screen shows its state",
    "move_dataset": "move it back, or fork the session (f in the list) with its new path",
    "restore_images": "press f in the list of sessions to fork it",
}


def error_text(error: Exception, place: Where = "list") -> str:
    """Return one printable line for an error, with the key that resolves it, if there is one."""
    way = ""
    if isinstance(error, EngineError) and error.remedy is not None:
        way = _IN_LIST[error.remedy]
        if place == "dashboard":
            way = _ON_DASHBOARD.get(error.remedy, way)
    return one_line(f"{error}: {way}" if way else str(error))
