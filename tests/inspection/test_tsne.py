"""t-SNE of embeddings, here and in a process of its own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vae_engine.errors import EngineError
from vae_engine.inspection.tsne import MOST_POINTS, chosen_points, tsne
from vae_engine.inspection.tsne_process import TsneProcess

CLASSES = np.arange(40) % 2
POINTS = (np.random.default_rng(0).normal(size=(40, 4)) + 9 * CLASSES[:, np.newaxis]).astype(
    np.float32
)


def nobody(done: int, total: int) -> None:
    pass


def test_up_to_the_most_points_are_taken_always_the_same_ones_in_order() -> None:
    assert chosen_points(7).tolist() == list(range(7))
    many = chosen_points(10_000)
    assert len(many) == MOST_POINTS
    assert many.tolist() == sorted(set(many.tolist()))
    assert np.array_equal(many, chosen_points(10_000))
    assert not np.array_equal(many, chosen_points(9_999))


@pytest.mark.parametrize(
    ("z_mean", "why"),
    [
        (np.ones((4, 3)), "at least 5 images"),
        (np.zeros((0, 3)), "at least 5 images"),
        (np.ones((50, 3)), "the same z_mean"),
        (np.full((50, 3), np.nan), "the same z_mean"),
    ],
)
def test_what_has_no_places_is_refused(z_mean: np.ndarray, why: str) -> None:
    with pytest.raises(EngineError, match=why):
        tsne(z_mean.astype(np.float32))


def test_a_process_finds_the_same_bits_and_says_how_far_it_is() -> None:
    told = []
    places = TsneProcess().run(POINTS, lambda done, total: told.append((done, total)))
    assert places is not None
    assert places.tobytes() == tsne(POINTS).tobytes()
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
    first, second = (places[label == CLASSES] for label in (0, 1))
    between = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    within = np.linalg.norm(first - first.mean(axis=0), axis=1).mean()
    assert between > 2 * within


def test_a_refusal_comes_back_from_the_process() -> None:
    with pytest.raises(EngineError, match="the same z_mean"):
        TsneProcess().run(np.ones((50, 3), np.float32), nobody)


def test_a_process_can_be_ended_before_and_while_it_computes() -> None:
    early = TsneProcess()
    early.cancel()
    assert early.run(POINTS, nobody) is None
    running, told, found = TsneProcess(), threading.Event(), []
    many = np.random.default_rng(0).normal(size=(2000, 4)).astype(np.float32)
    thread = threading.Thread(target=lambda: found.append(running.run(many, lambda *_: told.set())))
    thread.start()
    assert told.wait(120)
    running.cancel()
    thread.join(60)
    assert found == [None]
