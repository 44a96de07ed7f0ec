"""What to type about an error, in the words of the command line."""

from __future__ import annotations

from tui.cli.options import command_for
from vae_engine.errors import EngineError, Remedy

_WAYS: dict[Remedy, tuple[str, str]] = {
    "follow": ("attach", "`{}` follows it"),
    "stop": ("stop", "`{}` first"),
    "resume": ("resume", "`{}` goes on from there"),
    "extend": ("resume", "`{} --epochs N` trains N epochs more"),
    "fork": ("fork", "`{}` trains anew"),
    "fork_slower": ("fork", "`{} --learning-rate X` trains anew, X smaller"),
    "show": ("show", "`{}` tells its state"),
    "train": ("train", "`{}` makes one"),
    "list_sessions": ("sessions", "`{}` lists what there is"),
    "list_trash": ("trash", "`{}` lists what is there"),
    "follow_sweep": ("sweep show", "`{}` shows it"),
    "resume_sweep": ("sweep resume", "`{}` goes on with it"),
    "list_sweeps": ("sweep list", "`{}` lists what there is"),
    "train_sweep": ("sweep run", "`{}` makes one"),
}
_MOVE_DATASET = "`--dataset PATH` says where it is now"


def error_text(error: EngineError) -> str:
    """An error with the command that helps, if one does."""
    if error.remedy is None:
        return str(error)
    if error.remedy == "move_dataset":
        return f"{error}: {_MOVE_DATASET}"
    command, phrase = _WAYS[error.remedy]
    return f"{error}: {phrase.format(command_for(command, error.subject))}"
