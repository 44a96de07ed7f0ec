"""Options and arguments shared by commands; those for training come from the settings table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from tui.cli import completion
from tui.cli.completion import Completer
from tui.text import encodable
from vae_engine.errors import SettingError
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import LATEST, SessionStore
from vae_engine.settings import SETTINGS, Setting, SettingKind

Command = TypeVar("Command", bound=Callable[..., Any])

_LONGEST_PATH = 3000
# How the engine's messages name a setting and a value for it.
_ASSIGNMENT = re.compile(r"`([a-z_]+)=([^`\s]*)`")
# Key of click's shared `meta`: the sessions folder as it was typed.
_SESSIONS_DIR = "vae.sessions_dir"
_METAVARS: dict[SettingKind, str] = {"int": "N", "float": "X", "str": "D", "ints": "N,N"}


def read_name(text: str) -> str:
    """Validate the name of a session.

    Raises:
        SettingError: not one line of text, too long, or the reserved word `latest`.
    """
    if text == LATEST:
        raise SettingError(f"name is {text!r}: choose another; this one means the newest")
    return check_label(Label(name=text)).name


def read_store(text: str) -> SessionStore:
    """Open the store of a sessions folder, which need not exist."""
    return SessionStore(Path(text))


def with_options(message: str) -> str:
    """Rewrite settings in an engine message as options: `range=minmax` as `--range minmax`."""

    def option(found: re.Match[str]) -> str:
        setting = SETTINGS.get(found[1])
        return f"`{setting.option} {found[2]}`" if setting else found[0]

    return _ASSIGNMENT.sub(option, message)


def number_setting(
    name: str, kind: SettingKind, default: float, low: float, high: float, help_text: str
) -> Setting:
    """Describe a command's numeric option in the same way as a setting."""
    return Setting(
        name=name,
        kind=kind,
        default=default,
        help=help_text,
        low=low,
        high=high,
        low_open=False,
        high_open=False,
        min_items=1,
        max_items=1,
    )


def setting_options(command: Command, default: str | None = None) -> Command:
    """Add an option per setting to a command; settings not given are None."""
    # Decorators apply from the last to the first.
    for setting in reversed(SETTINGS.values()):
        command = setting_option(setting, fallback=None, default=default)(command)
    return command


def change_options(command: Command) -> Command:
    """Like `setting_options`, for a command that takes the other values from a session."""
    return setting_options(command, default="")


def setting_option(
    setting: Setting, *names: str, fallback: object, default: str | None = None
) -> Callable[[Command], Command]:
    """Make the option of one setting.

    Args:
        setting: the setting.
        names: of the option and the parameter; by default the setting's.
        fallback: its value if not given.
        default: its default in the help; None for the setting's own, empty for none.
    """
    if default is None:
        default = setting.format(setting.default)
    return click.option(
        *(names or (setting.option, setting.name)),
        type=setting.parse,
        default=fallback,
        metavar=setting_metavar(setting),
        shell_complete=completion.of_setting(setting),
        help=f"{setting.help}  [default: {default}]" if default else setting.help,
    )


def setting_metavar(setting: Setting) -> str:
    """Return the placeholder of a setting's value in help."""
    return "|".join(setting.choices) or _METAVARS[setting.kind]


def _either(words: Sequence[str]) -> str:
    """Join words: `.png`, `.png or .npz`, `.png, .npz or .gif`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def output_option(
    *suffixes: str,
    required: bool = False,
    otherwise: str = "the terminal shows the images",
    several: bool = False,
) -> Callable[[Command], Command]:
    """Make the option `-o FILE`; `otherwise` describes the behaviour without it.

    With `several` it can be repeated, and the parameter is `outputs`.
    """
    without = f"; without it {otherwise}" if otherwise and not required else ""
    return click.option(
        "-o",
        "--output",
        "outputs" if several else "output",
        multiple=several,
        type=file_reader("output", suffixes),
        metavar="FILE",
        required=required,
        shell_complete=completion.files,
        help=f"output file, ending in {_either(suffixes)}{without}",
    )


def tensorboard_option(help_text: str) -> Callable[[Command], Command]:
    """Make the option `--tensorboard DIR`."""
    return click.option(
        "--tensorboard",
        type=_read_logdir,
        metavar="DIR",
        help=help_text,
        shell_complete=completion.folders,
    )


def file_reader(option: str, suffixes: Sequence[str]) -> Callable[[str], Path]:
    """Make a parser for the path of an output file, which must have one of these suffixes."""
    wanted = _either(suffixes)

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in suffixes or not encodable(text).isprintable():
            raise SettingError(f"{option} is {_quoted(text)}: it must be a file ending in {wanted}")
        return path

    return read


def _read_logdir(text: str) -> Path:
    if not text.isprintable() or not 0 < len(text) <= _LONGEST_PATH:
        raise SettingError(f"tensorboard is {_quoted(text)}: it must be a folder of printable name")
    return Path(text).expanduser().absolute()


csv_option = click.option(
    "--csv",
    type=file_reader("csv", (".csv",)),
    metavar="FILE",
    shell_complete=completion.files,
    help="write the history, one row per epoch, to a .csv file",
)
name_option = click.option(
    "--name", type=read_name, metavar="S", help="name of the session  [default: DATASET-dN]"
)
plain_option = click.option(
    "--plain", is_flag=True, help="print one line per epoch instead of opening the app"
)
detach_option = click.option(
    "--detach", is_flag=True, help="print the id and return; the run continues"
)
moved_option = click.option(
    "--dataset",
    "place",
    metavar="PATH",
    shell_complete=completion.datasets,
    help="current path of the dataset, if it was moved",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON for scripts")


def _id_argument(complete: Completer) -> Callable[[Command], Command]:
    return click.argument("reference", metavar="ID", shell_complete=complete)


def _ids_argument(complete: Completer) -> Callable[[Command], Command]:
    return click.argument(
        "references", metavar="ID...", nargs=-1, required=True, shell_complete=complete
    )


id_argument = _id_argument(completion.sessions)
live_id_argument = _id_argument(completion.live_sessions)
sweep_argument = _id_argument(completion.sweeps)
ids_argument = _ids_argument(completion.sessions)
trashed_ids_argument = _ids_argument(completion.trashed_sessions)


def _note_sessions_dir(
    context: click.Context, parameter: click.Parameter, store: SessionStore
) -> SessionStore:
    """Remember the folder that was typed, so that messages can name complete commands."""
    assert parameter.name is not None
    if context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
        context.meta[_SESSIONS_DIR] = store.root
    return store


store_option = click.option(
    "--sessions-dir",
    "store",
    type=read_store,
    callback=_note_sessions_dir,
    default="sessions",
    envvar="VAE_SESSIONS",
    metavar="P",
    shell_complete=completion.folders,
    help="sessions folder  [env: VAE_SESSIONS; default: ./sessions]",
)


def command_for(command: str, session_id: str = "") -> str:
    """Return a command line for a session, with `--sessions-dir` if the current one has it."""
    typed = f"vae {command} {session_id}".rstrip()
    root = click.get_current_context().meta.get(_SESSIONS_DIR)
    return typed if root is None else f"{typed} --sessions-dir {_shell_quoted(root)}"


def _shell_quoted(root: Path) -> str:
    import shlex

    return shlex.quote(encodable(str(root)))


def _quoted(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
