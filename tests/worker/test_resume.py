"""Resume, extend, fork: the same bits, and one continuous history."""

from pathlib import Path

import msgspec
import pytest

from tests.tensorboard.reading import Run, assert_tells_the_history
from tests.worker.conftest import Runner, events_until, kill
from vae_engine.inference.sampling import draw_prior, find_export, load_decoder
from vae_engine.sessions import inbox
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.previews import (
    Originals,
    read_originals,
    read_preview,
    write_originals,
)
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings
from vae_engine.worker.launcher import start_worker

pytestmark = pytest.mark.usefixtures("forked")


def weights(session: Session) -> str:
    result = session.result()
    assert result is not None
    return result.weights_sha256


def figures(session: Session) -> list[EpochEnded]:
    """The history without what depends on the clock."""
    return [
        msgspec.structs.replace(epoch, seq=0, time=0.0, images_per_second=0.0, duration=0.0)
        for epoch in session.log.history
    ]


def has_begun(session: Session, epoch: int) -> bool:
    progress = session.log.latest_progress
    return progress is not None and progress.epoch >= epoch


def test_the_same_settings_give_the_same_weights(
    runner: Runner, small: Settings, undisturbed: Session
) -> None:
    again = runner.complete(runner.create(small))
    assert weights(again) == weights(undisturbed)
    assert figures(again) == figures(undisturbed)


def test_killed_and_stopped_sessions_end_with_the_same_bits(
    runner: Runner, longer: Settings, longer_undisturbed: Session, tmp_path: Path
) -> None:
    """And so does what they write for TensorBoard meanwhile: one run, with each epoch once."""
    session = runner.create(longer)
    start_worker(session, logdir=tmp_path / "logs")
    events_until(session, lambda: has_begun(session, 2))
    kill(session)
    assert session.status() == "interrupted"

    runner.start(session)
    events_until(session, lambda: has_begun(session, 3))
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended")
    assert session.status() == "stopped"
    events_until(session, lambda: not session.alive())

    runner.complete(session)
    assert session.status() == "completed"
    assert session.log.run == 3
    assert weights(session) == weights(longer_undisturbed)
    assert figures(session) == figures(longer_undisturbed)
    run = Run(tmp_path / "logs" / session.id)
    assert_tells_the_history(run, session)
    assert len(run.scalars("result/test_loss")) == 1
    assert {path.name for path in run.folder.iterdir()} > {"projector_config.pbtxt", "sprite.png"}
    assert len(list(run.folder.iterdir())) == 5


def test_a_session_stopped_in_its_first_epoch_can_be_sampled(runner: Runner) -> None:
    # An epoch of the whole of MNIST, which takes seconds.
    session = runner.create(make_settings(threads=2))
    runner.start(session)
    events_until(session, lambda: has_begun(session, 1))
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended")
    assert (session.status(), session.log.epoch) == ("stopped", 0)
    entry = find_export(session)
    assert (entry.epoch, entry.step > 0) == (0, True)
    assert load_decoder(session).decode(draw_prior(2, 2, seed=0)).shape == (2, 28, 28)


def test_an_extension_continues_the_history(runner: Runner, undisturbed: Session) -> None:
    session = runner.copy(undisturbed)
    first = read_originals(session.folder)
    assert first is not None
    # Earlier versions chose fewer test images.
    write_originals(session.folder, Originals(first.images[:2], first.labels[:2]))
    session = runner.complete(session, epochs=5)
    assert session.status() == "completed"
    assert [epoch.epoch for epoch in session.log.history] == [1, 2, 3, 4, 5]
    assert figures(session)[:3] == figures(undisturbed)
    assert session.log.epochs == 5
    kept, drawn = read_originals(session.folder), read_preview(session.folder, 5)
    assert kept is not None
    assert drawn is not None
    assert len(kept.images) == len(drawn.reconstructions) == 2
    assert weights(session) != weights(undisturbed)


def test_a_fork_trains_on_its_own(runner: Runner, small: Settings, undisturbed: Session) -> None:
    changed = make_settings(msgspec.structs.asdict(small), beta=4.0, epochs=1, min_epochs=1)
    fork = runner.complete(runner.create(changed, parent=undisturbed.id))
    assert fork.manifest.parent == undisturbed.id
    (only,) = fork.log.history
    assert only.beta == 4.0
    assert only.val_loss == pytest.approx(only.val_reconstruction_loss + 4.0 * only.val_kl_loss)
    assert only.val_elbo == pytest.approx(-only.val_reconstruction_loss - only.val_kl_loss)
