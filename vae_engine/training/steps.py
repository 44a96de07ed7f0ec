"""Compiled steps: training on a chunk of batches, and evaluation of a split."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vae_engine.model.network import Networks
from vae_engine.model.objective import kl_with_free_bits
from vae_engine.random_purposes import Purpose
from vae_engine.settings import Settings
from vae_engine.training.adam import Adam
from vae_engine.training.augmentation import augmented
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.passes import Outputs, Passes
from vae_engine.training.randomness import binarized, normal_noise

Tensor = Any
Totals = tuple[float, float, float]

_MAX_TENSOR_BYTES = 2**28
"""Larger datasets are passed to TensorFlow one chunk at a time."""
_EVALUATION_BATCH, _EVALUATION_VALUES = 500, 500 * 64 * 64
"""Images per evaluation batch, and their pixel values. The noise of an image depends on both."""


@dataclass(frozen=True)
class Evaluation:
    """Means over a split at sampled z, nats per image.

    Attributes:
        reconstruction_loss: -log p(x|z), negative where a density exceeds 1.
        kl_per_dimension: (latent_dim,) float64.
        z_mean: (images, latent_dim) float32.
        z_log_var: (images, latent_dim) float32.
    """

    reconstruction_loss: float
    kl_per_dimension: NDArray[np.float64]
    z_mean: NDArray[np.float32]
    z_log_var: NDArray[np.float32]

    @property
    def kl_loss(self) -> float:
        """KL summed over the dimensions."""
        return float(self.kl_per_dimension.sum())

    def loss(self, beta: float, free_bits: float = 0.0) -> float:
        """Training loss of this split: `reconstruction + beta sum_j max(free_bits, KL_j)`."""
        if not free_bits:
            return self.reconstruction_loss + beta * self.kl_loss
        kl_term = float(np.maximum(self.kl_per_dimension, free_bits).sum())
        return self.reconstruction_loss + beta * kl_term

    @property
    def elbo(self) -> float:
        """Evidence lower bound, at beta = 1."""
        return -(self.reconstruction_loss + self.kl_loss)


def make_optimizer(settings: Settings, networks: Networks) -> Adam:
    """Create Adam for the networks' variables."""
    return Adam(settings, networks.variables)


class TrainingSteps:
    """Trains networks on images, a chunk of steps at a time.

    The length of a chunk does not affect the results: noise, learning rate and beta of a step
    depend on its number alone, and the sums are carried from chunk to chunk in order.

    Attributes:
        networks: networks being trained.
        optimizer: optimizer of their variables.
        images: number of training images.
        steps: steps per epoch.
    """

    def __init__(
        self,
        settings: Settings,
        networks: Networks,
        optimizer: Adam,
        images: NDArray[Any],
    ) -> None:
        """Copy the images to TensorFlow, unless they are large.

        Large ones stay where they are, such as in a memory-mapped file, and are copied a chunk at
        a time.

        Args:
            settings: of the session.
            networks: to train.
            optimizer: of their variables.
            images: (n, h, w) or (n, h, w, c), uint8 or float32 in [0, 1].
        """
        self._settings = settings
        self.networks = networks
        self._passes = Passes(settings, networks, limits_variance=True)
        self.optimizer = optimizer
        self._array = images
        self._tensor = tf.constant(images) if images.nbytes <= _MAX_TENSOR_BYTES else None
        # AutoGraph took two thirds of the tracing time, and leaves files in /tmp when killed.
        self._chunk = tf.function(self._train_chunk, autograph=False, reduce_retracing=True)
        self.images = len(images)
        self.steps = -(-len(images) // settings.batch_size)

    def train(self, inputs: EpochInputs, first: int, last: int, totals: Totals) -> Totals:
        """Run the steps `first` to `last` (exclusive) of an epoch.

        Args:
            inputs: of the epoch.
            first: from 0.
            last: at most `steps`.
            totals: loss, reconstruction_loss and kl_loss, summed over the epoch's images so far.

        Returns:
            The sums including these steps; not finite when training diverged.
        """
        arguments = [
            tf.constant(first),
            tf.constant(last),
            tf.constant(inputs.epoch),
            tf.constant(inputs.order),
            tf.constant(inputs.learning_rates),
            tf.constant(inputs.betas),
            tf.constant(totals, tf.float64),
        ]
        if self._tensor is None:
            size = self._settings.batch_size
            rows = inputs.order[first * size : last * size]
            arguments.append(tf.constant(self._array[rows]))
        sums = self._chunk(*arguments).numpy()
        return float(sums[0]), float(sums[1]), float(sums[2])

    def _train_chunk(
        self,
        first: Tensor,
        last: Tensor,
        epoch: Tensor,
        order: Tensor,
        learning_rates: Tensor,
        betas: Tensor,
        totals: Tensor,
        chunk: Tensor = None,
    ) -> Tensor:
        size = self._settings.batch_size

        def images_of(step: Tensor) -> Tensor:
            if chunk is not None:
                at = (step - first) * size
                return chunk[at : at + size]
            return tf.gather(self._tensor, order[step * size : (step + 1) * size])

        def take_step(step: Tensor, sums: Tensor) -> tuple[Tensor, Tensor]:
            batch = augmented(self._settings, epoch, step, to_float(images_of(step)))
            if self._settings.binarize == "dynamic":
                batch = binarized(self._settings.seed, epoch, step, batch)
            step_sums = self._train_step(batch, epoch, step, learning_rates[step], betas[step])
            return step + 1, sums + step_sums

        # Parallel iterations give different bits from run to run.
        _, sums = tf.while_loop(
            lambda step, _: step < last, take_step, (first, totals), parallel_iterations=1
        )
        return sums

    def _train_step(
        self, batch: Tensor, epoch: Tensor, step: Tensor, learning_rate: Tensor, beta: Tensor
    ) -> Tensor:
        epsilon = self._noise(batch, epoch, step)
        gradients, means = self._gradients(self._passes, batch, epsilon, beta)
        self.optimizer.apply(gradients, learning_rate)
        count = tf.cast(tf.shape(batch)[0], tf.float64)
        return count * self._counted(tf.cast(means, tf.float64))

    def _counted(self, means: Tensor) -> Tensor:
        """Leave out a loss that is not finite, if its gradient was left out too."""
        if not self._settings.clip_norm:
            return means
        return tf.where(tf.reduce_all(tf.math.is_finite(means)), means, tf.zeros_like(means))

    def _noise(self, batch: Tensor, epoch: Tensor, step: Tensor) -> Tensor:
        settings = self._settings
        shape = tf.stack([tf.shape(batch)[0], settings.latent_dim])
        return normal_noise(settings.seed, Purpose.TRAINING_NOISE, epoch, step, shape)

    def _gradients(
        self,
        passes: Passes,
        batch: Tensor,
        epsilon: Tensor,
        beta: Tensor,
        weight: Tensor | None = None,
    ) -> tuple[list[Tensor], Tensor]:
        """Compute the gradients, and the mean loss, reconstruction_loss and kl_loss of the images.

        `weight` is the share of the step's batch that these images are, None for the whole batch.
        """
        with tf.GradientTape() as tape:
            outputs = passes.run(batch, epsilon)
            reconstruction = tf.reduce_mean(outputs.reconstruction)
            kl = tf.reduce_mean(tf.reduce_sum(outputs.kl, axis=1))
            free_bits = self._settings.free_bits
            kl_term = self._kl_with_free_bits(outputs.kl, weight) if free_bits else kl
            loss = reconstruction + beta * kl_term
        gradients = tape.gradient(loss, passes.networks.variables)
        return gradients, tf.stack([loss, reconstruction, kl])

    def _kl_with_free_bits(self, image_kl: Tensor, weight: Tensor | None) -> Tensor:  # noqa: ARG002
        """Compute the KL term of the loss from the KL of the images, (n, latent_dim)."""
        return kl_with_free_bits(tf.reduce_mean(image_kl, axis=0), self._settings.free_bits)


class Evaluator:
    """Evaluates networks on a split, with the same noise each time, so that epochs compare."""

    def __init__(self, settings: Settings, networks: Networks) -> None:
        self._settings = settings
        self._passes = Passes(settings, networks, limits_variance=False)
        self._batch = tf.function(self._evaluate_batch, autograph=False, reduce_retracing=True)

    def evaluate(self, images: NDArray[Any], purpose: Purpose) -> Evaluation:
        """Evaluate the networks on a split.

        Args:
            images: (n, h, w) or (n, h, w, c), uint8 or float32 in [0, 1].
            purpose: random stream to sample z from.
        """
        reconstruction, kl, means, log_vars = [], [], [], []
        for index, batch in enumerate(_batches(images)):
            outputs = self._batch(tf.constant(batch), tf.constant(index), tf.constant(int(purpose)))
            reconstruction.append(outputs.reconstruction.numpy().astype(np.float64))
            kl.append(outputs.kl.numpy().astype(np.float64))
            means.append(outputs.z_mean.numpy())
            log_vars.append(outputs.z_log_var.numpy())
        return Evaluation(
            reconstruction_loss=float(np.concatenate(reconstruction).mean()),
            kl_per_dimension=np.concatenate(kl).mean(axis=0),
            z_mean=np.concatenate(means),
            z_log_var=np.concatenate(log_vars),
        )

    def _evaluate_batch(self, images: Tensor, index: Tensor, purpose: Tensor) -> Outputs:
        batch = to_float(images)
        shape = tf.stack([tf.shape(batch)[0], self._settings.latent_dim])
        return self._passes.run(batch, normal_noise(self._settings.seed, purpose, 0, index, shape))


def to_float(images: Tensor) -> Tensor:
    """Convert (n, h, w[, c]) uint8 or float32 images to (n, h, w, c) float32 in [0, 1]."""
    values = tf.cast(images, tf.float32)
    if images.dtype == tf.uint8:
        values = values / 255.0
    return values[..., tf.newaxis] if values.shape.rank == 3 else values


def _batches(images: NDArray[Any]) -> Iterator[NDArray[Any]]:
    size = max(1, min(_EVALUATION_BATCH, _EVALUATION_VALUES // math.prod(images.shape[1:])))
    for start in range(0, len(images), size):
        yield images[start : start + size]
