"""Tab completion in bash, zsh and fish."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.cli.terminal import VAE
from tui.cli import completion
from tui.cli.main import COMMANDS, main
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.sessions import layout
from vae_engine.sessions.liveness import beat, hold_lock, this_process
from vae_engine.sessions.ownership import Ownership
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, SweepStore

HEAVY = {"numpy", "textual", "rich", "tensorflow", "keras", "sklearn", "PIL"}


class Shell:
    """Presses Tab at the end of some words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def answer(self, shell: str, *words: str) -> str:
        """What the shell's script reads."""
        self._monkeypatch.setenv(completion.VARIABLE, f"{shell}_complete")
        self._monkeypatch.setenv("COMP_WORDS", " ".join(("vae", *words)))
        at = words[-1] if shell == "fish" else str(len(words))
        self._monkeypatch.setenv("COMP_CWORD", at)
        self._capsys.readouterr()
        with pytest.raises(SystemExit):
            main()
        said = self._capsys.readouterr()
        assert said.err == ""
        return said.out

    def offered(self, *words: str) -> list[str]:
        """The suggestions in bash, paths aside."""
        return [value for kind, value in self._lines(words) if kind == "plain"]

    def kinds(self, *words: str) -> set[str]:
        return {kind for kind, _ in self._lines(words)}

    def _lines(self, words: tuple[str, ...]) -> list[tuple[str, str]]:
        lines = (line.partition(",") for line in self.answer("bash", *words).splitlines() if line)
        return [(kind, value) for kind, _, value in lines]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


def add(store: SessionStore, session_id: str, name: str = "one") -> Session:
    return store.create(make_settings(), name=name, command=["test"], session_id=session_id)


def test_commands_and_options_are_offered(shell: Shell) -> None:
    assert shell.offered("") == list(COMMANDS)
    assert shell.offered("se") == ["sessions", "serve"]
    assert "--latent-dim" in shell.offered("train", "--la")
    assert shell.offered("sweep", "s") == ["show", "stop"]


@pytest.mark.parametrize(
    "command",
    [
        ["show"],
        ["resume"],
        ["fork"],
        ["attach"],
        ["sample"],
        ["reconstruct"],
        ["embed"],
        ["evaluate"],
        ["delete"],
        ["export"],
    ],
    ids=" ".join,
)
def test_ids_are_offered_newest_first_and_by_a_part(
    shell: Shell, store: SessionStore, command: list[str]
) -> None:
    for session_id in ("20260101-120000-aaaa", "20260102-120000-bbbb"):
        add(store, session_id)
    ids = ["20260102-120000-bbbb", "20260101-120000-aaaa"]
    assert shell.offered(*command, "") == [*ids, "latest", "example", "example-colour"]
    assert shell.offered(*command, "20260101") == ["20260101-120000-aaaa"]
    assert shell.offered(*command, "aa") == ["20260101-120000-aaaa"]
    assert shell.offered(*command, "lat") == ["latest"]
    assert shell.offered(*command, "x") == []


def test_names_are_offered_where_they_mean_one_session(shell: Shell, store: SessionStore) -> None:
    add(store, "20260101-120000-aaaa", "faces")
    add(store, "20260101-120000-bbbb", "double")
    add(store, "20260101-120000-cccc", "double")
    assert shell.offered("show", "fa") == ["faces"]
    assert shell.offered("show", "do") == []
    assert "20260101-120000-aaaa\nfaces\n" in shell.answer("zsh", "show", "2026")
    # click 8.5 changed how it talks to fish.
    assert re.search(r"20260101-120000-aaaa[\t\n]faces", shell.answer("fish", "show", "2026"))


def test_sessions_of_another_folder_and_those_given_already(
    shell: Shell, store: SessionStore, tmp_path: Path
) -> None:
    add(store, "20260101-120000-aaaa")
    other = SessionStore(tmp_path / "other")
    add(other, "20260101-120000-bbbb")
    assert shell.offered("show", "--sessions-dir", str(other.root), "2026") == [
        "20260101-120000-bbbb"
    ]
    assert shell.offered("delete", "20260101-120000-aaaa", "2026") == []


def test_commands_for_runs_offer_live_sessions_alone(shell: Shell, store: SessionStore) -> None:
    add(store, "20260101-120000-aaaa")
    live = add(store, "20260101-120000-bbbb")
    lock = hold_lock(live.folder)
    Ownership(live.folder, this_process(run=1))
    beat(live.folder)
    for command in ("stop", "pause", "continue"):
        assert shell.offered(command, "2026") == ["20260101-120000-bbbb"]
    lock.release()


def test_the_trash_is_offered_to_restore(shell: Shell, store: SessionStore) -> None:
    store.delete(add(store, "20260101-120000-aaaa"))
    assert shell.offered("show", "2026") == []
    assert shell.offered("restore", "2026") == ["20260101-120000-aaaa"]


def test_sweeps_are_offered_to_the_commands_of_sweeps(shell: Shell, store: SessionStore) -> None:
    grid = make_grid({"latent_dim": (2, 4)}, 1)
    sweep = SweepStore(store).create(NewSweep(grid, parallel=1))
    for command in ("show", "stop", "resume"):
        assert shell.offered("sweep", command, "") == [sweep.id, "latest"]


def test_values_of_settings_are_offered(shell: Shell) -> None:
    for setting in SETTINGS.values():
        if setting.choices:
            assert shell.offered("train", setting.option, "") == list(setting.choices)
            first = setting.choices[0]
            assert shell.offered("fork", "one", setting.option, first[:2])[0] == first
    choices = SETTINGS["activation"].choices
    listed = shell.offered("sweep", "run", "--activation", "silu,")
    assert listed == [f"silu,{choice}" for choice in choices]
    assert shell.offered("--colors", "") == ["auto", "16", "256", "24bit"]
    assert shell.offered("train", "--latent-dim", "") == []


def test_datasets_are_names_and_paths(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    (tmp_path / "faces.npz").touch()
    (tmp_path / "fa mous").touch()
    everything = [*NAMED_DATASETS, "digits/", "faces.npz"]
    assert shell.offered("train", "--dataset", "") == everything
    assert shell.offered("train", "--dataset", "fa") == ["fashion_mnist", "faces.npz"]
    assert shell.kinds("train", "--dataset", "./d") == {"file"}
    assert shell.kinds("train", "--dataset", "dig") == {"file"}
    assert shell.kinds("sample", "one", "-o", "") == {"file"}
    assert shell.kinds("import", "") == {"file"}
    assert shell.kinds("sessions", "--sessions-dir", "") == {"dir"}


@pytest.mark.parametrize(
    "name",
    [
        "$(touch stolen)",
        "`touch stolen`",
        "a;touch stolen",
        "a b",
        "*",
        "~root",
        "-rf",
        "'quote",
        "back\\slash",
        "a|b",
        "a&b",
        "a>b",
        "!!",
        "{a,b}",
        "esc\x1b[31m",
        "new\nline",
        "tab\tbed",
        "\u202eright",
    ],
)
def test_what_a_stranger_called_a_session_is_not_pasted(
    shell: Shell, store: SessionStore, tmp_path: Path, name: str
) -> None:
    session = add(store, "20260101-120000-aaaa")
    label = session.folder / layout.LABEL
    label.write_bytes(msgspec.json.encode({"schema": 1, "name": name, "tags": [], "note": ""}))
    session.folder.rename(store.root / name)
    add(store, "20260102-120000-bbbb", "mine")
    (tmp_path / name).touch()
    for kind in ("bash", "zsh", "fish"):
        for begun in ("", name[0]):
            said = shell.answer(kind, "show", begun)
            assert name not in said
            assert said.replace("\n", "").replace("\t", "").isprintable()
    assert shell.offered("show", "") == [
        "20260102-120000-bbbb",
        "latest",
        "example",
        "example-colour",
    ]
    assert name not in shell.offered("train", "--dataset", "")


def test_a_name_with_control_characters_is_made_harmless_in_the_help(
    shell: Shell, store: SessionStore
) -> None:
    session = add(store, "20260101-120000-aaaa")
    label = {"schema": 1, "name": "a\x1b[31m,\nred", "tags": [], "note": ""}
    (session.folder / layout.LABEL).write_bytes(msgspec.json.encode(label))
    for kind in ("zsh", "fish"):
        said = shell.answer(kind, "show", "2026")
        assert "20260101-120000-aaaa" in said
        assert "\x1b" not in said


def test_a_folder_that_cannot_be_read_offers_nothing(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("no folder")
    assert shell.answer("bash", "show", "") == ""
    assert shell.offered("sessi") == ["sessions"]


def test_damaged_sessions_are_offered_by_their_id(shell: Shell, store: SessionStore) -> None:
    session = add(store, "20260101-120000-aaaa")
    (session.folder / layout.MANIFEST).write_text("{")
    assert shell.offered("delete", "2026") == ["20260101-120000-aaaa"]


@pytest.mark.parametrize("words", ["", "show 2", "sweep show s", "train --dataset m"])
def test_nothing_heavy_is_imported(store: SessionStore, words: str) -> None:
    add(store, "20260101-120000-aaaa")
    script = (
        "import sys\nfrom tui.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "_VAE_COMPLETE": "bash_complete",
            "COMP_WORDS": f"vae {words}",
            "COMP_CWORD": str(len(f"vae {words}".split(" ")) - 1),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout != ""
    assert done.stderr == "[]\n"


def test_bash_takes_it(store: SessionStore) -> None:
    """The line of docs/command-line.md in a bash, and what it then offers."""
    add(store, "20260101-120000-aaaa")
    document = (Path(__file__).parents[2] / "docs/command-line.md").read_text()
    line = 'eval "$(_VAE_COMPLETE=bash_source vae)"'
    assert line in document
    script = (
        f"{line}; complete -p vae; COMP_WORDS=(vae show 2026); COMP_CWORD=2; "
        "_vae_completion vae; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{VAE.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == ["20260101-120000-aaaa"]
