"""Paths between two points of latent space."""

import math

import numpy as np
import pytest

from vae_engine.inference.paths import Floats, linear_path, spherical_path

EAST = np.array([2.0, 0.0], np.float32)
NORTH = np.array([0.0, 2.0], np.float32)


def test_a_linear_path_has_even_steps_between_its_ends() -> None:
    path = linear_path(EAST, NORTH, 5)
    assert path.dtype == np.float32
    assert path == pytest.approx(np.array([[2, 0], [1.5, 0.5], [1, 1], [0.5, 1.5], [0, 2]]))


def test_a_spherical_path_keeps_the_distance_from_the_origin() -> None:
    path = spherical_path(EAST, NORTH, 4)
    angles = np.array([0, 30, 60, 90]) * math.pi / 180
    assert path == pytest.approx(2 * np.stack([np.cos(angles), np.sin(angles)], axis=1), abs=1e-6)


def test_a_spherical_path_between_unequal_lengths_meets_both_ends() -> None:
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 8)).astype(np.float32)
    path = spherical_path(start, 3 * end, 9)
    assert path[0] == pytest.approx(start, abs=1e-6)
    assert path[-1] == pytest.approx(3 * end, abs=1e-5)


@pytest.mark.parametrize("end", [EAST, -EAST, 0 * EAST], ids=["same", "opposite", "origin"])
def test_where_no_arc_is_defined_the_path_is_linear(end: Floats) -> None:
    assert spherical_path(EAST, end, 5) == pytest.approx(linear_path(EAST, end, 5))
