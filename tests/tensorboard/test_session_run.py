"""Sessions as TensorBoard runs, read back by TensorBoard's own reader."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from numpy.typing import NDArray
from PIL import Image
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tests.tensorboard.reading import Run, assert_tells_the_history
from tests.tui.recorder import Recorder
from vae_engine.datasets import Dataset, load_dataset, to_float
from vae_engine.errors import SessionBusyError, SessionDamagedError, SessionError
from vae_engine.inference.sampling import load_encoder
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Label, Status
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS
from vae_engine.tensorboard.event_file import EventFile
from vae_engine.tensorboard.logdir import keep_logdir
from vae_engine.tensorboard.session_run import export_session_run


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(SessionStore(tmp_path / "sessions"))


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture(scope="module")
def few_digits(digits: Path) -> Dataset:
    return load_dataset(str(digits))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_figures_and_images_are_those_of_the_session(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(epochs=4, latent_dim=4)
    run = Run(export_session_run(session, logdir, None))
    assert_tells_the_history(run, session)


def test_settings_and_results_are_hyperparameters(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session("my name", epochs=2, latent_dim=4, beta=2.0)
    run = Run(export_session_run(session, logdir, None))
    told = run.settings()
    assert told.pop("name") == "my name"
    for name, setting in SETTINGS.items():
        value = getattr(session.settings, name)
        number = setting.kind in ("int", "float")
        assert told.pop(name) == (float(value) if number else setting.format(value))
    assert told == {}
    experiment = run.experiment()
    assert {info.name for info in experiment.hparam_infos} == {"name", *SETTINGS}
    assert {"latent_dim", "beta"} < {one.name for one in experiment.hparam_infos if one.differs}
    result = session.result()
    assert result is not None
    metrics = [info.name.tag for info in experiment.metric_infos]
    assert metrics[0] == "result/test_loss"
    ((step, test_loss, _),) = run.scalars("result/test_loss")
    assert (step, test_loss) == (2, float(np.float32(result.test_loss)))
    assert run.outcome() == api_pb2.STATUS_SUCCESS


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("training", None),
        ("interrupted", None),
        ("diverged", api_pb2.STATUS_FAILURE),
        ("stopped", api_pb2.STATUS_SUCCESS),
    ],
)
def test_a_session_in_any_state_is_reported_as_it_is(
    recorder: Recorder, logdir: Path, status: Status, outcome: int | None
) -> None:
    session = recorder.session(status=status, epochs=1, of=9)
    run = Run(export_session_run(session, logdir, None))
    assert run.outcome() == outcome
    assert_tells_the_history(run, session)


def test_the_projector_shows_the_test_digits(
    recorder: Recorder, logdir: Path, few_digits: Dataset
) -> None:
    session = recorder.session(epochs=1, latent_dim=4)
    folder = export_session_run(session, logdir, few_digits)
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    assert list(embedding.tensor_shape) == [500, 4]
    z_mean, _ = load_encoder(session).encode(to_float(few_digits.test_images))
    np.testing.assert_array_equal(tensor(folder / embedding.tensor_path), z_mean)
    head, *labels = (folder / embedding.metadata_path).read_text().splitlines()
    assert head == "label\tindex"
    assert few_digits.test_labels is not None
    told = [line.split("\t") for line in labels]
    assert [int(label) for label, _ in told] == few_digits.test_labels.tolist()
    assert list(embedding.sprite.single_image_dim) == [28, 28]
    with Image.open(folder / embedding.sprite.image_path) as image:
        sheet = np.asarray(image)
    assert sheet.shape == (23 * 28, 23 * 28)
    row, column = divmod(57, 23)
    shown = sheet[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
    np.testing.assert_array_equal(shown, few_digits.test_images[57])


def test_z_of_two_dimensions_is_filled_up_for_the_projector(
    recorder: Recorder, logdir: Path, few_digits: Dataset
) -> None:
    session = recorder.session(epochs=1, latent_dim=2)
    folder = export_session_run(session, logdir, few_digits)
    z_mean, _ = load_encoder(session).encode(to_float(few_digits.test_images))
    found = tensor(folder / "z_mean.tsv")
    np.testing.assert_array_equal(found[:, :2], z_mean)
    assert found.shape == (500, 3)
    assert not found[:, 2].any()


def tensor(path: Path) -> NDArray[np.float32]:
    return np.loadtxt(path, dtype=np.float32, delimiter="\t", ndmin=2)


def test_a_later_export_takes_the_place_of_the_earlier(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(status="training", epochs=2, of=9)
    folder = export_session_run(session, logdir, None)
    (folder / "mine.txt").write_text("kept")
    (logdir / "other").mkdir()
    (logdir / "other" / "events.out.tfevents.1.host").write_bytes(b"kept")
    recorder.finish_epoch(session, 3)
    assert export_session_run(session, logdir, None) == folder
    assert_tells_the_history(Run(folder), session)
    assert len(files(folder)) == 2
    assert {"other/events.out.tfevents.1.host", f"{session.id}/mine.txt"} < files(logdir)


def test_a_folder_of_something_else_is_left_alone(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(epochs=1)
    foreign = logdir / session.id / "projector_config.pbtxt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine")
    with pytest.raises(SessionError, match="has other files"):
        export_session_run(session, logdir, None)
    assert files(logdir) == {f"{session.id}/projector_config.pbtxt"}
    assert foreign.read_text() == "mine"


def test_nothing_is_written_into_the_session_itself(recorder: Recorder) -> None:
    session = recorder.session(epochs=1)
    before = files(session.folder)
    for logdir in (session.folder, session.folder / "logs", session.folder.parent):
        with pytest.raises(SessionError, match="is inside the session"):
            export_session_run(session, logdir, None)
    assert files(session.folder) == before


def test_a_failure_leaves_nothing_new(
    recorder: Recorder, logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(status="training", epochs=2, of=9)
    folder = export_session_run(session, logdir, None)
    before = {path: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(EventFile, "flush", full)
    with pytest.raises(SessionError, match="cannot be written: No space left"):
        export_session_run(session, logdir, None)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(SessionError, match="cannot be written: No space left"):
        export_session_run(session, logdir.with_name("new"), None)
    assert not logdir.with_name("new").exists()


def test_a_damaged_preview_leaves_nothing(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(epochs=2)
    (session.folder / layout.preview_file(2)).write_bytes(b"no npz")
    with pytest.raises(SessionDamagedError):
        export_session_run(session, logdir, None)
    assert not logdir.exists()


def test_what_a_worker_writes_is_left_to_it(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(status="training", epochs=1, of=9)
    keep_logdir(session.folder, logdir)
    with pytest.raises(SessionBusyError, match="itself while it trains"):
        export_session_run(session, logdir, None)
    assert export_session_run(session, logdir.with_name("elsewhere"), None).exists()
    recorder.kill(session)
    assert export_session_run(session, logdir, None).exists()


def test_names_of_strangers_are_only_text(recorder: Recorder, logdir: Path) -> None:
    session = recorder.session(epochs=1)
    label = Label(name="\x1b[2J../../<script>\n" + "x" * 999)
    atomic.write_record(session.folder / layout.LABEL, label)
    folder = export_session_run(session, logdir, None)
    assert Run(folder).settings()["name"].startswith("?[2J../../<script>?")
    assert len(Run(folder).settings()["name"]) == 200
    assert {path.parent for path in logdir.rglob("*") if path.is_file()} == {folder}


def test_previews_that_a_slim_session_lacks_are_passed_over(
    recorder: Recorder, logdir: Path
) -> None:
    session = recorder.session(epochs=3)
    (session.folder / layout.preview_file(2)).unlink()
    run = Run(export_session_run(session, logdir, None))
    assert [step for step, _ in run.images("images/samples")] == [1, 3]
    assert [step for step, _, _ in run.scalars("loss/train")] == [1, 2, 3]
