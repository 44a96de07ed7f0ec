"""Residual networks: Keras and NumPy agree, and the plain network is what they begin as."""

from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np
import pytest

from tests.conftest import EXAMPLE
from tests.inference.networks import PARTS, Part, earlier_network, open_network
from tests.model.test_network import export_to
from tests.tui.recorder import Recorder
from tests.tui.shaped import give_shape
from tests.turns import in_turn
from vae_engine.errors import SessionDamagedError, SettingError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import check_network_size, decoder_layers, encoder_layers
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.inference.sampling import draw_prior, load_decoder
from vae_engine.model.network import Networks, build_networks, load_networks, weights_sha256
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings
from vae_engine.training.export import file_sha256, named_weights
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.randomness import epoch_order
from vae_engine.training.steps import TrainingSteps, make_optimizer

SMALL: dict[str, Any] = {"network": "residual", "dense_units": (12,), "latent_dim": 3}
SHAPES = [GREY_28, ImageShape(29, 31, 3), ImageShape(8, 8, 1), ImageShape(9, 251, 1)]
ACTIVATIONS = ["relu", "leaky_relu", "silu"]


def label(value: object) -> str:
    return value.text if isinstance(value, ImageShape) else str(value)


def moved(networks: Networks) -> Networks:
    """Give the arrays that begin at 0 other values."""
    rng = np.random.default_rng(0)
    for variable in networks.variables:
        if not variable.numpy().any():
            variable.assign(rng.normal(0.0, 0.1, variable.shape))
    return networks


@pytest.mark.parametrize(("shape", "activation"), in_turn(SHAPES, ACTIVATIONS, label))
def test_exports_equal_keras_at_every_size(
    tmp_path: Path, shape: ImageShape, activation: str
) -> None:
    settings = make_settings(SMALL, activation=activation)
    networks = moved(build_networks(settings, 0.3, shape))
    rng = np.random.default_rng(0)
    images = rng.random((5, *shape)).astype(np.float32)
    z = rng.standard_normal((5, 3)).astype(np.float32)
    entry = export_to(tmp_path, networks)
    encoder = Encoder(tmp_path / entry.encoder, entry.encoder_sha256, settings, shape)
    decoder = Decoder(tmp_path / entry.decoder, entry.decoder_sha256, settings, shape)
    for found, expected in zip(encoder.encode(images), networks.encoder(images), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
    expected = networks.decoder(z).numpy().reshape(5, *shape.array)
    np.testing.assert_allclose(decoder.decode(z), expected, atol=1e-5)


def test_two_blocks_follow_each_convolution_and_precede_each_transposed_one() -> None:
    settings = make_settings(SMALL, filters=(4, 8), kernel_size=5)
    networks = build_networks(settings)
    for model, layers in (
        (networks.encoder, encoder_layers(settings)),
        (networks.decoder, decoder_layers(settings)),
    ):
        arrays = {name: shape for layer in layers for name, shape in layer.arrays.items()}
        assert {name: array.shape for name, array in named_weights(model).items()} == arrays
    trunk = [layer.name.replace("_block_", "+") for layer in encoder_layers(settings)]
    assert trunk[:6] == ["conv_1", "conv_1+1_1", "conv_1+1_2", "conv_1+2_1", "conv_1+2_2", "conv_2"]
    names = [layer.name for layer in decoder_layers(settings)]
    assert names[1:6] == ["dense_image", *(f"image_block_{b}_{p}" for b in (1, 2) for p in (1, 2))]
    assert names[6] == "conv_transpose_1"
    assert names[7].startswith("conv_transpose_1_block")
    assert names[-1] == "logits"
    # Only what a plain network has, and blocks of stride 1.
    plain = make_settings(SMALL, filters=(4, 8), kernel_size=5, network="plain")
    rest = [layer for layer in encoder_layers(settings) if "block" not in layer.name]
    assert rest == encoder_layers(plain)
    assert {layer.stride for layer in encoder_layers(settings) if "block" in layer.name} == {1}


def test_an_untrained_block_gives_its_input() -> None:
    encoder = build_networks(make_settings(SMALL, activation="silu")).encoder
    images = np.random.default_rng(0).random((2, 28, 28, 1)).astype(np.float32)
    names = ("conv_1", "conv_1_block_1", "conv_1_block_2")
    outputs = keras.Model(encoder.input, [encoder.get_layer(name).output for name in names])(images)
    before, *after = (output.numpy() for output in outputs)
    assert before.any()
    for output in after:
        np.testing.assert_array_equal(output, before)


def test_every_layer_learns_and_chunks_give_the_same_bits() -> None:
    settings = make_settings(SMALL, filters=(2, 3), batch_size=4, threads=2)
    images = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
    ends = []
    for chunks in ([(0, 4)], [(0, 1), (1, 4)]):
        networks = build_networks(settings)
        before = [variable.numpy() for variable in networks.variables]
        steps = TrainingSteps(settings, networks, make_optimizer(settings, networks), images)
        order = epoch_order(settings.seed, 1, steps.images)
        rates = np.full(4, 1e-2, np.float32)
        inputs = EpochInputs(
            epoch=1, order=order, learning_rates=rates, betas=np.ones(4, np.float32)
        )
        for first, last in chunks:
            steps.train(inputs, first, last, (0.0, 0.0, 0.0))
        changed = [
            variable.path
            for variable, old in zip(networks.variables, before, strict=True)
            if (variable.numpy() != old).any()
        ]
        assert changed == [variable.path for variable in networks.variables]
        ends.append(weights_sha256(networks))
    assert ends[0] == ends[1]


def test_saved_weights_come_back_and_are_not_those_of_a_plain_network(tmp_path: Path) -> None:
    settings = make_settings(SMALL)
    networks = moved(build_networks(settings))
    path = tmp_path / "vae.weights.h5"
    networks.vae.save_weights(path)
    loaded = load_networks(settings, path, file_sha256(path))
    assert weights_sha256(loaded) == weights_sha256(networks)
    plain = build_networks(make_settings(SMALL, network="plain"))
    plain.vae.save_weights(path)
    with pytest.raises(SessionDamagedError, match="does not fit the settings"):
        load_networks(settings, path, file_sha256(path))


@pytest.mark.parametrize("part", PARTS)
def test_a_network_of_an_earlier_version_is_refused(tmp_path: Path, part: Part) -> None:
    residual = make_settings({"latent_dim": 2, "filters": (4, 8), "network": "residual"})
    with pytest.raises(SessionDamagedError, match="is not the network of the session's settings"):
        open_network(part, earlier_network(part), tmp_path / "x.tflite", residual)


def test_the_app_samples_a_residual_session(recorder: Recorder) -> None:
    settings: dict[str, Any] = {**SMALL, "filters": (4, 8), "likelihood": "gaussian"}
    session = recorder.session("deep", epochs=1, **settings)
    give_shape(session, ImageShape(30, 20, 3), 1)
    images = load_decoder(session).decode(draw_prior(4, 3, seed=0))
    assert images.shape == (4, 30, 20, 3)
    assert np.isfinite(images).all()


def test_sessions_from_before_the_setting_are_plain() -> None:
    example = Session(EXAMPLE)
    fields = msgspec.json.decode((EXAMPLE / "session.json").read_bytes())["settings"]
    assert "network" not in fields
    assert example.settings.network == "plain"
    assert msgspec.json.decode(b'{"latent_dim":4}', type=Settings).network == "plain"


def test_too_many_weights_are_counted_with_those_of_the_blocks() -> None:
    wide: dict[str, Any] = {"filters": (512,) * 8, "dense_units": (4096,) * 4}
    shape = ImageShape(64, 64, 3)
    check_network_size(make_settings(wide), shape)
    with pytest.raises(SettingError, match=r"the network would have .* million weights"):
        check_network_size(make_settings(wide, network="residual"), shape)
