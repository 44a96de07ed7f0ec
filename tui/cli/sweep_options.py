"""Options of sweeps: lists of settings, number of seeds, number of trials at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from tui.cli import completion
from tui.cli.options import Command, file_reader, number_setting, read_name, setting_metavar
from tui.new_session.plan import PARALLEL
from vae_engine.dataset_names import absolute_dataset
from vae_engine.settings import SETTINGS, Setting, SettingValue
from vae_engine.sweeps.grid import parse_list
from vae_engine.sweeps.ray.address import parse_address

sweep_name_option = click.option(
    "--name", type=read_name, metavar="S", help="name of the sweep  [default: what it varies]"
)
sweep_plain_option = click.option(
    "--plain", is_flag=True, help="print one line per trial instead of a live table"
)
parallel_option = click.option(
    "--parallel",
    type=PARALLEL.parse,
    metavar="N",
    help=f"{PARALLEL.help}  [default: as many as the CPUs allow]",
)
GPUS = number_setting("gpus", "float", 0.0, 0, 64, "GPUs per trial on the Ray cluster")


def _read_address(text: str) -> str:
    if text != "auto":
        parse_address(text)
    return text


ray_option = click.option(
    "--ray",
    type=_read_address,
    metavar="ADDRESS",
    shell_complete=completion.words("auto"),
    help="Ray cluster: auto (this machine's) or HOST:PORT of its head",
)
resume_ray_option = click.option(
    "--ray",
    type=lambda text: "" if text == "none" else _read_address(text),
    metavar="ADDRESS",
    shell_complete=completion.words("auto", "none"),
    help="Ray cluster to resume on, or none  [default: as before]",
)
csv_option = click.option(
    "--csv",
    "output",
    type=file_reader("csv", (".csv",)),
    metavar="FILE",
    shell_complete=completion.files,
    help="write the table, one row per setting, to a .csv file",
)


def list_options(command: Command) -> Command:
    """Add an option per setting to a command; it takes a list and may be repeated."""
    for setting in reversed(SETTINGS.values()):
        command = _list_option(setting)(command)
    return command


def _list_option(setting: Setting) -> Callable[[Command], Command]:
    def read(text: str) -> tuple[SettingValue, ...]:
        return parse_list(setting, text)

    value = setting_metavar(setting)
    # The value of such a setting is itself a list, so the option is repeated instead.
    more = " ..." if setting.kind == "ints" else "[,...]"
    return click.option(
        setting.option,
        setting.name,
        type=read,
        multiple=True,
        metavar=value + more,
        shell_complete=completion.of_setting(setting),
        help=f"{setting.help}  [default: {_default(setting)}]",
    )


def _default(setting: Setting) -> str:
    return "1" if setting.name == "threads" else setting.format(setting.default)


def given_lists(values: dict[str, Any]) -> dict[str, Sequence[SettingValue]]:
    """Return the lists of the settings that were given, with absolute dataset paths."""
    given = {name: [one for several in lists for one in several] for name, lists in values.items()}
    given["dataset"] = [absolute_dataset(str(dataset)) for dataset in given["dataset"]]
    return {name: several for name, several in given.items() if several}
