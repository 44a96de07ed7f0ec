"""The noise of the samples, and the processes that decode them."""

import multiprocessing
import tempfile
import threading
from multiprocessing import resource_tracker, spawn
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tests.inference.networks import earlier_network, open_network
from tests.waiting import DEADLINE
from vae_engine.errors import SessionError
from vae_engine.evaluation.decoding import Posterior, decoded_parts
from vae_engine.evaluation.noise import aggregate_noise, noise
from vae_engine.inference.networks import Decoder


def test_noise_follows_from_what_it_is_for() -> None:
    first = noise(0, 3, 7, (40_000, 2))
    np.testing.assert_array_equal(first, noise(0, 3, 7, (40_000, 2)))
    assert abs(first.mean()) < 0.02
    assert first.std() == pytest.approx(1.0, abs=0.02)
    others = [noise(1, 3, 7, (40_000, 2)), noise(0, 4, 7, (40_000, 2)), noise(0, 3, 8, (40_000, 2))]
    others.append(aggregate_noise(0, (40_000, 2)).astype(np.float32))
    for other in others:
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.02


def posterior(count: int) -> Posterior:
    zeros = np.zeros((count, 2), np.float32)
    return Posterior(np.zeros((count, 28, 28), np.uint8), zeros, zeros)


def test_a_process_that_cannot_start_ends_the_evaluation() -> None:
    # More than a pipe holds; nothing reads it.
    decoder = cast(Decoder, bytes(2**18))
    problems: list[BaseException] = []

    def evaluate() -> None:
        try:
            list(decoded_parts(decoder, posterior(3), samples=60, seed=0))
        except SessionError as error:
            problems.append(error)

    resource_tracker.ensure_running()
    before = spawn.get_executable()
    spawn.set_executable("/bin/false")
    try:
        thread = threading.Thread(target=evaluate, daemon=True)
        thread.start()
        thread.join(DEADLINE)
    finally:
        spawn.set_executable(before)
    assert not thread.is_alive()
    assert "was killed" in str(problems)


@pytest.mark.slow
def test_processes_that_are_killed_at_work_end_the_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    decoder = open_network("decoder", earlier_network("decoder"), tmp_path / "decoder")
    assert isinstance(decoder, Decoder)
    parts = decoded_parts(decoder, posterior(2048), samples=100, seed=0)
    next(parts)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(SessionError, match="was killed"):
        list(parts)
    assert list(tmp_path.glob("vae-evaluate-*")) == []
