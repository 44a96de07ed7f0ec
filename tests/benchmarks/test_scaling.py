"""The model of scaling, against times that follow from it."""

import pytest

from benchmarks.scaling import BATCH, Scaling, fit

MODEL = Scaling(fixed=2.0, image=0.1, latency=0.5, payload=4 * 1003, bandwidth=1e6)


def test_the_model_is_found_from_times_that_follow_it() -> None:
    alone = {size: 2.0 + 0.1 * size for size in (BATCH // 2, BATCH)}
    reduce = {1: 0.5, 1000: 0.5 + 1e3 * MODEL.payload / 1e6}
    found = fit(alone, reduce)
    assert found.fixed == pytest.approx(2.0)
    assert found.image == pytest.approx(0.1)
    assert (found.latency, found.payload) == (0.5, MODEL.payload)
    assert found.bandwidth == pytest.approx(1e6)


def test_a_ring_sends_all_but_an_nth_twice() -> None:
    assert [MODEL.traffic(n) for n in (1, 2, 4)] == [0, MODEL.payload, 1.5 * MODEL.payload]


def test_a_step_of_one_worker_communicates_nothing() -> None:
    assert MODEL.step(1) == MODEL.compute(1) == pytest.approx(2.0 + 0.1 * BATCH)
    assert MODEL.step(2) == pytest.approx(2.0 + 0.1 * BATCH / 2 + 0.5 + 4.012)
    assert MODEL.step(4, bandwidth=1e9, latency=0.1) == pytest.approx(
        2.0 + 0.1 * BATCH / 4 + 0.5 + 6 * 0.1 + 1e3 * 1.5 * 4012 / 1e9
    )
