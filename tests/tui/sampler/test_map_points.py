"""Where test images lie on the map, and which of them are shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import dimension_plane
from tui.sampler.map_axes import MapAxes
from tui.sampler.map_cursor import MapCursor
from tui.sampler.map_points import MapPoints, Mean, TsnePlaces, closest
from tui.sampler.plane_canvas import Canvas

CANVAS = Canvas((4, 2), 10, 10)
"""40 cells by 20, 10 tiles by 10."""


def points(labels: list[int], z: list[list[float]] | None = None, names: str = "") -> MapPoints:
    """The images of these labels, at these z or at random ones."""
    rng = np.random.default_rng(0)
    z_mean = rng.normal(size=(len(labels), 2)) if z is None else np.array(z)
    indices = 10 * np.arange(len(labels))
    found = Embeddings(
        z_mean.astype(np.float32), indices, np.array(labels), 3, True, tuple(names.split())
    )
    made = MapPoints()
    made.take(found)
    made.project(dimension_plane(2, 0, 1))
    return made


def shown(made: MapPoints) -> list[int]:
    return sorted(set(made.labels.tolist()))


def test_classes_are_counted_by_name_those_without_a_label_too() -> None:
    made = points([2, 0, 2, -1], names="cat dog eel")
    assert [tuple(one) for one in made.classes()] == [
        (0, "cat", 1, True),
        (2, "eel", 2, True),
        (-1, "no label", 1, True),
    ]
    assert points([-1, -1]).classes() == []
    assert MapPoints().classes() == []


def test_what_is_hidden_is_gone_from_points_box_means_and_the_nearest() -> None:
    z = [[0.0, 0.0], [0.1, 0.0], [2.0, 2.0]]
    made = points([0, 1, 1], z)
    everywhere = (0.0, 0.0), (1.0, 1.0)
    assert made.within(everywhere, CANVAS).tolist() == [0, 1, 2]
    assert made.nearest((0.5, 0.5), CANVAS) == 0
    made.toggle(0)
    assert made.within(everywhere, CANVAS).tolist() == [1, 2]
    assert made.nearest((0.5, 0.5), CANVAS) == 1
    assert [mean.label for mean in made.means()] == [1]
    assert len(made.places) == len(made.labels) == 2
    assert [one.shown for one in made.classes()] == [False, True]
    assert 0 not in made.on_tiles(CANVAS)[1]
    made.toggle(1)
    assert made.nearest((0.5, 0.5), CANVAS) is None
    assert made.on_tiles(CANVAS)[0].tolist() == []
    made.toggle(0)
    assert shown(made) == [0]


def test_one_class_alone_and_all_again() -> None:
    made = points([0, 1, 2, -1])
    made.only(1)
    assert shown(made) == [1]
    made.only(2)
    assert shown(made) == [2]
    made.only(2)
    assert shown(made) == [-1, 0, 1, 2]


def test_keys_go_from_class_to_class_and_between_the_last_and_the_first_to_all() -> None:
    made = points([0, 1, 4])
    seen = []
    for _ in range(5):
        made.turn(1)
        seen.append(shown(made))
    assert seen == [[0], [1], [4], [0, 1, 4], [0]]
    made.turn(-1)
    assert shown(made) == [0, 1, 4]
    made.turn(-1)
    assert shown(made) == [4]


def test_hidden_classes_stay_hidden_with_the_images_of_another_epoch_if_any_is_left() -> None:
    made = points([0, 1])
    made.only(1)
    made.take(points([1, 2]).embeddings)
    made.project(dimension_plane(2, 0, 1))
    assert shown(made) == [1, 2]
    made.only(1)
    made.take(points([2, 2]).embeddings)
    made.project(dimension_plane(2, 0, 1))
    assert shown(made) == [2]


@given(
    seed=st.integers(0, 99),
    corners=st.tuples(*[st.tuples(*[st.floats(0.0, 1.0)] * 2)] * 2),
)
def test_a_box_has_the_images_in_its_cells_whichever_corners_are_given(
    seed: int, corners: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    rng = np.random.default_rng(seed)
    made = points([0] * 50, rng.normal(size=(50, 2)).tolist())
    inside = set(made.within(corners, CANVAS).tolist())
    cells = [CANVAS.cell(corner) for corner in corners]
    (left, right), (top, bottom) = (sorted(values) for values in zip(*cells, strict=True))
    for index, place in enumerate(made.places.tolist()):
        x, y = CANVAS.cell((place[0], place[1]))
        assert (index in inside) == (left <= x <= right and top <= y <= bottom)
    assert inside == set(made.within((corners[1], corners[0]), CANVAS).tolist())


def test_each_tile_has_the_image_nearest_to_its_middle() -> None:
    tsne = TsnePlaces(np.array([1, 2, 3]), np.array([[0.05, 0.95], [0.01, 0.99], [0.95, 0.05]]))
    made = points([0, 0, 0, 0])
    made.place(tsne)
    tiles, members = made.on_tiles(CANVAS)
    assert tiles.tolist() == [0, 99]
    assert members.tolist() == [1, 3]


@pytest.mark.parametrize("places", [[[3.0, -8.0], [5.0, 9.0], [4.0, 0.0]], [[1.0, 1.0]] * 3])
def test_places_of_t_sne_fill_the_map(places: list[list[float]]) -> None:
    made = TsnePlaces.of(np.arange(3), np.array(places, np.float32))
    assert np.isfinite(made.places).all()
    assert (made.places >= 0).all()
    assert (made.places <= 1).all()
    if places[0] != places[1]:
        assert made.places.max(axis=0).min() > 0.95
        assert made.places.min(axis=0).max() < 0.05


def test_a_mean_is_that_of_its_images_and_lies_among_them() -> None:
    made = points([0, 0, 1], [[-1.0, 0.0], [1.0, 2.0], [3.0, 3.0]], names="cat dog")
    cat, dog = made.means()
    assert (cat.name, cat.z.tolist()) == ("cat", [0.0, 1.0])
    assert cat.place == pytest.approx(made.places[:2].mean(axis=0).tolist())
    other, distance = closest(cat, [cat, dog]) or (None, 0.0)
    assert other == dog
    assert distance == pytest.approx(np.hypot(3, 2))
    assert closest(cat, [cat]) is None


def test_the_images_of_a_box_are_counted_by_class() -> None:
    made = points([2, 0, 2, 1], names="cat dog eel")
    assert made.counts(np.array([0, 1, 2])) == [("eel", 2), ("cat", 1)]
    assert made.counts(np.zeros(0, np.intp)) == []


def test_the_mean_of_a_class_is_found_again() -> None:
    # A mean holds arrays: it is told by its label.
    mean = Mean(1, "dog", np.zeros(2, np.float32), (0.5, 0.5))
    assert closest(mean, [mean, mean]) is None


@pytest.mark.parametrize("corner", [None, (0.0, 0.0)])
def test_what_was_asked_for_begins_the_line_above_the_map(
    corner: tuple[float, float] | None,
) -> None:
    made = points([0, 0, 1, 1], [[1, 1], [1, 2], [-1, -1], [-2, -1]], names="cat dog")
    cursor = MapCursor(MapAxes(2), made, (0.9, 0.9), corner, CANVAS)
    plain = [part.plain for part in cursor.figures(of_means=False)]
    told = [part.plain for part in cursor.figures(of_means=True)]
    assert plain[0].startswith("map of dimensions" if corner is None else "box")
    boxes = [] if corner is None else plain[:1]
    assert told[: len(boxes)] == boxes
    assert [part.split(" ")[0] for part in told[len(boxes) :][:2]] == ["nearest", "cat"]
    assert told[len(boxes) + 2 :] == plain[len(boxes) :]
