"""Traversals, directions, and a z as text."""

import math

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from vae_engine.errors import SettingError
from vae_engine.inference.directions import between, class_label, class_names
from vae_engine.inference.traversal import (
    kl_of_export,
    order_by_kl,
    traversal_values,
    traverse,
)
from vae_engine.inference.z_text import read_z, z_text
from vae_engine.sessions.records import ExportEntry


def test_the_values_go_from_minus_three_to_three() -> None:
    assert traversal_values(7).tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert traversal_values(1).tolist() == [0]


def test_only_the_dimension_of_its_row_varies() -> None:
    z = traverse(np.array([7.0, 8.0, 9.0], np.float32), [2, 0], traversal_values(2))
    assert z.tolist() == [[7, 8, -3], [7, 8, 3], [-3, 8, 9], [3, 8, 9]]


def test_the_largest_kl_comes_first_and_the_unknown_last() -> None:
    assert order_by_kl([0.1, 3.0, math.nan, 3.0, math.inf], 6) == [4, 1, 3, 0, 2, 5]
    assert order_by_kl([], 3) == [0, 1, 2]


def test_the_kl_is_that_of_the_epoch_of_the_export(recorder: Recorder) -> None:
    session = recorder.session(epochs=2, latent_dim=2)
    recorder.finish_epoch(session, 3, kl_per_dimension=[9.0, 8.0])
    session.poll()
    index = session.exports()
    assert index is not None
    entry = index.current
    assert kl_of_export(session, entry) == (3.0, 1.5)

    def at(epoch: int) -> tuple[float, ...]:
        made = {field: getattr(entry, field) for field in entry.__struct_fields__}
        return kl_of_export(session, ExportEntry(**{**made, "epoch": epoch}))

    assert at(3) == (9.0, 8.0)
    assert at(0) == ()


def test_a_class_is_found_by_its_name_first_then_by_its_number() -> None:
    labels = np.array([0, 1, 2, -1])
    names = ("zero", "2", "two")
    assert class_names(labels, names) == {0: "zero", 1: "2", 2: "two"}
    assert [class_label(text, labels, names) for text in ("two", "2", "0")] == [2, 1, 0]
    assert class_names(labels, ()) == {0: "0", 1: "1", 2: "2"}
    assert class_names(labels, ("zero", " ", "two")) == {0: "zero", 1: "1", 2: "two"}
    with pytest.raises(SettingError, match="choose one of zero, 2, two"):
        class_label("-1", labels, names)
    with pytest.raises(SettingError, match="no labels"):
        class_label("2", np.array([-1, -1]), ())


def test_a_direction_leads_from_mean_to_mean() -> None:
    start, end = np.array([[0, 2], [2, 0]], np.float32), np.array([[5, 6]], np.float32)
    assert between(start, end).tolist() == [4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "0.5 -2 1e-3",
        "0.5,-2;\t1e-3",
        "array([[ 0.5, -2. ,\n 0.001]], dtype=float32)",
        "tensor([0.5000, -2.0000, 0.0010])",
        "[0.5, -2, 0.001]",
    ],
)
def test_a_z_is_read_as_it_is_copied_from_elsewhere(text: str) -> None:
    assert read_z(text, 3).tolist() == np.array([0.5, -2, 0.001], np.float32).tolist()


def test_a_z_survives_as_text() -> None:
    z = np.random.default_rng(0).normal(size=256).astype(np.float32) * np.float32(10.0) ** 3
    assert np.array_equal(read_z(z_text(z), 256), z)


@pytest.mark.parametrize("text", ["", "1", "1 2 3", "1 x", "1 nan", "1 inf", "1 1e7", "1 1e999"])
def test_what_is_no_z_of_two_dimensions_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        read_z(text, 2)
