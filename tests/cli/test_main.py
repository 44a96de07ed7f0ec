"""The command itself: without arguments, start-up time, errors."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import msgspec
import pytest

from tests.cli.conftest import Spawn, Vae, finish
from tests.cli.terminal import VAE
from tests.tui.recorder import Recorder
from tui.cli.main import _OTHER_NAMES, COMMANDS, cli
from tui.cli.sweep import sweep
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.liveness import beat, this_process
from vae_engine.settings import SETTINGS

DOCUMENT = Path(__file__).parents[2] / "docs" / "command-line.md"


def test_alone_it_says_what_to_type(vae: Vae) -> None:
    done = vae()
    assert done.code == 0
    assert "vae train" in done.out
    assert "vae --help" in done.out


def test_it_prints_its_version(vae: Vae) -> None:
    assert vae("--version").out == f"vae {version('vae-workbench')}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(vae: Vae, flag: str) -> None:
    done = vae(flag)
    assert done.code == 0
    assert all(f"\n  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_begins_as_it_is_listed(vae: Vae, name: str) -> None:
    done = vae(name, "-h")
    assert done.code == 0
    assert done.out.startswith(f"Usage: vae {name} ")
    command = cli.get_command(cli.make_context("vae", [], resilient_parsing=True), name)
    assert command is not None
    assert (command.help or "").split("\n\n")[0] == COMMANDS[name][1]


SWEEP_COMMANDS = [f"sweep {name}" for name in sweep.commands]
# What can be typed: a group's own name alone is no command.
TYPED = [*(name for name in COMMANDS if name != "sweep"), *SWEEP_COMMANDS]


def command_of(name: str) -> click.Command:
    group, _, member = name.rpartition(" ")
    found = sweep.commands[member] if group else cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", SWEEP_COMMANDS)
def test_the_commands_of_sweeps_are_listed_and_have_help(vae: Vae, name: str) -> None:
    done = vae(*name.split(), "-h")
    assert done.code == 0
    assert done.out.startswith(f"Usage: vae {name} ")
    assert (command_of(name).help or "").partition("\n")[0] in vae("sweep", "-h").out


@pytest.mark.parametrize("name", TYPED)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"`vae {name} " in text
    command = command_of(name)
    special = {"store", "plain", "detach", "as_json", "empty", "yes", "slim", "split", "now"}
    special |= {"seeds", "parallel", "output"}
    for parameter in command.params:
        if parameter.name in special:
            assert any(option in text for option in parameter.opts), parameter.opts


@pytest.mark.parametrize("name", TYPED)
def test_every_command_takes_the_sessions_folder(vae: Vae, name: str) -> None:
    assert "--sessions-dir P" in vae(*name.split(), "-h").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "No such command 'trian'. Did you mean 'train'? `vae --help`"),
        (["list"], "No such command 'list'. Did you mean 'sessions'? `vae --help`"),
        (["RM", "x"], "Did you mean 'delete'?"),
        (["xyzzy"], "No such command 'xyzzy': `vae --help`"),
        (["sweep", "lst"], "No such command 'lst'. Did you mean 'list'? `vae sweep --help`"),
        (["--verbose"], "No such option '--verbose'"),
        (["sessions", "--bogus"], "No such option '--bogus'"),
        (["sessions", "extra"], "unexpected extra argument"),
        (["show"], "Missing argument 'ID'"),
        (["sweep"], "Missing command"),
        (["sweep", "trian"], "No such command 'trian'"),
        (["sweep", "show"], "Missing argument 'ID'"),
        (["sweep", "run", "--latent-dims", "2"], "No such option '--latent-dims'"),
        (["delete"], "Missing argument 'ID...'"),
        (["train", "--seed"], "requires an argument"),
        (["embed", "x", "--split", "val", "-o", "a.npz"], "'val' is not one of 'test', 'train'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(vae: Vae, arguments: list[str], said: str) -> None:
    line = vae(*arguments).error(2)
    assert said in line
    assert "--help` shows the usage" in line


def test_suggestions_are_commands_and_no_command_is_taken_for_another() -> None:
    assert set(_OTHER_NAMES.values()) <= set(COMMANDS)
    assert not set(_OTHER_NAMES) & set(COMMANDS)


def test_an_unknown_session_is_a_failure(vae: Vae) -> None:
    assert "'nobody'" in vae("show", "nobody").error(1)


def test_a_sessions_folder_that_is_none_is_one_line(vae: Vae, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = vae("sessions", "--sessions-dir", tmp_path / "file").error(1)
    assert line == f"vae: {tmp_path / 'file'} cannot be read: Not a directory"


def test_the_option_is_stronger_than_the_variable_and_that_than_the_default(
    vae: Vae, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(previews=False)
    assert session.id in vae("sessions").out
    assert session.id not in vae("sessions", "--sessions-dir", tmp_path / "other").out
    monkeypatch.delenv("VAE_SESSIONS")
    assert session.id in vae("sessions").out
    monkeypatch.chdir("/")
    assert session.id not in vae("sessions").out


def loaded_by(*command: str) -> set[str]:
    """The modules that a command which succeeds loads, in a process of its own."""
    script = (
        "import sys; from tui.cli.main import run; code = run(sys.argv[1:]);"
        "print(code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    return set(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["sessions"], ["sessions", "--json"]])
def test_light_commands_do_not_load_what_they_do_not_need(arguments: list[str]) -> None:
    heavy = {"numpy", "textual", "PIL", "tensorflow", "rich.live"}
    assert loaded_by(*arguments) & heavy == set()


@pytest.mark.parametrize("command", [["sessions"], ["show", "latest"]])
def test_a_look_at_sessions_that_ended_starts_at_once(
    recorder: Recorder, command: list[str]
) -> None:
    folder = recorder.session(previews=False).folder
    with subprocess.Popen(["true"]) as worker:
        pass
    record = msgspec.structs.replace(this_process(run=1), pid=worker.pid)
    atomic.write_record(folder / layout.WORKER, record)
    beat(folder)
    os.utime(folder / layout.HEARTBEAT, (0, 0))
    assert loaded_by(*command) & {"psutil", "socket", "secrets", "json", "rich"} == set()


@pytest.mark.parametrize("arguments", [["sessions", "--json"], ["sessions"], ["train", "-h"]])
def test_a_reader_that_has_enough_is_no_failure(recorder: Recorder, arguments: list[str]) -> None:
    recorder.session(previews=False)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([VAE, *arguments], stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_one_line(recorder: Recorder) -> None:
    recorder.session(previews=False)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [VAE, "sessions"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "vae: No space left on device\n")


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}]
)
def test_a_poor_locale_does_not_end_a_command(
    spawn: Spawn, recorder: Recorder, environment: dict[str, str]
) -> None:
    session = recorder.session("żółw 日本", note="ąę\nдва", previews=False)
    for command in (["sessions"], ["show", session.id], ["show", "nobody-ż"]):
        done = finish(spawn(*command, **environment))
        assert done.code == (1 if "nobody-ż" in command else 0), done
        assert "Traceback" not in done.err


WORDS = {
    "--sessions-dir": {"./sessions"},
    "--name": {"DATASET-dN", "what it varies"},
    "--workers": {"from TF_CONFIG"},
    "--worker-index": {"0"},
    "--seeds": {"1"},
    "--gpus": {"0"},
    "--ray": {"as before"},
    "--parallel": {"as many as the CPUs allow"},
    "--colors": {"detected"},
    "--link": {"slow over ssh"},
    "--graphics": {"blocks"},
}
"""Defaults that depend on more than the option, by its name."""

WORDS_OF_COMMANDS = {
    ("resume", "--epochs"): "up to the planned end",
    ("reconstruct", "-n"): "10, or all there are",
    ("direction", "--from"): "the mean of GROUP_A",
    ("embed", "--split"): "test",
    ("outliers", "--worst"): "20",
    ("outliers", "--best"): "none",
    ("compare", "--images"): "test",
    ("compare", "--seed"): "none: the same images",
    ("compare", "--epoch"): "the current export of each",
}


def every_option() -> Iterator[tuple[str, click.Option]]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        parts = (
            [command.get_command(context, part) for part in command.list_commands(context)]
            if isinstance(command, click.Group)
            else [command]
        )
        for part in parts:
            assert part is not None
            called = name if part is command else f"{name} {part.name}"
            yield from ((called, one) for one in part.params if isinstance(one, click.Option))


def test_every_default_in_a_help_text_is_the_option_s() -> None:
    """Old: `vae fork -h` promised `[default: 2]` where it takes the parent's value."""
    seen = 0
    for command, option in every_option():
        said = re.search(r"\[(?:env: \w+; )?default: (.+)\]$", option.help or "")
        if said is None:
            continue
        seen += 1
        name, default = option.opts[0], option.to_info_dict()["default"]
        setting = next((one for one in SETTINGS.values() if one.option == name), None)
        if said[1] in WORDS.get(name, ()) or said[1] == WORDS_OF_COMMANDS.get((command, name)):
            continue
        if default is None and setting is not None:
            # Not given, a setting has its own default, unless the command has a session's.
            assert command in ("train", "data", "sweep run"), (command, name)
            # Several at once share the processors.
            default = 1 if (command, name) == ("sweep run", "--threads") else setting.default
        text = setting.format(default) if setting is not None else f"{default}"
        assert said[1] == text.removesuffix(".0"), (command, name)
    assert seen > 100
