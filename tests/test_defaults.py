from __future__ import annotations

from typing import Any

import pytest

from vae_engine.defaults import (
    ENOUGH_STEPS,
    EPOCH_STEPS,
    few_steps_note,
    resolved_settings,
    steps_per_epoch,
    suited_changes,
    suited_settings,
)
from vae_engine.image_shape import ImageShape
from vae_engine.settings import Settings, make_settings


def suited(images: int, **given: Any) -> Settings:
    return suited_settings(make_settings(given), given.keys(), images)


@pytest.mark.parametrize("images", [4096, 5000, 55_000, 10_000_000])
def test_enough_images_change_nothing(images: int) -> None:
    assert suited(images) == make_settings(
        filters=(16, 32), dense_units=(256,) * 3, likelihood="bernoulli", activation="silu"
    )


@pytest.mark.parametrize(
    ("latent_dim", "layers"), [(1, 3), (2, 3), (5, 3), (8, 3), (9, 2), (16, 2), (256, 2)]
)
def test_the_number_of_dense_layers_depends_on_the_latent_dimension(
    latent_dim: int, layers: int
) -> None:
    assert suited(55_000, latent_dim=latent_dim).dense_units == (256,) * layers
    other = ImageShape(28, 28, 3), ImageShape(28, 29)
    found = [suited_settings(make_settings(), (), 55_000, shape).dense_units for shape in other]
    assert found == [(256,), (256, 256)]
    assert suited(55_000, latent_dim=latent_dim, dense_units=(7,)).dense_units == (7,)


@pytest.mark.parametrize(
    ("images", "batch_size", "epochs", "min_epochs"),
    [
        (6, 8, 1600, 640),
        (14, 8, 800, 320),
        (33, 8, 300, 120),
        (65, 8, 200, 80),
        (194, 8, 50, 20),
        (644, 16, 50, 20),
        (1287, 32, 50, 20),
        (3215, 64, 50, 20),
        (4095, 64, 50, 20),
    ],
)
def test_small_data_take_smaller_batches_and_then_more_epochs(
    images: int, batch_size: int, epochs: int, min_epochs: int
) -> None:
    found = suited(images)
    assert (found.batch_size, found.epochs, found.min_epochs) == (batch_size, epochs, min_epochs)


@pytest.mark.parametrize(
    ("images", "epochs", "batch_size"),
    [
        (55_000, 1, 32),
        (55_000, 2, 64),
        (55_000, 3, 64),
        (55_000, 4, 128),
        (55_000, 50, 128),
        (20_000, 2, 32),
        (4_000, 1, 32),
        (2_000_000, 1, 128),
        (644, 2, 16),
    ],
)
def test_short_runs_take_smaller_batches(images: int, epochs: int, batch_size: int) -> None:
    found = suited(images, epochs=epochs)
    assert (found.batch_size, found.epochs) == (batch_size, epochs)
    assert suited(images, epochs=epochs, batch_size=128).batch_size == 128
    assert suited(images, epochs=epochs, batch_size=16).batch_size == 16


def test_convergence_warm_up_and_decay_last_as_many_steps_whatever_the_data() -> None:
    for images in range(6, 5000):
        found = suited(images)
        steps = steps_per_epoch(images, found.batch_size)
        for name in ("epochs", "min_epochs", "patience", "decay_epochs", "beta_warmup_epochs"):
            least = 0.65 * EPOCH_STEPS * getattr(make_settings(), name)
            assert getattr(found, name) * steps >= least, (images, name)
        assert few_steps_note(found, images) == ""


@pytest.mark.parametrize(
    "given",
    [
        {"batch_size": 128},
        {"batch_size": 1000},
        {"epochs": 3},
        {"epochs": 50, "min_epochs": 50},
        {"min_epochs": 70},
        {"patience": 8, "decay_epochs": 10, "beta_warmup_epochs": 6.0},
        {name: getattr(make_settings(), name) for name in ("batch_size", "epochs", "min_epochs")},
    ],
)
@pytest.mark.parametrize("images", [6, 40, 194, 644])
def test_what_was_asked_for_stays(given: dict[str, Any], images: int) -> None:
    found = suited(images, **given)
    assert {name: getattr(found, name) for name in given} == given
    assert found.min_epochs <= found.epochs
    # All of it is a session that can be recorded.
    assert make_settings(dict(found)) == found


def test_a_batch_that_was_asked_for_gets_the_epochs_that_it_needs() -> None:
    found = suited(194, batch_size=128)
    assert found.epochs * steps_per_epoch(194, 128) >= 50 * EPOCH_STEPS * 0.9


def test_a_smaller_default_than_the_smallest_stays() -> None:
    assert suited(300, batch_size=4).batch_size == 4


def test_the_changes_are_reported() -> None:
    asked = make_settings()
    assert suited_changes(asked, suited(55_000)) == {}
    assert suited_changes(asked, suited(194)) == {"batch_size": "8"}
    assert suited_changes(asked, suited(65))["beta_warmup_epochs"] == "24"


def test_few_steps_are_reported_with_what_is_better() -> None:
    note = few_steps_note(make_settings(), 194)
    assert note.startswith("100 steps at most (2 steps per epoch) are few to learn from")
    assert note.endswith("are better: a batch size of 8 or 200 epochs")
    assert few_steps_note(make_settings(batch_size=8), 194) == ""
    assert "(1 step per epoch)" in few_steps_note(make_settings(batch_size=500), 194)
    tiny = few_steps_note(make_settings(batch_size=8, epochs=2), 100)
    assert tiny.endswith(f": {-(-ENOUGH_STEPS // 13)} epochs")
    assert "\n" not in note


def test_an_extension_may_bring_what_was_missing() -> None:
    settings = make_settings(epochs=10)
    assert few_steps_note(settings, 2000)
    assert few_steps_note(settings, 2000, epochs=60) == ""


def test_one_epoch_of_mnist_is_enough_to_see_something() -> None:
    assert few_steps_note(make_settings(epochs=1), 55_000) == ""


def test_what_is_auto_is_recorded_as_what_it_comes_to() -> None:
    colour = ImageShape(64, 64, 3)
    found = suited_settings(make_settings(), (), 50_000, colour)
    assert (found.filters, found.likelihood) == ((32, 64, 128), "gaussian")
    assert (found.latent_dim, found.dense_units, found.learning_rate) == (32, (256,), 3e-3)
    assert found.augment == "none"
    asked = {
        "filters": (8,),
        "likelihood": "bernoulli",
        "latent_dim": 2,
        "dense_units": (256, 256),
        "min_delta": 0.1,
    }
    stays = suited_settings(make_settings(asked), asked.keys(), 50_000, colour)
    assert {name: getattr(stays, name) for name in asked} == asked
    grey = suited_settings(make_settings(), (), 50_000, ImageShape(48, 80))
    assert (grey.filters, grey.likelihood, grey.latent_dim) == ((16, 32, 64), "bernoulli", 2)
    assert grey.dense_units == (256, 256)
    assert resolved_settings(grey, ImageShape(48, 80)) == grey
    assert suited_changes(make_settings(), found)["likelihood"] == "gaussian"


def test_what_counts_as_progress_grows_with_the_values_of_an_image() -> None:
    assert suited_settings(make_settings(), (), 50_000).min_delta == 0.1
    small = suited_settings(make_settings(), (), 50_000, ImageShape(28, 28, 3))
    assert small.min_delta == pytest.approx(0.3)
    large = suited_settings(make_settings(), (), 50_000, ImageShape(256, 256, 3))
    assert large.min_delta == pytest.approx(0.1 * 256 * 256 * 3 / 784, abs=0.01)
