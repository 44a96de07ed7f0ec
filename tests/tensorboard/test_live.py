"""TensorBoard's files during training: they follow the journal, and never disturb training."""

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
from tensorboard.plugins.hparams import api_pb2

from tests.tensorboard.reading import Run, assert_tells_the_history
from tests.tui.recorder import Recorder, epoch_ended
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.tensorboard.event_file import EventFile
from vae_engine.tensorboard.live import TensorBoardMirror
from vae_engine.tensorboard.logdir import keep_logdir


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(SessionStore(tmp_path / "sessions"))


@pytest.fixture
def session(recorder: Recorder, logdir: Path) -> Session:
    """One in training with one epoch done, whose worker is asked to write into `logdir`."""
    session = recorder.session(status="training", epochs=1, of=9)
    ask(session, logdir)
    return session


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture(scope="module")
def few_digits(digits: Path) -> Dataset:
    return load_dataset(str(digits))


def ask(session: Session, logdir: Path) -> None:
    keep_logdir(session.folder, logdir)


def train(recorder: Recorder, session: Session, journal: Journal, epoch: int) -> None:
    """One more epoch, told by the journal that the mirror listens to."""
    recorder.preview(session, epoch)
    journal.emit(epoch_ended(epoch, session.settings.latent_dim))


def warnings(session: Session) -> list[str]:
    events = EventReader(session.folder / layout.EVENTS).read_all()
    return [event.text for event in events if isinstance(event, ev.Warned)]


def test_each_epoch_can_be_read_when_it_ends(
    recorder: Recorder, session: Session, logdir: Path, few_digits: Dataset
) -> None:
    journal = Journal(session.folder)
    mirror = TensorBoardMirror(session.folder, journal)
    assert_tells_the_history(Run(logdir / session.id), session)
    for epoch in (2, 3):
        train(recorder, session, journal, epoch)
        assert_tells_the_history(Run(logdir / session.id), session)
    journal.emit(ev.Finishing(reason="epochs"))
    mirror.finish("completed", few_digits)
    run = Run(logdir / session.id)
    assert_tells_the_history(run, session)
    assert run.outcome() == api_pb2.STATUS_SUCCESS
    assert (logdir / session.id / "projector_config.pbtxt").exists()
    assert warnings(session) == []


def test_a_later_worker_doubles_nothing_and_fills_gaps(
    recorder: Recorder, session: Session, logdir: Path
) -> None:
    journal = Journal(session.folder)
    killed = TensorBoardMirror(session.folder, journal)
    train(recorder, session, journal, 2)
    killed.close()
    # It was killed: it wrote half a record, and half a new file.
    (events,) = (logdir / session.id).iterdir()
    events.write_bytes(events.read_bytes()[:-10])
    (logdir / session.id / ".tmp-01234567-events").write_bytes(b"half")
    recorder.finish_epoch(session, 3)

    journal = Journal(session.folder)
    mirror = TensorBoardMirror(session.folder, journal)
    assert_tells_the_history(Run(logdir / session.id), session)
    train(recorder, session, journal, 4)
    mirror.close()
    assert_tells_the_history(Run(logdir / session.id), session)
    assert len(list((logdir / session.id).iterdir())) == 1


def test_a_failing_disk_is_reported_once_and_made_good_when_it_works_again(
    recorder: Recorder, session: Session, logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(session.folder)
    mirror = TensorBoardMirror(session.folder, journal)
    train(recorder, session, journal, 2)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(EventFile, "flush", full)
        train(recorder, session, journal, 3)
        train(recorder, session, journal, 4)
    (line,) = warnings(session)
    assert line.startswith("TensorBoard's files cannot be written, training continues: ")
    assert os.strerror(errno.ENOSPC) in line
    train(recorder, session, journal, 5)
    mirror.close()
    assert_tells_the_history(Run(logdir / session.id), session)
    assert len(warnings(session)) == 1


@pytest.mark.parametrize(
    "hindrance", ["file", "foreign", "not installed", "damaged", "copied", "unexpected"]
)
def test_nothing_ends_a_training(
    recorder: Recorder,
    session: Session,
    logdir: Path,
    few_digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    hindrance: str,
) -> None:
    if hindrance == "file":
        logdir.write_text("not a folder")
    elif hindrance == "foreign":
        (logdir / session.id).mkdir(parents=True)
        (logdir / session.id / "mine").touch()
    elif hindrance == "not installed":
        monkeypatch.setitem(sys.modules, "tensorboard", None)
    elif hindrance == "damaged":
        (session.folder / layout.TENSORBOARD).write_text('{"folder": "../relative"}')
    elif hindrance == "copied":
        copy = logdir.with_name(session.id)
        shutil.copytree(session.folder, copy)
        session = Session(copy)
    else:
        monkeypatch.setattr(EventFile, "add", lambda *_args, **_named: 1 / 0)
    journal = Journal(session.folder)
    mirror = TensorBoardMirror(session.folder, journal)
    train(recorder, session, journal, 2)
    mirror.finish("completed", few_digits)
    assert len(warnings(session)) == 1
    session.poll()
    assert session.log.epoch == 2
    left = {path.name for path in logdir.rglob("*")} if logdir.is_dir() else set()
    assert left <= {session.id, "mine"}


def test_nobody_is_served_who_did_not_ask(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(status="training", epochs=1, of=9)
    journal = Journal(session.folder)
    mirror = TensorBoardMirror(session.folder, journal)
    train(recorder, session, journal, 2)
    mirror.close()
    assert not logdir.exists()
    assert warnings(session) == []
