"""Commands that resolve an engine error, named in the message on the command line."""

from __future__ import annotations

from tui.cli.options import command_for, with_options
from vae_engine.errors import EngineError, Remedy

_WAYS: dict[Remedy, tuple[str, str]] = {
    "follow": ("attach", "`{}` follows it"),
    "stop": ("stop", "`{}` first"),
    "resume": ("resume", "`{}` continues from there"),
    "extend": ("resume", "`{} --epochs N` trains N more epochs"),
    "fork": ("fork", "`{}` starts a new session"),
    "restore_images": ("fork", "`{}` does, and `--dataset PATH` sets another place of theirs"),
    "fork_slower": ("fork", "`{} --learning-rate X` starts a new session, X smaller"),
    "show": ("show", "`{}` shows its state"),
    "train": ("train", "`{}` starts one"),
    "list_sessions": ("sessions", "`{}` lists them"),
    "list_trash": ("trash", "`{}` lists them"),
    "follow_sweep": ("sweep show", "`{}` shows it"),
    "resume_sweep": ("sweep resume", "`{}` continues it"),
    "list_sweeps": ("sweep list", "`{}` lists them"),
    "train_sweep": ("sweep run", "`{}` starts one"),
    "download": ("data", "`{}` downloads it where there is a network"),
}
_MOVE_DATASET = "`--dataset PATH` sets the present path"


def error_text(error: EngineError) -> str:
    """Return the error's text with the command that resolves it, if there is one."""
    if error.remedy is None:
        return with_options(str(error))
    if error.remedy == "move_dataset":
        return f"{error}: {_MOVE_DATASET}"
    command, phrase = _WAYS[error.remedy]
    return f"{error}: {phrase.format(command_for(command, error.subject))}"
