"""A worker's life: its files, and its response to commands."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.conftest import TRAINED_UMASK
from tests.worker.conftest import Runner, events_until, kill, worker_record
from vae_engine.datasets import to_float
from vae_engine.errors import SessionBusyError, WorkerError
from vae_engine.inference.sampling import draw_prior, load_decoder, load_encoder
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.previews import read_originals, read_preview
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.worker.launcher import start_worker


def test_a_completed_session_has_everything(undisturbed: Session) -> None:
    session = Session(undisturbed.folder)
    session.poll()
    assert (session.status(), session.log.stop_reason) == ("completed", "epochs")
    assert [epoch.epoch for epoch in session.log.history] == [1, 2, 3]
    first, last = session.log.history[0], session.log.history[-1]
    assert last.val_loss < first.val_loss < 784
    assert len(last.kl_per_dimension) == 2
    assert sum(last.kl_per_dimension) == pytest.approx(last.val_kl_loss)
    assert last.val_elbo == pytest.approx(-last.val_loss)
    result = session.result()
    assert result is not None
    assert result.test_loss == pytest.approx(result.test_reconstruction_loss + result.test_kl_loss)
    for name in result.files:
        assert (session.folder / name).stat().st_size > 0
    assert not list(session.folder.rglob(".tmp-*"))


def test_all_that_a_worker_makes_has_the_modes_of_the_umask(trained_session: Session) -> None:
    paths = [trained_session.folder, *trained_session.folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in paths}
    for path, mode in modes.items():
        assert mode == (0o777 if path.is_dir() else 0o666) & ~TRAINED_UMASK, path
    names = {path.name for path in paths}
    assert {layout.LOCK, layout.LOG, layout.HEARTBEAT, "vae.keras", "inbox"} <= names


def test_the_run_is_described_so_that_it_can_be_repeated(undisturbed: Session) -> None:
    session = Session(undisturbed.folder)
    session.poll()
    prepared = session.log.prepared
    assert prepared is not None
    assert {
        "tensorflow",
        "keras",
        "numpy",
        "python",
        "platform",
        "cpu",
        "threads",
        "device",
    } <= set(prepared.environment)
    assert prepared.environment["threads"] == 2
    assert prepared.dataset["train_images"] == 3750
    assert prepared.dataset["val_images"] == 1250
    assert prepared.dataset["test_images"] == 500
    assert len(str(prepared.dataset["sha256"])) == 64
    assert prepared.dataset["split"] == "content"


def test_every_epoch_has_a_preview_of_ten_classes_and_64_samples(undisturbed: Session) -> None:
    originals = read_originals(undisturbed.folder)
    assert originals is not None
    assert originals.labels.tolist() == list(range(10))
    previews = [read_preview(undisturbed.folder, epoch) for epoch in (1, 2, 3)]
    for preview in previews:
        assert preview is not None
        assert preview.reconstructions.shape == (10, 28, 28)
        assert preview.samples.shape == (64, 28, 28)
    untrained = read_preview(undisturbed.folder, 0)
    assert untrained is not None
    assert untrained.samples.shape == (64, 28, 28)
    assert previews[0] is not None
    assert previews[2] is not None
    assert not np.array_equal(untrained.samples, previews[0].samples)
    assert not np.array_equal(previews[0].samples, previews[2].samples)


def test_the_log_says_how_far_the_start_is(undisturbed: Session) -> None:
    stages = [event.stage for event in undisturbed.log.preparing]
    assert stages == ["tensorflow", "data", "network"]


def test_pictures_and_embeddings_cover_what_they_promise(undisturbed: Session) -> None:
    folder = undisturbed.folder
    with Image.open(folder / "reconstructions.png") as image:
        assert image.size == (10 * 30 - 2, 2 * 30 - 2)
    with Image.open(folder / "samples.png") as image:
        assert image.size == (8 * 30 - 2, 8 * 30 - 2)
    with np.load(folder / "embeddings.npz", allow_pickle=False) as arrays:
        assert arrays["z_mean"].shape == arrays["z_log_var"].shape == (500, 2)
        assert arrays["labels"].shape == (500,)


def test_exports_serve_without_tensorflow(undisturbed: Session) -> None:
    index = undisturbed.exports()
    assert index is not None
    assert next(entry.epoch for entry in index.kept) == 1
    images = load_decoder(undisturbed).decode(draw_prior(9, 2, seed=1))
    assert images.shape == (9, 28, 28)
    assert 0 <= images.min() < images.max() <= 1
    originals = read_originals(undisturbed.folder)
    assert originals is not None
    z_mean, _ = load_encoder(undisturbed).encode(to_float(originals.images))
    with np.load(undisturbed.folder / "embeddings.npz", allow_pickle=False) as arrays:
        first_of_each = [int(np.flatnonzero(arrays["labels"] == digit)[0]) for digit in range(10)]
        np.testing.assert_allclose(z_mean, arrays["z_mean"][first_of_each], atol=1e-4)


def test_the_worker_leads_its_own_session_and_logs_to_the_folder(
    runner: Runner, small: Settings
) -> None:
    session = runner.create(small)
    pid = runner.start(session)
    assert os.getsid(pid) == pid != os.getsid(0)
    process = psutil.Process(pid)
    log = str(session.folder / "worker.log")
    assert [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in (0, 1, 2)] == [
        "/dev/null",
        log,
        log,
    ]
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    events_until(session, lambda: session.log.phase == "ended")
    assert session.status() == "interrupted"


def test_a_second_worker_is_refused(runner: Runner, longer: Settings) -> None:
    session = runner.create(longer)
    first = runner.start(session)
    with pytest.raises(SessionBusyError):
        start_worker(session)
    # The lock refuses it even where nobody looked before.
    done = subprocess.run(
        [sys.executable, "-m", "vae_engine.worker", str(session.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "already has a worker" in done.stderr
    assert worker_record(session).pid == first
    kill(session)


def test_a_stop_during_the_start_is_carried_out_at_once(runner: Runner, small: Settings) -> None:
    session = runner.create(small)
    runner.start(session)
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended")
    assert (session.status(), session.log.stop_reason) == ("stopped", "stop_now")
    assert session.log.prepared is None


@pytest.mark.usefixtures("forked")
def test_pause_rests_continue_goes_on_and_stop_ends_the_epoch(
    runner: Runner, longer: Settings
) -> None:
    session = runner.create(longer)
    runner.start(session)
    events_until(session, lambda: session.log.latest_progress is not None)
    inbox.send(session.folder, "pause")
    events_until(session, lambda: session.status() == "paused")
    process = psutil.Process(worker_record(session).pid)
    used = process.cpu_times()
    # Two heartbeats later it has done nothing but beat.
    beats = session.folder / "heartbeat"
    before = beats.stat().st_mtime_ns
    events_until(session, lambda: beats.stat().st_mtime_ns - before > 3e9)
    spent = process.cpu_times()
    assert spent.user - used.user < 1.0
    inbox.send(session.folder, "continue")
    events_until(session, lambda: session.status() == "training")
    inbox.send(session.folder, "stop")
    events_until(session, lambda: session.log.phase == "stopping")
    events_until(session, lambda: session.log.phase == "ended")
    assert (session.status(), session.log.stop_reason) == ("stopped", "stop")
    assert 1 <= session.log.epoch < longer.epochs
    assert session.result() is not None
    assert inbox.pending(session.folder) == []


@pytest.mark.usefixtures("forked")
def test_a_loss_that_is_not_finite_halts_as_diverged(runner: Runner, digits: Path) -> None:
    from vae_engine.settings import make_settings

    wild = make_settings(
        dataset=str(digits), epochs=4, learning_rate=1.0, beta=1000.0, warmup_steps=0, threads=2
    )
    session = runner.create(wild)
    runner.complete(session)
    assert session.status() == "diverged"
    assert "smaller learning_rate" in session.log.stop_reason
    assert session.result() is None


def test_a_worker_that_cannot_begin_says_why(runner: Runner, small: Settings) -> None:
    session = runner.create(small)
    (session.folder / "session.json").write_text('{"schema": 99}')
    with pytest.raises(WorkerError, match="schema 99"):
        start_worker(session)


@pytest.mark.usefixtures("forked")
def test_a_session_without_its_checkpoints_is_not_trained_from_the_start(
    runner: Runner, undisturbed: Session
) -> None:
    session = runner.copy(undisturbed)
    shutil.rmtree(session.folder / "checkpoints")
    before = session.log.history
    runner.complete(session, epochs=5)
    # It has not trained: the session stays what it was, and says what became of the attempt.
    assert session.status() == "completed"
    assert session.log.attempt is not None
    assert session.log.attempt.status == "failed"
    assert "no checkpoints" in session.log.attempt.reason
    assert session.log.history == before


def test_commands_for_an_earlier_worker_are_dropped(runner: Runner, small: Settings) -> None:
    session = runner.create(small)
    inbox.send(session.folder, "stop_now")
    runner.start(session)
    events = events_until(session, lambda: bool(session.log.ignored))
    assert not any(isinstance(event, ev.Stopping) for event in events)
    assert "earlier worker" in session.log.ignored[0].why
    kill(session)
    assert session.status() == "interrupted"
