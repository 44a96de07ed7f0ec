"""Networks for images of any size and both numbers of channels, in Keras and in NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.model.test_network import export_to
from tests.turns import in_turn
from vae_engine.errors import SessionDamagedError, SettingError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import (
    auto_filters,
    check_network_size,
    count_bytes,
    decoder_layers,
    encoder_layers,
)
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.likelihoods import pixel_likelihood
from vae_engine.model.network import build_networks, weights_sha256
from vae_engine.settings import make_settings

SMALL: dict[str, Any] = {"dense_units": (12,), "latent_dim": 3}

SHAPES = [
    ImageShape(8, 8, 1),
    ImageShape(48, 80, 1),
    ImageShape(32, 32, 3),
    ImageShape(64, 64, 3),
    ImageShape(29, 31, 3),
    ImageShape(9, 251, 1),
    ImageShape(28, 28, 3),
]


LIKELIHOODS = ("bernoulli", "gaussian", "continuous_bernoulli")


def label(value: object) -> str:
    return value.text if isinstance(value, ImageShape) else str(value)


@pytest.mark.parametrize(("shape", "likelihood"), in_turn(SHAPES, LIKELIHOODS, label))
def test_exports_equal_keras_at_every_size(
    tmp_path: Path, shape: ImageShape, likelihood: str
) -> None:
    settings = make_settings(SMALL, likelihood=likelihood)
    networks = build_networks(settings, 0.3, shape)
    rng = np.random.default_rng(0)
    for variable in networks.variables:
        if len(variable.shape) == 1:  # Biases begin at 0.
            variable.assign(rng.normal(0.0, 0.2, variable.shape))
    images = rng.random((5, *shape)).astype(np.float32)
    z = 3 * rng.standard_normal((5, 3)).astype(np.float32)
    entry = export_to(tmp_path, networks)
    assert ImageShape(*entry.image_shape) == shape
    encoder = Encoder(tmp_path / entry.encoder, entry.encoder_sha256, settings, shape)
    decoder = Decoder(tmp_path / entry.decoder, entry.decoder_sha256, settings, shape)
    for found, expected in zip(encoder.encode(images), networks.encoder(images), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
    expected = networks.decoder(z).numpy()
    assert expected.shape == (5, *shape)
    assert decoder.decode(z).shape == (5, *shape.array)
    np.testing.assert_allclose(decoder.decode(z), expected.reshape(5, *shape.array), atol=1e-5)
    logits = networks.decoder_logits(z).numpy().reshape(5, *shape.array)
    np.testing.assert_allclose(decoder.decode_logits(z), logits, atol=1e-5)
    assert decoder.pixels.likelihood == likelihood
    if likelihood == "gaussian":
        assert decoder.pixels.log_sigma == pytest.approx(np.log(0.25), abs=1e-5)


FILTERS = [(3,), (3, 4, 5), (2, 2, 2, 2, 2, 2, 2, 2)]


@pytest.mark.parametrize("kernel_size", [2, 9])
@pytest.mark.parametrize(
    ("filters", "shape"), in_turn(FILTERS, [ImageShape(13, 22, 3), ImageShape(16, 8, 1)], label)
)
def test_any_number_of_levels_gives_images_of_the_size_they_had(
    tmp_path: Path, filters: tuple[int, ...], kernel_size: int, shape: ImageShape
) -> None:
    settings = make_settings(SMALL, filters=filters, kernel_size=kernel_size)
    networks = build_networks(settings, 0.4, shape)
    images = np.random.default_rng(1).random((2, *shape)).astype(np.float32)
    reconstructions, z_mean = networks.vae(images)[:2]
    assert reconstructions.shape == images.shape
    entry = export_to(tmp_path, networks)
    encoder = Encoder(tmp_path / entry.encoder, entry.encoder_sha256, settings, shape)
    decoder = Decoder(tmp_path / entry.decoder, entry.decoder_sha256, settings, shape)
    found = decoder.decode(encoder.encode(images)[0])
    expected = reconstructions.numpy().reshape(2, *shape.array)
    np.testing.assert_allclose(encoder.encode(images)[0], z_mean.numpy(), atol=1e-5)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_auto_is_what_it_always_was_for_mnist_and_grows_with_the_size() -> None:
    assert auto_filters(GREY_28) == (16, 32)
    assert auto_filters(ImageShape(8, 8, 1)) == (16,)
    assert auto_filters(ImageShape(32, 32, 3)) == (32, 64)
    assert auto_filters(ImageShape(64, 64, 3)) == (32, 64, 128)
    assert auto_filters(ImageShape(48, 80, 1)) == (16, 32, 64)
    for side in range(8, 257, 8):
        for channels in (1, 3):
            shape = ImageShape(side, side, channels)
            filters = auto_filters(shape)
            assert 4 <= side / 2 ** len(filters) <= 8
            assert filters[0] ** 2 * side * side <= 32**2 * 64**2 or filters[0] == 8
            check_network_size(make_settings(), shape)


def test_auto_gives_the_weights_that_its_values_give() -> None:
    given = make_settings(filters=(16, 32), likelihood="bernoulli", seed=3)
    assert weights_sha256(build_networks(make_settings(seed=3))) == weights_sha256(
        build_networks(given)
    )


def test_auto_likelihood_is_gaussian_for_colour_that_is_not_binarized() -> None:
    colour = ImageShape(32, 32, 3)
    assert pixel_likelihood(make_settings()) == "bernoulli"
    assert pixel_likelihood(make_settings(), colour) == "gaussian"
    assert pixel_likelihood(make_settings(binarize="dynamic"), colour) == "bernoulli"
    assert pixel_likelihood(make_settings(likelihood="bernoulli"), colour) == "bernoulli"
    with pytest.raises(SettingError, match="have no density"):
        make_settings(binarize="dynamic", likelihood="gaussian")


@pytest.mark.parametrize("shape", [ImageShape(29, 31, 3), ImageShape(8, 64, 1)])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_an_untrained_decoder_draws_about_the_mean_of_the_data(
    shape: ImageShape, likelihood: str
) -> None:
    settings = make_settings(SMALL, likelihood=likelihood)
    z = np.random.default_rng(0).standard_normal((64, 3)).astype(np.float32)
    for mean in (0.1, 0.7):
        drawn = build_networks(settings, mean, shape).decoder(z).numpy()
        assert drawn.mean() == pytest.approx(mean, abs=0.03)
    for mean in (0.0, 1.0):
        assert np.isfinite(build_networks(settings, mean, shape).decoder(z).numpy()).all()


def test_a_network_that_no_machine_can_train_is_refused_with_what_to_choose() -> None:
    settings = make_settings(filters=(512,), dense_units=(4096,))
    with pytest.raises(SettingError, match="choose more levels of filters, or fewer dense_units"):
        check_network_size(settings, ImageShape(256, 256, 3))


@pytest.mark.parametrize("part", [Encoder, Decoder])
def test_a_strangers_settings_cannot_ask_for_all_memory(tmp_path: Path, part: Any) -> None:
    settings, shape = make_settings(filters=(512,), dense_units=(4096,)), ImageShape(256, 256, 3)
    layers = encoder_layers(settings, shape) + decoder_layers(settings, shape)
    assert count_bytes(layers) > 2**34
    (tmp_path / "bomb.npz").write_bytes(b"")
    with pytest.raises(SessionDamagedError, match="more than 2 GiB are not loaded"):
        part(tmp_path / "bomb.npz", "0" * 64, settings, shape)


def test_an_export_of_another_shape_is_refused(tmp_path: Path) -> None:
    settings = make_settings(SMALL)
    entry = export_to(tmp_path, build_networks(settings, shape=ImageShape(32, 32, 3)))
    with pytest.raises(SessionDamagedError):
        Decoder(tmp_path / entry.decoder, entry.decoder_sha256, settings)
    with pytest.raises(SessionDamagedError):
        Encoder(tmp_path / entry.encoder, entry.encoder_sha256, settings)


def test_gradients_reach_the_variance() -> None:
    networks = build_networks(make_settings(SMALL), shape=ImageShape(8, 8, 3))
    with tf.GradientTape() as tape:
        log_sigma = networks.log_sigma
    (gradient,) = tape.gradient(log_sigma, networks.variables[-1:])
    assert 0 < float(gradient.numpy().item()) < 10
    assert float(log_sigma) == pytest.approx(np.log(0.25), abs=1e-5)
