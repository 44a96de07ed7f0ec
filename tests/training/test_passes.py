"""A batch in parts has the losses and gradients of the whole batch."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import tensorflow as tf

from vae_engine.datasets import load_dataset
from vae_engine.model.network import build_networks, weights_sha256
from vae_engine.settings import make_settings
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.passes import Passes
from vae_engine.training.randomness import epoch_order
from vae_engine.training.steps import TrainingSteps, make_optimizer, to_float

SETTINGS = make_settings(
    latent_dim=3, filters=(4, 8), dense_units=(32,), batch_size=32, seed=4, free_bits=0.5
)


def in_parts(parts: int) -> Any:
    return msgspec.structs.replace(SETTINGS, batch_parts=parts)


@pytest.mark.parametrize(("parts", "count"), [(1, 32), (2, 1), (2, 32), (4, 3)])
def test_parts_have_the_outputs_and_gradients_of_the_whole(parts: int, count: int) -> None:
    networks = build_networks(SETTINGS)
    images = to_float(tf.constant(load_dataset("mnist").train_images[:count]))
    epsilon = tf.constant(np.random.default_rng(1).normal(size=(count, 3)), tf.float32)

    def results(settings: Any) -> list[Any]:
        passes = Passes(settings, networks, limits_variance=False)

        def run() -> Any:
            with tf.GradientTape() as tape:
                outputs = passes.run(images, epsilon)
                loss = tf.reduce_mean(outputs.reconstruction) + tf.reduce_sum(outputs.kl)
            return [*outputs, *tape.gradient(loss, networks.variables)]

        return list(tf.function(run, autograph=False)())

    for mine, whole in zip(results(in_parts(parts)), results(SETTINGS), strict=True):
        assert mine.shape == whole.shape
        np.testing.assert_allclose(mine, whole, rtol=1e-3, atol=1e-3)


def test_parts_that_run_side_by_side_give_the_same_bits_every_time() -> None:
    images = load_dataset("mnist").train_images[:97]

    def bits(parts: int) -> str:
        settings = in_parts(parts)
        networks = build_networks(settings)
        steps = TrainingSteps(settings, networks, make_optimizer(settings, networks), images)
        inputs = EpochInputs(
            epoch=1,
            order=epoch_order(4, 1, 97),
            learning_rates=np.full(4, 1e-3, np.float32),
            betas=np.ones(4, np.float32),
        )
        steps.train(inputs, 0, 4, (0.0, 0.0, 0.0))
        return weights_sha256(networks)

    assert bits(3) == bits(3)
    # So the number of parts has to be recorded.
    assert bits(1) != bits(3)
