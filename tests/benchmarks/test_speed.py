"""The short form for throughput: when a machine is quiet, and what is timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import quiet, speed
from benchmarks.figures import Figure
from benchmarks.processes import MeasurementError
from benchmarks.quiet import Times, busy_by_others, check_quiet, read_times
from benchmarks.training import main
from benchmarks.workloads import COLOUR, MNIST, workload_settings
from vae_engine.datasets import load_dataset
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import level_filters


def test_ones_own_time_does_not_count_as_that_of_others() -> None:
    before = Times(busy=100.0, own=10.0, clock=50.0)
    assert busy_by_others(before, Times(106.0, 12.0, 54.0)) == pytest.approx(1.0)
    assert busy_by_others(before, Times(102.0, 12.0, 54.0)) == 0.0
    # Clocks of different resolution.
    assert busy_by_others(before, Times(101.9, 12.0, 54.0)) == 0.0


def test_times_never_run_backwards() -> None:
    first, second = read_times(), read_times()
    assert second.busy >= first.busy > 0
    assert second.own >= first.own > 0
    assert second.clock >= first.clock


@pytest.mark.parametrize(("most", "is_refused"), [(0.1, True), (0.74, True), (0.76, False)])
def test_a_busy_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, most: float, is_refused: bool
) -> None:
    readings = iter([Times(100.0, 10.0, 50.0), Times(104.0, 11.0, 54.0)])
    monkeypatch.setattr(quiet, "read_times", lambda: next(readings))
    if not is_refused:
        check_quiet(most, seconds=0.0)
        return
    with pytest.raises(MeasurementError, match=r"busy: others use 0.75 of .* --most-busy 0.8"):
        check_quiet(most, seconds=0.0)


def test_nothing_is_reported_of_a_machine_that_became_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = iter([None, MeasurementError("the machine is busy")])

    def check(_: float) -> None:
        if (error := next(checks)) is not None:
            raise error

    monkeypatch.setattr(speed, "check_quiet", check)
    monkeypatch.setattr(speed, "_workload", lambda _, name, __: Figure(name, 1.0, "images/s"))
    with pytest.raises(MeasurementError, match="the machine is busy"):
        list(speed.measure(lambda _: None, 1, 0.1))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    asked: list[Any] = []

    def measure(_: object, threads: int, most_busy: float) -> list[Figure]:
        asked.append((threads, most_busy))
        return [Figure("28x28 grey, 2 threads; peer: PyTorch", 230.0, "images/s", 1.15, peer=200.0,
                       at_least=True)]  # fmt: skip

    monkeypatch.setattr(speed, "measure", measure)
    return asked


def test_the_short_form_measures_nothing_else(
    measured: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--speed", "--threads", "2", "--most-busy", "1.5"]) == 0
    assert measured == [(2, 1.5)]
    [row] = [text for text in capsys.readouterr().out.splitlines() if "PyTorch" in text]
    assert row.split()[-4:] == ["1.15", "≥", "1.15", "reached"]


def test_the_workloads_are_the_defaults_of_their_images() -> None:
    mnist, colour = workload_settings(MNIST), workload_settings(COLOUR)
    assert (level_filters(mnist), mnist.dense_units) == ((16, 32), (256, 256, 256))
    assert (colour.filters, colour.dense_units) == ((32, 64, 128), (256,))
    assert (mnist.likelihood, colour.likelihood) == ("bernoulli", "gaussian")
    assert mnist.batch_size == colour.batch_size == 128


def test_random_images_are_a_dataset_of_the_workloads_shape(tmp_path: Path) -> None:
    speed._save_random_images(tmp_path / "x.npz", COLOUR, 40)
    dataset = load_dataset(str(tmp_path / "x.npz"))
    assert dataset.image_shape == ImageShape(64, 64, 3) != GREY_28
    assert len(dataset.train_images) == 40
    assert np.ptp(dataset.train_images) == 255
