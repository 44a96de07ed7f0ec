import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_engine.errors import SessionDamagedError
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.model.network import Networks, build_networks, load_networks, weights_sha256
from vae_engine.model.objective import kl_per_dimension, reconstruction_per_image
from vae_engine.sessions import layout
from vae_engine.sessions.records import ExportEntry
from vae_engine.settings import make_settings
from vae_engine.training.export import Exporter, file_sha256, read_index

EARLIER = Path(__file__).with_name("earlier")
"""What the version before named outputs saved of a small network, with random weights."""
EARLIER_SHA256 = "5c83941a1e17dbb4aaff98d258cd12d7a2d42315f549c534e749db826fe791b7"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"latent_dim": 1},
        {"latent_dim": 256},
        {"filters": (8,), "dense_units": (32,)},
        {"activation": "silu"},
        {"filters": (4, 8), "kernel_size": 3, "dense_units": (16, 24, 32)},
    ],
)
def test_shapes_for_every_kind_of_network(changes: dict[str, object]) -> None:
    settings = make_settings(changes)
    networks = build_networks(settings)
    images = np.zeros((3, 28, 28, 1), np.float32)
    z_mean, z_log_var = networks.encoder(images)
    assert z_mean.shape == z_log_var.shape == (3, settings.latent_dim)
    probabilities = networks.decoder(z_mean).numpy()
    assert probabilities.shape == (3, 28, 28, 1)
    logits = networks.decoder_logits(z_mean).numpy()
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)), rtol=1e-5)
    assert [output.shape[0] for output in networks.vae(images)] == [3, 3, 3]


def test_the_layers_are_those_of_the_seeds() -> None:
    networks = build_networks(make_settings(latent_dim=8))
    encoder = [type(layer).__name__ for layer in networks.encoder.layers]
    decoder = [type(layer).__name__ for layer in networks.decoder.layers]
    dense, heads = ["Dense"] * 3, ["Dense"] * 2
    assert encoder == ["InputLayer", "Conv2D", "Conv2D", "Flatten", *dense, *heads]
    assert decoder == [
        "InputLayer", *dense, "Dense", "Reshape", "Conv2DTranspose", "Conv2DTranspose", "Activation"
    ]  # fmt: skip
    assert networks.decoder.layers[-1].activation is keras.activations.sigmoid


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "silu"])
def test_the_activation_is_that_of_every_layer_but_heads_and_pixels(activation: str) -> None:
    networks = build_networks(make_settings(activation=activation))
    named = {
        layer.name: layer.activation.__name__
        for model in (networks.encoder, networks.decoder)
        for layer in model.layers
        if hasattr(layer, "activation")
    }
    for head in ("z_mean", "z_log_var", "logits"):
        assert named.pop(head) == "linear"
    assert named.pop("probabilities") == "sigmoid"
    assert set(named.values()) == {activation}


@pytest.mark.parametrize(
    ("activation", "layers", "latent_dim", "gain"),
    [
        ("relu", 3, 2, 1),
        ("leaky_relu", 4, 2, 1),
        ("silu", 1, 2, 2),
        ("silu", 2, 20, 2),
        ("silu", 2, 21, 1),
        ("silu", 3, 40, 2),
    ],
)
def test_hidden_dense_kernels_begin_as_the_activation_needs(
    activation: str, layers: int, latent_dim: int, gain: int
) -> None:
    settings = make_settings(
        activation=activation, dense_units=(256,) * layers, latent_dim=latent_dim
    )
    networks = build_networks(settings)
    kernels = []
    for network, heads in ((networks.encoder, ("z_mean", "z_log_var")), (networks.decoder, ())):
        for layer in network.layers:
            if isinstance(layer, keras.layers.Dense):
                kernels.append(layer.kernel.numpy())
                glorot = np.sqrt(6 / sum(kernels[-1].shape))
                wanted = glorot * (1 if layer.name in heads else gain)
                assert 0.95 * wanted < np.abs(kernels[-1]).max() <= wanted
    assert len({kernel.tobytes() for kernel in kernels}) == 2 * layers + 3


@pytest.mark.parametrize("latent_dim", [5, 8])
def test_every_dimension_is_seen_by_the_untrained_decoder(latent_dim: int) -> None:
    decode = build_networks(make_settings(latent_dim=latent_dim)).decoder_logits
    z = np.eye(latent_dim, dtype=np.float32)
    moved = np.abs(decode(z).numpy() - decode(np.zeros_like(z)).numpy()).max(axis=(1, 2, 3))
    assert (moved > 0.01).all()


def test_gradients_reach_every_weight() -> None:
    networks = build_networks(make_settings(latent_dim=4))
    images = tf.random.stateless_uniform((16, 28, 28, 1), seed=[1, 2])
    epsilon = tf.random.stateless_normal((16, 4), seed=[3, 4])
    with tf.GradientTape() as tape:
        z_mean, z_log_var = networks.encoder(images)
        z = z_mean + tf.exp(0.5 * z_log_var) * epsilon
        logits = networks.decoder_logits(z)
        loss = tf.reduce_mean(reconstruction_per_image(images, logits)) + tf.reduce_mean(
            tf.reduce_sum(kl_per_dimension(z_mean, z_log_var), axis=1)
        )
    gradients = tape.gradient(loss, networks.variables)
    for variable, gradient in zip(networks.variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.abs(gradient.numpy()).max() > 0, variable.path


def test_equal_seeds_give_equal_weights_and_other_seeds_others() -> None:
    first, second = (weights_sha256(build_networks(make_settings(seed=5))) for _ in range(2))
    assert first == second
    assert weights_sha256(build_networks(make_settings(seed=6))) != first


def test_an_untrained_decoder_draws_about_the_mean_of_the_data() -> None:
    z = np.random.default_rng(0).standard_normal((64, 2)).astype(np.float32)
    dark = build_networks(make_settings(), mean_pixel=0.13).decoder(z).numpy()
    assert dark.mean() == pytest.approx(0.13, abs=0.01)
    assert np.isfinite(build_networks(make_settings(), mean_pixel=0.0).decoder(z).numpy()).all()


def test_the_digest_sees_a_single_changed_value() -> None:
    networks = build_networks(make_settings())
    before = weights_sha256(networks)
    bias = networks.variables[-1]
    bias.assign(bias + np.float32(1e-7))
    assert weights_sha256(networks) != before


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 8},
        *({"kernel_size": size, "filters": (3, 5), "dense_units": (7,)} for size in range(2, 10)),
        *({"activation": name, "dense_units": (9, 6, 5, 4)} for name in ("leaky_relu", "silu")),
        {"filters": (1,), "dense_units": (1,), "latent_dim": 1},
        {"filters": (2,), "latent_dim": 256, "kernel_size": 5},
    ],
    ids=str,
)
def test_exported_networks_equal_keras(tmp_path: Path, changes: dict[str, Any]) -> None:
    settings = make_settings(changes)
    networks = build_networks(settings, 0.3)
    rng = np.random.default_rng(0)
    for variable in networks.variables:
        if len(variable.shape) == 1:  # Biases begin at 0.
            variable.assign(rng.normal(0.0, 0.2, variable.shape))
    images = rng.random((37, 28, 28, 1)).astype(np.float32)
    z = rng.standard_normal((37, settings.latent_dim)).astype(np.float32)
    entry = export_to(tmp_path, networks)
    encoder = Encoder(tmp_path / entry.encoder, entry.encoder_sha256, settings)
    decoder = Decoder(tmp_path / entry.decoder, entry.decoder_sha256, settings)
    z_mean, z_log_var = encoder.encode(images)
    expected_mean, expected_log_var = networks.encoder(images)
    np.testing.assert_allclose(z_mean, expected_mean.numpy(), atol=1e-5)
    np.testing.assert_allclose(z_log_var, expected_log_var.numpy(), atol=1e-5)
    np.testing.assert_allclose(decoder.decode(z), networks.decoder(z).numpy()[..., 0], atol=1e-5)
    logits = networks.decoder_logits(z).numpy()[..., 0]
    np.testing.assert_allclose(decoder.decode_logits(z), logits, atol=1e-5)
    assert decoder.latent_dim == encoder.latent_dim == settings.latent_dim
    np.testing.assert_array_equal(decoder.decode(z), decoder.decode(z))


def export_to(folder: Path, networks: Networks) -> ExportEntry:
    (folder / layout.EXPORTS).mkdir()
    Exporter(folder, networks).export(epoch=1, epochs=1)
    index = read_index(folder)
    assert index is not None
    return index.current


def test_the_vae_samples_z_in_training_only() -> None:
    vae = build_networks(make_settings()).vae
    images = np.random.default_rng(0).random((2, 28, 28, 1)).astype(np.float32)
    first, second = (vae(images, training=False)[0].numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
    noisy, again = (vae(images, training=True)[0].numpy() for _ in range(2))
    assert np.abs(noisy - again).max() > 0


def test_weights_that_earlier_versions_saved_are_loaded() -> None:
    path = EARLIER / "vae.weights.h5"
    settings = make_settings(
        filters=(2, 3), dense_units=(8, 5), latent_dim=2, kernel_size=3, activation="relu"
    )
    networks = load_networks(settings, path, file_sha256(path))
    assert weights_sha256(networks) == EARLIER_SHA256
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    before = keras.models.load_model(EARLIER / "vae.keras")(images)
    for new, old in zip(networks.vae(images), before, strict=True):
        np.testing.assert_allclose(new.numpy(), old.numpy(), atol=1e-6)


def test_saved_weights_come_back_and_foreign_ones_are_refused(tmp_path: Path) -> None:
    settings = make_settings(latent_dim=3)
    networks = build_networks(settings)
    path = tmp_path / "vae.weights.h5"
    with warnings.catch_warnings():
        # Keras says so of layers without weights, once.
        warnings.filterwarnings("ignore", "Skipping nested container", UserWarning)
        networks.vae.save_weights(path)
    loaded = load_networks(make_settings(latent_dim=3, seed=9), path, file_sha256(path))
    assert weights_sha256(loaded) == weights_sha256(networks)
    with pytest.raises(SessionDamagedError, match="not the file that was saved"):
        load_networks(settings, path, "0" * 64)
    with pytest.raises(SessionDamagedError, match="does not fit the settings"):
        load_networks(make_settings(latent_dim=4), path, file_sha256(path))
