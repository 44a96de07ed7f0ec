import numpy as np
import pytest

from tui.sampler.latent import (
    Floats,
    Plane,
    dimension_plane,
    lattice,
    normal_cdf,
    normal_quantile,
    principal_plane,
)


def test_the_quantile_gives_the_known_points_of_the_normal_distribution() -> None:
    shares = np.array([0.5, 0.8413447460685429, 0.025])
    assert normal_quantile(shares) == pytest.approx([0.0, 1.0, -1.959963984540054])


def test_cdf_and_quantile_undo_each_other() -> None:
    values = np.linspace(-6, 6, 49)
    assert normal_quantile(normal_cdf(values)) == pytest.approx(values, abs=1e-6)


def test_the_lattice_runs_from_the_top_left_to_the_bottom_right() -> None:
    assert lattice(2, 2) == pytest.approx(
        np.array([[0.25, 0.75], [0.75, 0.75], [0.25, 0.25], [0.75, 0.25]])
    )


def test_a_plane_of_dimensions_leaves_the_others_at_zero() -> None:
    z = dimension_plane(4, 2, 0).z(np.array([[normal_cdf(np.array([1.5]))[0], 0.5]]))
    assert z == pytest.approx(np.array([[0.0, 0.0, 1.5, 0.0]]), abs=1e-6)


def test_places_on_a_plane_and_their_z_undo_each_other() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(0.01, 0.99, size=(50, 2))
    for plane in (dimension_plane(5, 1, 3), principal_plane(_cloud(rng))):
        assert plane.shares(plane.z(places)) == pytest.approx(places, abs=1e-4)


def test_a_latent_space_of_one_dimension_has_a_plane_too() -> None:
    plane = dimension_plane(1, 0, 0)
    assert plane.names == ("z0", "")
    assert plane.z(np.array([[0.5, 0.9]])) == pytest.approx(np.zeros((1, 1)))
    assert plane.shares(np.ones((1, 1), np.float32)) == pytest.approx(
        np.array([[0.8413447, 0.5]]), abs=1e-6
    )


def test_principal_components_point_where_embeddings_spread_most() -> None:
    rng = np.random.default_rng(2)
    plane = principal_plane(_cloud(rng))
    directions = plane.axes / np.linalg.norm(plane.axes, axis=1, keepdims=True)
    assert np.abs(directions[0]) == pytest.approx([0, 0, 0, 1, 0], abs=0.05)
    assert np.abs(directions[1]) == pytest.approx([0, 1, 0, 0, 0], abs=0.05)
    assert np.linalg.norm(plane.axes, axis=1) == pytest.approx([5, 3], rel=0.1)
    assert plane.origin == pytest.approx([7] * 5, abs=0.5)
    assert plane.axes.max(axis=1) == pytest.approx(np.abs(plane.axes).max(axis=1))


def test_on_the_principal_plane_each_axis_is_about_standard_normal() -> None:
    cloud = _cloud(np.random.default_rng(3))
    shares = principal_plane(cloud).shares(cloud)
    assert np.histogram(shares[:, 0], bins=4, range=(0, 1))[0] == pytest.approx([1000] * 4, rel=0.1)


def test_collapsed_embeddings_still_have_a_plane() -> None:
    plane: Plane = principal_plane(np.ones((10, 3), np.float32))
    assert np.isfinite(plane.z(lattice(3, 3))).all()
    assert plane.shares(np.ones((1, 3), np.float32)) == pytest.approx(np.array([[0.5, 0.5]]))


def _cloud(rng: np.random.Generator) -> Floats:
    spread = np.array([0.5, 3, 1, 5, 0.1])
    cloud: Floats = (7 + rng.normal(size=(4000, 5)) * spread).astype(np.float32)
    return cloud
