"""Every option of every command, with values that it cannot have: one line, exit code 2, no trace.

The options come from the commands themselves, so a new one is tested without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.faults.foreign.commands import ask, check, digest
from tests.tui.recorder import Recorder
from tui.cli.main import COMMANDS, cli
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Setting
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, SweepStore

NEVER_VALID = {
    "empty": "",
    "a word": "nonsense",
    "not a number": "nan",
    "infinite": "inf",
    "negative": "-1",
    "huge": "9" * 400,
    "endless": "9" * 10_000,
    "fraction of nothing": "1/0",
    "a list with a hole": "1,,2",
    "other digits": "٣,x",
    "control characters": "\x1b[2J\x07",
    "right to left": "\u202e12",
    "half a pair": "\udcff",
    "a megabyte": "x" * 2**17,  # The most that Linux passes in one argument.
}
# Text is anything printable; what a store or a reference names is judged when it is looked up.
FREE = {"--sessions-dir", "--name", "--dataset", "--output", "--tensorboard", "--images"}


def commands() -> Iterator[tuple[str, click.Command]]:
    """All commands by their words, those of groups among them."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                yield f"{name} {part}", below
        else:
            yield name, command


NAMES = [name for name, _ in commands()]


def options(*, valued: bool) -> list[tuple[str, str]]:
    """All options of all commands: those that take a value, or those that take none."""
    return [
        (name, parameter.opts[-1])
        for name, command in commands()
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.is_flag is not valued
    ]


def arguments(name: str) -> list[str]:
    """What else the command needs, for the session `target`."""
    outputs = {"embed": "x.npz", "export": "x.zip", "report": "x.html", "timelapse": "x.gif"}
    needs = {command: ["-o", name] for command, name in outputs.items()}
    takes = [
        parameter
        for command_name, command in commands()
        if command_name == name
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    ]
    return [*("target" for _ in takes), *needs.get(name, [])]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Path:
    folder = tmp_path_factory.mktemp("home")
    store = SessionStore(folder / "sessions")
    # All of MNIST would be read again for each name of a class that there is not.
    Recorder(store).session("target", dataset=str(digits))
    SweepStore(store).create(
        NewSweep(make_grid({"latent_dim": (2, 4)}, 1), parallel=1, name="target")
    )
    return folder


@pytest.fixture
def home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, with a session `target`; no test may change it."""
    monkeypatch.setenv("VAE_SESSIONS", str(place / "sessions"))
    monkeypatch.chdir(place)
    return place


def test_all_settings_are_among_the_options() -> None:
    found = {option for name, option in options(valued=True) if name == "train"}
    assert {setting.option for setting in SETTINGS.values()} <= found


@pytest.mark.parametrize(("command", "option"), options(valued=True))
def test_a_value_that_cannot_be_is_bad_usage(home: Path, command: str, option: str) -> None:
    before = digest(home)
    for kind, value in NEVER_VALID.items():
        if option in FREE and kind not in ("control characters", "a megabyte", "empty"):
            continue
        if option in ("--sessions-dir", "--dataset", "--ray", "--notify"):
            # Any bytes name a folder; below they are looked for. Ray is an extra. Any command may
            # be run at the end of a training, which would begin.
            continue
        if option == "--from" and kind == "a list with a hole":
            continue  # Any number of commas and spaces is between the values of z.
        answer = check(ask(*command.split(), *arguments(command), f"{option}={value}"))
        assert answer.code == 2, (kind, answer)
        assert answer.out == "", (kind, answer)
        assert digest(home) == before, kind


@pytest.mark.parametrize("command", NAMES)
@pytest.mark.parametrize("kind", NEVER_VALID)
def test_a_folder_of_sessions_of_any_name_is_looked_for(
    home: Path, command: str, kind: str
) -> None:
    before = digest(home)
    if command in ("train", "fork", "import", "sweep run", "serve", "doctor"):
        return  # These would make it, serve until interrupted, or import TensorFlow each time.
    answer = check(
        ask(*command.split(), *arguments(command), "--sessions-dir", f"no/{NEVER_VALID[kind]}")
    )
    assert answer.code in (0, 1), answer
    assert digest(home) == before


@pytest.mark.parametrize("command", ["train", "fork"])
@pytest.mark.parametrize("kind", NEVER_VALID)
def test_a_dataset_of_any_name_is_looked_for(home: Path, command: str, kind: str) -> None:
    before = digest(home)
    dataset = f"--dataset={NEVER_VALID[kind]}"
    answer = check(ask(*command.split(), *arguments(command), dataset, "--detach"))
    assert answer.code in (1, 2), answer
    assert answer.out == ""
    assert digest(home) == before


@pytest.mark.parametrize(("command", "option"), options(valued=False))
def test_a_flag_takes_no_value(home: Path, command: str, option: str) -> None:
    before = digest(home)
    answer = check(ask(*command.split(), *arguments(command), f"{option}=\x1b[2J"))
    assert (answer.code, answer.out) == (2, "")
    assert digest(home) == before


@pytest.mark.parametrize("command", NAMES)
@pytest.mark.parametrize("wrong", ["--\x1b[31m", "--no-such", "-Z", "--" + "x" * 2**17])
def test_an_option_that_is_none_is_bad_usage(home: Path, command: str, wrong: str) -> None:
    before = digest(home)
    answer = check(ask(*command.split(), *arguments(command), wrong))
    assert (answer.code, answer.out) == (2, "")
    assert digest(home) == before


@pytest.mark.parametrize("command", [name for name in NAMES if "target" in arguments(name)])
@pytest.mark.parametrize("kind", NEVER_VALID)
def test_a_session_of_an_unknown_name_is_reported(home: Path, command: str, kind: str) -> None:
    before = digest(home)
    words = [NEVER_VALID[kind] if word == "target" else word for word in arguments(command)]
    answer = check(ask(*command.split(), *words))
    assert answer.code in (1, 2), answer
    assert digest(home) == before


@pytest.mark.parametrize("wrong", ["\x1b]0;owned\x07", "trian", "", "x" * 2**17, "\udcff"])
def test_a_command_that_is_none_is_bad_usage(home: Path, wrong: str) -> None:
    answer = check(ask(wrong))
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize("setting", [one for one in SETTINGS.values() if one.kind != "str"])
def test_just_beyond_its_range_a_setting_is_refused(home: Path, setting: Setting) -> None:
    before = digest(home)
    below = setting.low if setting.low_open else setting.low - 1
    above = setting.high if setting.high_open else setting.high + 1
    for value in (f"{below:.0f}", f"{above:.0f}"):
        answer = check(ask("train", f"{setting.option}={value}"))
        assert answer.code == 2, answer
        assert setting.range_text in answer.err
    assert digest(home) == before
