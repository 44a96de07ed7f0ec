"""The compiled steps on real digits: properties that resume and comparison rely on."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest

from vae_engine.datasets import Dataset, load_dataset
from vae_engine.image_shape import ImageShape
from vae_engine.model.network import Networks, build_networks, weights_sha256
from vae_engine.random_purposes import Purpose
from vae_engine.settings import Settings, make_settings
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.randomness import epoch_order
from vae_engine.training.steps import Evaluator, TrainingSteps, make_optimizer

SMALL = make_settings(
    latent_dim=3, filters=(4, 8), dense_units=(32,), batch_size=32, seed=4, threads=2
)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("mnist").limited(300)


def trainer(settings: Settings, dataset: Dataset) -> tuple[Networks, TrainingSteps]:
    networks = build_networks(settings)
    optimizer = make_optimizer(settings, networks)
    return networks, TrainingSteps(settings, networks, optimizer, dataset.train_images)


def inputs(
    steps: TrainingSteps, epoch: int = 1, rate: float = 1e-3, beta: float = 1
) -> EpochInputs:
    return EpochInputs(
        epoch=epoch,
        order=epoch_order(SMALL.seed, epoch, steps.images),
        learning_rates=np.full(steps.steps, rate, np.float32),
        betas=np.full(steps.steps, beta, np.float32),
    )


def test_the_last_batch_is_the_rest(digits: Dataset) -> None:
    _, steps = trainer(SMALL, digits)
    assert (steps.images, steps.steps) == (300, 10)
    totals = steps.train(inputs(steps, rate=1e-30), 0, 10, (0.0, 0.0, 0.0))
    # Untrained: every one of the 300 images costs about log 2 a pixel.
    assert totals[1] / 300 == pytest.approx(784 * np.log(2), rel=0.02)


def test_chunks_of_any_length_give_the_same_bits(digits: Dataset) -> None:
    whole_networks, whole = trainer(SMALL, digits)
    whole_totals = whole.train(inputs(whole), 0, 10, (0.0, 0.0, 0.0))
    networks, steps = trainer(SMALL, digits)
    totals = (0.0, 0.0, 0.0)
    for first, last in [(0, 1), (1, 4), (4, 10)]:
        totals = steps.train(inputs(steps), first, last, totals)
    assert totals == whole_totals
    assert weights_sha256(networks) == weights_sha256(whole_networks)


def test_training_lowers_the_loss(digits: Dataset) -> None:
    _, steps = trainer(SMALL, digits)
    losses = [
        steps.train(inputs(steps, epoch), 0, 10, (0.0, 0.0, 0.0))[0] / 300 for epoch in (1, 2, 3)
    ]
    assert losses[0] > losses[1] > losses[2]


def test_the_loss_is_reconstruction_plus_beta_kl(digits: Dataset) -> None:
    _, steps = trainer(SMALL, digits)
    loss, reconstruction, kl = steps.train(inputs(steps, beta=4.0), 0, 10, (0.0, 0.0, 0.0))
    assert kl > 0
    assert loss == pytest.approx(reconstruction + 4.0 * kl, rel=1e-6)


def test_the_learning_rate_of_each_step_is_used(digits: Dataset) -> None:
    networks, steps = trainer(SMALL, digits)
    before = [variable.numpy() for variable in networks.variables]
    still = inputs(steps, rate=0.0)
    steps.train(still, 0, 10, (0.0, 0.0, 0.0))
    for value, variable in zip(before, networks.variables, strict=True):
        np.testing.assert_array_equal(value, variable.numpy())


@pytest.mark.parametrize(("binarize", "differ"), [("none", False), ("dynamic", True)])
def test_dynamic_binarization_draws_other_pixels_every_epoch(
    digits: Dataset, binarize: Literal["none", "dynamic"], differ: bool
) -> None:
    _, steps = trainer(msgspec.structs.replace(SMALL, binarize=binarize), digits)
    first = inputs(steps, epoch=1, rate=0.0)
    # The KL of weights at rest depends on the pixels, not on the noise of z.
    kl = [
        steps.train(replace(first, epoch=epoch), 0, 10, (0.0, 0.0, 0.0))[2] for epoch in (1, 1, 2)
    ]
    assert kl[0] == kl[1]
    assert (kl[0] != kl[2]) is differ


@pytest.mark.parametrize(("augment", "differ"), [("none", False), ("flip_shift", True)])
def test_augmentation_changes_the_images_of_every_epoch(
    digits: Dataset, augment: Literal["none", "flip_shift"], differ: bool
) -> None:
    _, steps = trainer(msgspec.structs.replace(SMALL, augment=augment), digits)
    first = inputs(steps, epoch=1, rate=0.0)
    kl = [
        steps.train(replace(first, epoch=epoch), 0, 10, (0.0, 0.0, 0.0))[2] for epoch in (1, 1, 2)
    ]
    assert kl[0] == kl[1]
    assert (kl[0] != kl[2]) is differ


def test_evaluation_repeats_exactly_and_differs_by_purpose(digits: Dataset) -> None:
    evaluator = Evaluator(SMALL, build_networks(SMALL))
    first = evaluator.evaluate(digits.val_images[:700], Purpose.VALIDATION_NOISE)
    again = evaluator.evaluate(digits.val_images[:700], Purpose.VALIDATION_NOISE)
    other = evaluator.evaluate(digits.val_images[:700], Purpose.TEST_NOISE)
    assert first.reconstruction_loss == again.reconstruction_loss != other.reconstruction_loss
    assert first.kl_loss == other.kl_loss
    assert first.z_mean.shape == (700, 3)
    assert first.elbo == pytest.approx(-first.reconstruction_loss - first.kl_loss)


def test_evaluation_of_bytes_and_of_floats_agree(digits: Dataset) -> None:
    evaluator = Evaluator(SMALL, build_networks(SMALL))
    images = digits.test_images[:50]
    as_bytes = evaluator.evaluate(images, Purpose.TEST_NOISE)
    as_floats = evaluator.evaluate(images.astype(np.float32) / 255, Purpose.TEST_NOISE)
    assert as_bytes.reconstruction_loss == pytest.approx(as_floats.reconstruction_loss, rel=1e-6)


COLOUR = msgspec.structs.replace(SMALL, batch_size=8, likelihood="gaussian")


def noisy_colours(count: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    rng = np.random.default_rng(0)
    flat = rng.integers(40, 200, (count, 1, 1, 3))
    return (flat + rng.normal(0, 20, (count, 16, 12, 3))).clip(0, 255).astype(np.uint8)


def colour_trainer(settings: Settings, count: int = 64) -> tuple[Networks, TrainingSteps]:
    networks = build_networks(settings, shape=ImageShape(16, 12, 3))
    images = noisy_colours(count)
    return networks, TrainingSteps(settings, networks, make_optimizer(settings, networks), images)


def test_the_variance_is_learned() -> None:
    networks, steps = colour_trainer(COLOUR)
    before = float(networks.log_sigma)
    for epoch in range(1, 40):
        steps.train(inputs(steps, epoch, rate=1e-2), 0, steps.steps, (0.0, 0.0, 0.0))
    log_sigma = float(networks.log_sigma)
    assert log_sigma < before
    found = Evaluator(COLOUR, networks).evaluate(noisy_colours(64), Purpose.TEST_NOISE)
    # The best one is the root of the mean squared error, which the loss tells.
    per_value = found.reconstruction_loss / (16 * 12 * 3) - log_sigma - 0.5 * np.log(2 * np.pi)
    assert 2 * per_value == pytest.approx(1.0, abs=0.3)
    assert found.reconstruction_loss < 0


def test_images_that_stay_in_their_file_give_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    networks, held = colour_trainer(COLOUR, 61)
    held.train(inputs(held), 0, held.steps, (0.0, 0.0, 0.0))
    monkeypatch.setattr("vae_engine.training.steps._MAX_TENSOR_BYTES", 0)
    np.save(tmp_path / "images.npy", noisy_colours(61))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    others = build_networks(COLOUR, shape=ImageShape(16, 12, 3))
    steps = TrainingSteps(COLOUR, others, make_optimizer(COLOUR, others), mapped)
    totals = (0.0, 0.0, 0.0)
    for first, last in [(0, 1), (1, 5), (5, steps.steps)]:
        totals = steps.train(inputs(steps), first, last, totals)
    assert weights_sha256(others) == weights_sha256(networks)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous_bernoulli"])
def test_free_bits_are_in_the_loss_and_not_in_the_kl(likelihood: str) -> None:
    settings = make_settings({**dict(COLOUR), "likelihood": likelihood, "free_bits": 5.0})
    networks, steps = colour_trainer(settings)
    totals = steps.train(inputs(steps, rate=1e-30, beta=2), 0, steps.steps, (0.0, 0.0, 0.0))
    loss, reconstruction, kl = (total / 64 for total in totals)
    # Untrained: every dimension is far below its 5 nats, and all three are charged.
    assert kl < 3
    assert loss == pytest.approx(reconstruction + 2 * 3 * 5.0, rel=1e-5)
    found = Evaluator(settings, networks).evaluate(noisy_colours(64), Purpose.TEST_NOISE)
    assert found.loss(2.0, 5.0) == pytest.approx(found.reconstruction_loss + 30.0)
    assert found.loss(2.0) == pytest.approx(found.reconstruction_loss + 2 * found.kl_loss)
    assert found.elbo == pytest.approx(-found.reconstruction_loss - found.kl_loss)


@pytest.mark.parametrize(("clip_norm", "losses"), [(200.0, (0.0, 0.0, 0.0)), (0.0, None)])
def test_a_batch_whose_loss_is_not_finite_counts_only_without_a_limit_on_the_gradient(
    digits: Dataset, clip_norm: float, losses: tuple[float, ...] | None
) -> None:
    settings = msgspec.structs.replace(SMALL, clip_norm=clip_norm, weight_decay=0.0)
    networks, steps = trainer(settings, digits)
    networks.encoder.get_layer("z_log_var").bias.assign([2000.0, 0.0, 0.0])
    before = weights_sha256(networks)
    totals = steps.train(inputs(steps), 0, steps.steps, (0.0, 0.0, 0.0))
    if losses is None:
        assert not np.isfinite(totals).any()
    else:
        assert totals == losses
        assert weights_sha256(networks) == before


def test_an_image_far_from_all_others_does_not_hide_them(digits: Dataset) -> None:
    settings = msgspec.structs.replace(SMALL, clip_norm=200.0, weight_decay=0.0)
    networks, steps = trainer(settings, digits)
    usual = steps.train(inputs(steps, rate=1e-30), 0, steps.steps, (0.0, 0.0, 0.0))
    networks.encoder.get_layer("z_log_var").bias.assign([25.0, 0.0, 0.0])
    far = steps.train(inputs(steps, rate=1e-30), 0, steps.steps, (0.0, 0.0, 0.0))
    # Its true KL is 0.5 (e^25 - 26) = 3.6e10 nats, which the evaluation tells.
    assert usual[2] < far[2] < 100 * steps.images
    found = Evaluator(settings, networks).evaluate(digits.val_images, Purpose.TEST_NOISE)
    assert found.kl_loss > 1e10
    for epoch in range(1, 5):
        steps.train(inputs(steps, epoch, rate=3e-2), 0, steps.steps, (0.0, 0.0, 0.0))
    assert networks.encoder.get_layer("z_log_var").bias.numpy()[0] < 24.8
