"""The decoder's logits, and the noise of the samples."""

import numpy as np
import pytest

from tests.tui.recorder import RECORDINGS
from vae_engine.errors import SessionDamagedError
from vae_engine.evaluation.decoding import aggregate_noise, noise
from vae_engine.inference.litert import LiteRtModel
from vae_engine.inference.logits import LogitDecoder, without_sigmoid


@pytest.mark.parametrize("latent_dim", [2, 4])
def test_logits_are_those_of_the_exported_probabilities(latent_dim: int) -> None:
    content = (RECORDINGS / f"d{latent_dim}" / "decoder.tflite").read_bytes()
    decoder = LogitDecoder("decoder", content)
    z = 3.0 * np.random.default_rng(0).standard_normal((300, latent_dim)).astype(np.float32)
    logits = decoder.decode(z)
    (probabilities,) = LiteRtModel("decoder", content).run(z)
    assert decoder.latent_dim == latent_dim
    assert logits.shape == (300, 28, 28)
    assert logits.min() < -5.0
    expected = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    np.testing.assert_allclose(probabilities[..., 0], expected, atol=1e-6)


def test_a_model_that_does_not_end_in_a_sigmoid_is_refused() -> None:
    with pytest.raises(SessionDamagedError, match="does not end in a sigmoid"):
        without_sigmoid((RECORDINGS / "d2" / "encoder.tflite").read_bytes())


@pytest.mark.parametrize("content", [b"", b"TFL3", bytes(64), b"\xff" * 200])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(SessionDamagedError):
        LogitDecoder("decoder", content)


def test_damage_anywhere_in_the_graph_is_refused_or_harmless() -> None:
    """The digest of a stranger's file may be right: reading it must not raise anything else."""
    content = (RECORDINGS / "d2" / "decoder.tflite").read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for at in rng.integers(len(content) - 6000, len(content), 20):
            damaged[at] = rng.integers(256)
        try:
            without_sigmoid(bytes(damaged))
        except SessionDamagedError as error:
            refused += str(error).isprintable()
    assert refused > 5


def test_noise_follows_from_what_it_is_for() -> None:
    first = noise(0, 3, 7, (40_000, 2))
    np.testing.assert_array_equal(first, noise(0, 3, 7, (40_000, 2)))
    assert abs(first.mean()) < 0.02
    assert first.std() == pytest.approx(1.0, abs=0.02)
    others = [noise(1, 3, 7, (40_000, 2)), noise(0, 4, 7, (40_000, 2)), noise(0, 3, 8, (40_000, 2))]
    others.append(aggregate_noise(0, (40_000, 2)).astype(np.float32))
    for other in others:
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.02
