from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.model.network import build_networks
from vae_engine.settings import make_settings
from vae_engine.training.litert_weights import make_template

Weights = list[NDArray[np.float32]]


def drawn(model: keras.Model, seed: int) -> Weights:
    """Give the model random weights."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(scale=0.1, size=variable.shape).astype(np.float32))
    return [variable.numpy() for variable in model.trainable_variables]


def converted(model: keras.Model, path: Path) -> bytes:
    model.export(path, format="litert", verbose=False)
    return path.read_bytes()


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_filled_template_is_what_a_conversion_gives(tmp_path: Path, part: str) -> None:
    # Square kernels and equal widths: axes that could be mistaken for one another.
    settings = make_settings(filters=(4, 4), dense_units=(16, 16), latent_dim=16)
    model = getattr(build_networks(settings), part)
    before = drawn(model, 1)
    template = make_template(converted(model, tmp_path / "before.tflite"), before)
    assert template is not None
    after = drawn(model, 2)
    filled = template.filled(after)
    assert filled == converted(model, tmp_path / "after.tflite")
    assert filled != template.content


def test_weights_that_cannot_be_told_apart_make_no_template(tmp_path: Path) -> None:
    model = build_networks(make_settings(filters=(4,), dense_units=(8, 8))).encoder
    weights = [variable.numpy() for variable in model.trainable_variables]
    assert sum(not weight.any() for weight in weights) > 1, "biases are 0 before any training"
    assert make_template(converted(model, tmp_path / "encoder.tflite"), weights) is None
