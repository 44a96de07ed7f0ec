"""Selection and order of inspected images."""

from __future__ import annotations

import numpy as np
import pytest

from vae_engine.datasets import load_dataset
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.errors import DatasetError, SettingError
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.image_shape import GREY_28
from vae_engine.inspection.images import own_images, split_images
from vae_engine.inspection.ranking import class_scores, label_text, ranked, read_label
from vae_engine.settings import make_settings

SCORES = ImageScores(np.array([3.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 0.0, 1.0]))
LABELS = np.array([1, 0, 1, -1])
NAMES = ("cat", "dog")


def test_worst_comes_first_and_equals_stay_in_order() -> None:
    assert ranked(SCORES, "worst", LABELS).tolist() == [0, 3, 1, 2]
    assert ranked(SCORES, "best", LABELS).tolist() == [1, 2, 0, 3]
    assert ranked(SCORES, "index", LABELS).tolist() == [0, 1, 2, 3]
    assert ranked(SCORES, "worst", LABELS, 1).tolist() == [0, 2]
    assert ranked(SCORES, "index", LABELS, 7).tolist() == []


def test_the_hardest_class_comes_first_and_no_label_is_no_class() -> None:
    hardest, easiest = class_scores(SCORES, LABELS)
    assert (hardest.label, hardest.images, hardest.negative_elbo) == (1, 2, 3.0)
    assert (hardest.reconstruction_loss, hardest.kl_loss) == (2.5, 0.5)
    assert (easiest.label, easiest.images, easiest.negative_elbo) == (0, 1, 2.0)
    assert class_scores(SCORES, np.full(4, -1)) == []


@pytest.mark.parametrize(
    ("typed", "names", "label"),
    [("dog", NAMES, 1), ("DOG", NAMES, 1), ("1", NAMES, 1), (" 0 ", (), 0), ("cat", NAMES, 0)],
)
def test_a_class_goes_by_name_or_number(typed: str, names: tuple[str, ...], label: int) -> None:
    assert read_label(typed, LABELS, names) == label


def test_a_class_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SettingError, match=r"class is 'bird': it must be one of 'cat', 'dog'"):
        read_label("bird", LABELS, NAMES)
    with pytest.raises(SettingError, match="no labels"):
        read_label("1", np.full(3, -1), ())
    assert (label_text(-1, NAMES), label_text(1, NAMES), label_text(5, NAMES)) == ("-", "dog", "5")
    assert label_text(1, ["cat", " "]) == "1"


def test_binarized_sessions_are_asked_about_binarized_images() -> None:
    dataset, settings = load_dataset("mnist"), make_settings(binarize="dynamic", seed=3)
    for split, wanted in (
        ("val", as_evaluated(dataset, settings).val_images),
        ("test", as_evaluated(dataset, settings).test_images),
    ):
        found = split_images(dataset, split, settings)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found.images, wanted)
    training = split_images(dataset.limited(300), "train", settings)
    assert set(np.unique(training.images)) == {0, 255}
    assert training.labels.tolist() == dataset.train_labels[:300].tolist()  # type: ignore[index]


def test_the_numbers_of_a_draw_do_not_depend_on_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, settings = load_dataset("mnist").limited(50), make_settings(binarize="dynamic")
    whole = split_images(dataset, "train", settings).images
    for at_once in (1, 1000, 5001):
        monkeypatch.setattr("vae_engine.datasets.binarization._AT_ONCE", at_once)
        np.testing.assert_array_equal(split_images(dataset, "train", settings).images, whole)


def test_a_path_without_images_is_one_line() -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        own_images("no/such/file.png", GREY_28, make_settings())
