"""Probes on codes whose classes are known to be separable, or not."""

import numpy as np
import pytest

from vae_engine.evaluation.probes import LabelledCodes, knn_accuracy, linear_accuracy


def clusters(centres: list[tuple[float, float]], labels: list[int], seed: int) -> LabelledCodes:
    """A hundred codes around each centre."""
    rng = np.random.default_rng(seed)
    z_mean = np.repeat(np.array(centres, np.float32), 100, axis=0)
    z_mean += 0.1 * rng.standard_normal(z_mean.shape).astype(np.float32)
    return LabelledCodes(z_mean, np.repeat(np.array(labels, np.int64), 100))


def test_both_probes_tell_separate_clusters_apart() -> None:
    centres = [(0.0, 0.0), (3.0, 0.0), (0.0, 3.0)]
    training, test = (clusters(centres, [4, 1, 7], seed) for seed in (0, 1))
    assert knn_accuracy(training, test) == 1.0
    assert linear_accuracy(training, test) == 1.0


def test_only_neighbours_tell_crossed_clusters_apart() -> None:
    centres = [(1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)]
    training, test = (clusters(centres, [0, 0, 1, 1], seed) for seed in (0, 1))
    assert knn_accuracy(training, test) == 1.0
    assert 0.2 < linear_accuracy(training, test) < 0.8


def test_labels_that_codes_say_nothing_of_are_guessed() -> None:
    rng = np.random.default_rng(0)
    training, test = (
        LabelledCodes(rng.standard_normal((2000, 2)).astype(np.float32), rng.integers(0, 10, 2000))
        for _ in range(2)
    )
    for probe in (knn_accuracy, linear_accuracy):
        assert probe(training, test) == pytest.approx(0.1, abs=0.04)


def test_the_scale_of_a_dimension_does_not_matter_to_the_linear_probe() -> None:
    training, test = (clusters([(0.0, 0.0), (1.0, 0.0)], [0, 1], seed) for seed in (0, 1))
    for codes in (training, test):
        codes.z_mean[:, 0] *= 1e-4
    assert linear_accuracy(training, test) == 1.0


def test_one_class_and_few_codes_are_no_error() -> None:
    training = LabelledCodes(np.zeros((3, 2), np.float32), np.array([5, 5, 5]))
    test = LabelledCodes(np.zeros((4, 2), np.float32), np.array([5, 5, 5, 1]))
    assert knn_accuracy(training, test) == linear_accuracy(training, test) == 0.75
