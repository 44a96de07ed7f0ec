"""Exports for other tools from the command line."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Vae
from tests.faults.foreign.commands import ask as ask_foreign
from tests.faults.foreign.commands import check
from tests.faults.foreign.test_hostile_text import ATTACKS, hostile_session
from tests.tensorboard.reading import Run, assert_tells_the_history
from tests.tui.recorder import Recorder
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, SweepStore


def test_several_sessions_become_runs_and_one_table(
    vae: Vae, recorder: Recorder, digits: Path, tmp_path: Path
) -> None:
    dataset = str(digits)
    one = recorder.session("one", epochs=2, dataset=dataset)
    two = recorder.session("two", epochs=3, latent_dim=4, dataset=dataset)
    done = vae("export", "one", "two", "one", "--tensorboard", "logs", "--csv", "h.csv")
    assert done.code == 0
    assert done.lines == [
        f"wrote {one.id} to {tmp_path / 'logs' / one.id}",
        f"wrote {two.id} to {tmp_path / 'logs' / two.id}",
        "wrote 5 epochs to h.csv",
    ]
    for session in (one, two):
        assert_tells_the_history(Run(tmp_path / "logs" / session.id), session)
        assert (tmp_path / "logs" / session.id / "projector_config.pbtxt").exists()
    columns = Run(tmp_path / "logs" / one.id).experiment().hparam_infos
    assert [column.name for column in columns if column.differs] == [
        "name",
        "latent_dim",
        "epochs",
        "min_epochs",
    ]
    with (tmp_path / "h.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["setting_latent_dim"] for row in rows] == ["2", "2", "4", "4", "4"]


def test_the_id_of_a_sweep_means_its_sessions(
    vae: Vae, recorder: Recorder, store: SessionStore, tmp_path: Path
) -> None:
    sweep = SweepStore(store).create(NewSweep(make_grid({"latent_dim": (2, 4, 8)}, 1), parallel=1))
    assert "has no session yet" in vae("export", sweep.id, "--csv", "h.csv").error(1)
    for trial, settings in list(zip(sweep.record.trials, sweep.settings, strict=True))[:2]:
        session = store.create(settings, session_id=trial.session)
        recorder.fill(session, status="completed", epochs=2, previews=False)
    done = vae("export", sweep.id, "--csv", "h.csv")
    assert (done.code, done.lines) == (0, ["wrote 4 epochs to h.csv"])
    with (tmp_path / "h.csv").open(newline="") as file:
        assert [row["setting_latent_dim"] for row in csv.DictReader(file)] == ["2", "2", "4", "4"]
    assert "one session, not 2" in vae("export", sweep.id, "-o", "x.zip").error(2)


def test_a_session_whose_images_are_gone_has_no_embeddings(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    session = recorder.session(epochs=1, dataset=str(tmp_path / "gone.npz"))
    done = vae("export", session.id, "--tensorboard", "logs")
    assert done.code == 0
    assert f"{session.id}, without embeddings: " in done.out
    assert str(tmp_path / "gone.npz") in done.out
    assert_tells_the_history(Run(tmp_path / "logs" / session.id), session)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ([], "-o FILE.zip, --tensorboard DIR or --csv FILE"),
        (["--slim", "--csv", "h.csv"], "add -o FILE.zip"),
        (["other", "-o", "x.zip"], "one session, not 2"),
        (["--csv", "h.txt"], "a file ending in .csv"),
        (["--tensorboard", "a\x1bb"], "a folder of printable name"),
    ],
)
def test_what_contradicts_itself_is_bad_usage(
    vae: Vae, recorder: Recorder, tmp_path: Path, options: list[str], wanted: str
) -> None:
    recorder.session("target", epochs=1, previews=False)
    recorder.session("other", epochs=1, previews=False)
    assert wanted in vae("export", "target", *options).error(2)
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]


def test_without_the_extra_the_line_names_it(
    vae: Vae, recorder: Recorder, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(epochs=1, previews=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert "extra [tensorboard]" in vae("export", session.id, "--tensorboard", "logs").error(1)
    assert "extra [tensorboard]" in vae("train", "--tensorboard", "logs").error(1)
    assert len(store.listings()) == 1
    assert vae("export", session.id, "--csv", "h.csv").code == 0


def test_exporting_for_tensorboard_imports_no_tensorflow(
    recorder: Recorder, digits: Path, tmp_path: Path
) -> None:
    session = recorder.session(epochs=1, dataset=str(digits))
    script = (
        "import sys\n"
        "from tui.cli.main import run\n"
        "assert run(sys.argv[1:]) == 0\n"
        "assert 'tensorboard' in sys.modules\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-c", script, "export", session.id, "--tensorboard", "logs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "logs" / session.id / "projector_config.pbtxt").exists()


@pytest.mark.parametrize(
    ("logdir", "why"),
    [
        ("sessions", "is inside the sessions folder"),
        ("sessions/logs", "is inside the sessions folder"),
        ("file", "cannot be written"),
        ("file/logs", "cannot be written"),
    ],
)
def test_a_training_that_could_not_write_there_does_not_begin(
    vae: Vae, store: SessionStore, tmp_path: Path, logdir: str, why: str
) -> None:
    (tmp_path / "file").touch()
    assert why in vae("train", "--tensorboard", logdir).error(1)
    assert store.listings() == []


def test_the_wish_does_not_travel(vae: Vae, recorder: Recorder, tmp_path: Path) -> None:
    session = recorder.session(epochs=1, previews=False)
    (session.folder / layout.TENSORBOARD).write_text('{"folder": "/etc"}')
    assert vae("export", session.id, "-o", "it.zip").code == 0
    elsewhere = tmp_path / "elsewhere"
    assert vae("import", "it.zip", "--sessions-dir", elsewhere).code == 0
    assert not (elsewhere / session.id / layout.TENSORBOARD).exists()
    assert Session(elsewhere / session.id).id == session.id


@pytest.mark.parametrize("attack", ["clear and home", "lines", "direction", "long"])
def test_text_of_strangers_reaches_neither_terminal_nor_table(
    recorder: Recorder, tmp_path: Path, attack: str
) -> None:
    session = hostile_session(recorder, ATTACKS[attack])
    done = check(ask_foreign("export", session.id, "--tensorboard", "logs", "--csv", "h.csv"))
    assert done.code == 0
    table = (tmp_path / "h.csv").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in table.splitlines())
    run = Run(tmp_path / "logs" / session.id)
    assert run.settings()["name"].isprintable()
    assert [path.name for path in (tmp_path / "logs").iterdir()] == [session.id]
