"""Two real workers on loopback train one session: equal results, and the loss of one."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.worker.conftest import DEADLINE, Runner, events_until, kill
from vae_engine.distributed.distribution import Distribution
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings
from vae_engine.worker.launcher import start_member, start_worker

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared(digits: Path) -> Settings:
    """Five epochs of 16 steps, the last of each with 80 images, in which rounding stays small.

    ReLU's kink, and Adam's division by a gradient that is no more than rounding, make finite
    differences of it, also between one and two threads.
    """
    return make_settings(
        dataset=str(digits),
        limit=2000,
        epochs=5,
        seed=3,
        threads=1,
        activation="silu",
        adam_epsilon=1e-4,
    )


class Pair:
    """Two workers of one session; neither outlives the test."""

    def __init__(self, runner: Runner, session: Session, **given: str) -> None:
        workers = tuple(f"127.0.0.1:{port}" for port in free_ports(2))
        chief = Distribution(workers=workers, wait=60.0)
        self.session = session
        self.run = session.log.run + 1
        self.member = start_member(
            runner.store.root, msgspec.structs.replace(chief, index=1), {"threads": "1", **given}
        )
        start_worker(session, distribution=chief)
        self.address = workers[1]

    def wait_for_epoch(self, epoch: int) -> None:
        events_until(self.session, lambda: self.session.log.epoch >= epoch)

    def wait_for_end(self) -> None:
        log = self.session.log
        events_until(self.session, lambda: (log.run, log.phase) == (self.run, "ended"))
        events_until(self.session, lambda: not self.session.alive())

    def outcome(self) -> tuple[int, list[str]]:
        said, _ = self.member.communicate(timeout=DEADLINE)
        return self.member.returncode, said.splitlines()

    def close(self) -> None:
        self.member.kill()
        self.member.communicate()


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    started: list[Pair] = []
    yield started
    for pair in started:
        pair.close()


def weights(session: Session) -> dict[str, np.ndarray]:
    """The weights of the best checkpoint, the last epoch's in these short runs."""
    (path,) = (session.folder / layout.CHECKPOINTS).glob(
        f"epoch-{session.log.epoch:06d}-step-000000.npz"
    )
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name.startswith("weights")}


def digest(session: Session) -> str:
    result = session.result()
    assert result is not None
    return result.weights_sha256


def test_two_workers_end_where_one_does(
    runner: Runner, shared: Settings, pairs: list[Pair]
) -> None:
    alone = runner.complete(runner.create(shared))
    pairs.append(Pair(runner, runner.create(shared)))
    session = pairs[0].session
    pairs[0].wait_for_end()
    assert session.status() == "completed"
    assert pairs[0].outcome() == (
        0,
        [
            f"worker 1 of 2 trains {session.id}; "
            f"its log is {session.folder / layout.worker_log(1)}",
            f"session {session.id} ended: completed (epochs)",
        ],
    )
    ours, theirs = weights(session), weights(alone)
    assert ours.keys() == theirs.keys()
    assert max(float(np.abs(ours[name] - theirs[name]).max()) for name in ours) < 1e-5
    for one, other in zip(session.log.history, alone.log.history, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
        assert one.val_loss == pytest.approx(other.val_loss, rel=1e-5)
    prepared = session.log.prepared
    assert prepared is not None
    assert (prepared.environment["workers"], prepared.environment["replicas"]) == (2, 2)
    assert "joined the chief" in (session.folder / layout.worker_log(1)).read_text()

    # Told to go, a worker lets the chief save first; then two workers end with two workers' bits.
    pairs.append(Pair(runner, runner.create(shared)))
    again = pairs[1].session
    pairs[1].wait_for_epoch(1)
    pairs[1].member.send_signal(signal.SIGTERM)
    pairs[1].wait_for_end()
    assert again.status() == "interrupted"
    assert (
        again.log.stop_reason == f"worker 1 ({pairs[1].address}) got a termination signal (SIGTERM)"
    )
    assert pairs[1].outcome()[0] == 0
    pairs.append(Pair(runner, again))
    pairs[2].wait_for_end()
    assert again.status() == "completed"
    assert digest(again) == digest(session)


def test_a_lost_worker_ends_the_run_and_the_rest_resume(
    runner: Runner, shared: Settings, pairs: list[Pair]
) -> None:
    pairs.append(Pair(runner, runner.create(msgspec.structs.replace(shared, epochs=400))))
    session = pairs[0].session
    pairs[0].wait_for_epoch(1)
    pairs[0].member.kill()
    pairs[0].wait_for_end()
    assert session.status() == "failed"
    # Closed or broken: the network decides how the end of a process is seen.
    reason = session.log.stop_reason
    assert reason.startswith(f"worker 1 ({pairs[0].address}) is lost: it")
    assert "its connection" in reason
    assert weights(session)  # Of the last epoch that was told.

    # One that is silent, as on a machine that hangs, is lost too; nobody waits for it for ever.
    pairs.append(Pair(runner, session))
    before = session.log.epoch
    pairs[1].wait_for_epoch(before + 1)
    pairs[1].member.send_signal(signal.SIGSTOP)
    pairs[1].wait_for_end()
    assert session.status() == "failed"
    assert "is lost: it sent nothing for 10 s" in session.log.stop_reason

    # Without a chief a worker goes.
    pairs.append(Pair(runner, session))
    before = session.log.epoch
    pairs[2].wait_for_epoch(before + 1)
    kill(session)
    code, said = pairs[2].outcome()
    assert code == 1
    assert re.search("is lost: .*its connection", said[-1])

    # Whoever is there goes on: here one worker alone.
    before = session.log.epoch
    runner.start(session)
    events_until(session, lambda: session.log.epoch > before)
    assert [one.epoch for one in session.log.history] == list(range(1, session.log.epoch + 1))
    assert "the bits may differ" in (session.folder / layout.LOG).read_text()


def test_other_images_on_a_worker_are_refused(
    runner: Runner, shared: Settings, pairs: list[Pair], tmp_path: Path
) -> None:
    other = tmp_path / "other.npz"
    with np.load(shared.dataset, allow_pickle=False) as arrays:
        np.savez(other, **{name: arrays[name][::-1] for name in arrays.files})
    session = runner.create(shared)
    pairs.append(Pair(runner, session, dataset=str(other)))
    pairs[0].wait_for_end()
    assert session.status() == "failed"
    assert "has other images than the chief" in session.log.stop_reason
    code, said = pairs[0].outcome()
    assert (code, "has other images than the chief" in said[-1]) == (1, True)
