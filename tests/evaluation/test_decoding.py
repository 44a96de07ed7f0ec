"""The noise of samples."""

import numpy as np
import pytest

from vae_engine.evaluation.decoding import aggregate_noise, noise


def test_noise_follows_from_what_it_is_for() -> None:
    first = noise(0, 3, 7, (40_000, 2))
    np.testing.assert_array_equal(first, noise(0, 3, 7, (40_000, 2)))
    assert abs(first.mean()) < 0.02
    assert first.std() == pytest.approx(1.0, abs=0.02)
    others = [noise(1, 3, 7, (40_000, 2)), noise(0, 4, 7, (40_000, 2)), noise(0, 3, 8, (40_000, 2))]
    others.append(aggregate_noise(0, (40_000, 2)).astype(np.float32))
    for other in others:
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.02
