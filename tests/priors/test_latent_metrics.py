"""Latent precision, recall and coverage against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.priors.latent_metrics import NEIGHBOURS, LatentMetrics, latent_metrics

Doubles = NDArray[np.float64]


def distances(left: Doubles, right: Doubles) -> Doubles:
    found: Doubles = np.sqrt(np.square(left[:, None] - right[None]).sum(axis=-1))
    return found


def by_definition(real: Doubles, drawn: Doubles) -> LatentMetrics:
    """One point after the other, as in the papers."""

    def reaches(points: Doubles) -> list[float]:
        among = distances(points, points)
        others = [np.delete(among[at], at) for at in range(len(points))]
        return [float(np.sort(row)[NEIGHBOURS - 1]) for row in others]

    real_reach, drawn_reach = reaches(real), reaches(drawn)
    between = distances(real, drawn)
    precision = [
        any(between[i, j] <= real_reach[i] for i in range(len(real))) for j in range(len(drawn))
    ]
    recall = [
        any(between[i, j] <= drawn_reach[j] for j in range(len(drawn))) for i in range(len(real))
    ]
    coverage = [between[i].min() <= real_reach[i] for i in range(len(real))]
    return LatentMetrics(
        float(np.mean(precision)), float(np.mean(recall)), float(np.mean(coverage))
    )


@pytest.mark.parametrize(
    ("real", "drawn", "dim", "scale", "offset"),
    [
        (40, 40, 2, 1.0, 0.0),
        (30, 60, 5, 2.0, 0.0),
        (70, 12, 1, 0.3, 1.0),
        (290, 260, 3, 1.5, 0.5),
        (6, 6, 32, 1.0, 0.0),
    ],
)
def test_they_are_those_of_the_papers(
    real: int, drawn: int, dim: int, scale: float, offset: float
) -> None:
    rng = np.random.default_rng(real)
    left = rng.normal(size=(real, dim))
    right = rng.normal(size=(drawn, dim)) * scale + offset
    assert latent_metrics(left, right) == by_definition(left, right)
    # Far from 0, where squares lose their digits.
    far = latent_metrics(left + 1e4, right + 1e4)
    assert far.coverage == pytest.approx(by_definition(left, right).coverage, abs=0.01)


def test_too_narrow_is_precise_too_wide_recalls_and_elsewhere_is_nothing() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(500, 4))
    narrow = latent_metrics(real, rng.normal(size=(500, 4)) * 0.2)
    wide = latent_metrics(real, rng.normal(size=(500, 4)) * 5)
    assert narrow.precision > 0.99 > narrow.recall
    assert wide.precision < 0.3
    assert wide.recall > 0.9
    assert latent_metrics(real, real + 100) == LatentMetrics(0.0, 0.0, 0.0)
    assert latent_metrics(real, real) == LatentMetrics(1.0, 1.0, 1.0)
