"""Several models on the same images, or the same z."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from vae_engine.errors import SessionError, SettingError
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.scoring import score_images
from vae_engine.image_shape import GREY_28
from vae_engine.inspection.comparison import (
    ComparedModel,
    ModelScores,
    check_same_dimensions,
    common_measure,
    common_split,
    decode_all,
    image_differences,
    mean_differences,
    open_models,
    saved_images,
    score_model,
    show_model,
    spread,
)


@pytest.fixture
def two(recorder: Recorder) -> list[ComparedModel]:
    """Models of two and of four dimensions."""
    both = [recorder.session("a", seed=3), recorder.session("b", latent_dim=4, seed=5)]
    return open_models([(session, None) for session in both])


def scores(*values: float) -> ModelScores:
    losses = np.array(values)
    return ModelScores(ImageScores(losses, np.zeros_like(losses)), losses / 10)


def test_figures_are_those_of_each_model_alone(two: list[ComparedModel]) -> None:
    images = saved_images(two)
    for one in two:
        every = score_model(one, images)
        seed = one.session.settings.seed
        alone = score_images(one.model, images.images, seed=seed)
        np.testing.assert_array_equal(every.elbo.negative_elbo, alone.negative_elbo)
        rows = np.array([7, 2])
        made, some = show_model(one, images, rows)
        np.testing.assert_allclose(some.elbo.negative_elbo, alone.negative_elbo[rows], rtol=1e-5)
        pixels = images.images[rows].reshape(2, -1) / 255
        error = np.square(pixels - made.images.reshape(2, -1)).mean(axis=1)
        np.testing.assert_allclose(some.squared_error, error, rtol=1e-5)
        np.testing.assert_allclose(every.squared_error[rows], error, rtol=1e-5)


def test_a_paired_difference_has_the_standard_error_of_the_differences() -> None:
    first, second = scores(100.0, 200.0, 300.0), scores(101.0, 199.0, 303.0)
    none, difference = mean_differences([first, second], "negative_elbo")
    assert none is None
    assert difference is not None
    assert difference.mean == pytest.approx(1.0)
    assert difference.standard_error == pytest.approx(np.std([1, -1, 3], ddof=1) / np.sqrt(3))
    _, alone = mean_differences([scores(1.0), scores(3.0)], "squared_error")
    assert alone is not None
    assert alone.mean == pytest.approx(0.2)
    assert alone.standard_error == 0.0


def test_the_spread_is_between_the_best_and_the_worst_model() -> None:
    every = [scores(1.0, 5.0), scores(4.0, 4.0), scores(2.0, 7.0)]
    assert spread(every, "negative_elbo").tolist() == [3.0, 3.0]


def test_other_likelihoods_are_compared_by_their_squared_error(recorder: Recorder) -> None:
    plain = recorder.session("a")
    gaussian = recorder.session("gaussian", **SETTINGS)
    give_shape(gaussian, GREY_28, 1)
    others = [
        recorder.session("other", likelihood="continuous_bernoulli"),
        recorder.session("drawn", binarize="dynamic"),
        gaussian,
    ]
    for other in others:
        models = open_models([(plain, None), (other, None)])
        assert common_measure(models) == "squared_error"
    assert common_measure(open_models([(plain, 1), (plain, None)])) == "negative_elbo"


def test_images_are_binarized_only_where_all_sessions_binarize(
    recorder: Recorder, digits: Path
) -> None:
    plain = recorder.session("plain", dataset=str(digits))
    drawn = recorder.session("drawn", dataset=str(digits), binarize="dynamic", seed=1)
    again = recorder.session("again", dataset=str(digits), binarize="dynamic", seed=2)
    mixed = common_split(open_models([(drawn, None), (plain, None)]), "test")
    assert len(np.unique(mixed.images)) > 2
    both = common_split(open_models([(drawn, None), (again, None)]), "test")
    assert np.unique(both.images).tolist() == [0, 255]
    alone = common_split(open_models([(drawn, 1), (drawn, None)]), "test")
    np.testing.assert_array_equal(both.images, alone.images)


def test_the_same_z_is_decoded_by_all_of_equal_dimensions(recorder: Recorder) -> None:
    sessions = [recorder.session("a"), recorder.session("b"), recorder.session("c", latent_dim=4)]
    models = open_models([(session, None) for session in sessions])
    with pytest.raises(SettingError, match=r"2 dimensions, z of \S+ 4: the same z needs equal"):
        check_same_dimensions(models)
    assert check_same_dimensions(models[:2]) == 2
    made = decode_all(models[:2], np.zeros((3, 2), np.float32))
    assert made.shape == (2, 3, 28, 28)
    np.testing.assert_array_equal(image_differences(made), np.zeros((2, 3)))
    changed = made.copy()
    changed[1] += 0.5
    np.testing.assert_allclose(image_differences(changed)[1], 0.25, rtol=1e-5)


def test_what_cannot_be_compared_is_refused_with_what_to_type(recorder: Recorder) -> None:
    one = recorder.session("a", epochs=5)
    assert [found.model.entry.epoch for found in open_models([(one, 1), (one, None)])] == [1, 5]
    with pytest.raises(SettingError, match="1 to compare: name 2 to 26"):
        open_models([(one, None)])
    with pytest.raises(SettingError, match=r"@5 is named twice: `ID@EPOCH`"):
        open_models([(one, 5), (one, None)])
    with pytest.raises(SessionError, match=rf"{one.id}: epoch 3 kept no decoder.* 1, 5"):
        open_models([(one, 3), (one, None)])
    unborn = recorder.session("b", status="starting")
    with pytest.raises(SessionError, match="no exported decoder yet"):
        open_models([(one, None), (unborn, None)])
