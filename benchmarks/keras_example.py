"""The peer: the network and the training of the Keras VAE example, measured while it trains.

Its description is public (https://keras.io/examples/generative/vae/): convolutions of 32 and 64
filters, Dense 16, d = 2, a mirrored decoder of 64, 64 and 32 filters, Adam 1e-3, batches of 128,
`fit` with a `train_step` of its own. This is a reimplementation. It trains on the split that
ours trains on, where the example takes training and test digits together.

Run by `benchmarks.training` as ``python -m benchmarks.keras_example``; prints JSON lines.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from benchmarks.processes import tell
from vae_engine.datasets import load_dataset, to_float

LATENT_DIM = 2
BATCH = 128
LEARNING_RATE = 1e-3
PROBED_STEPS = 60
_EVALUATION_BATCH = 500

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Form:
    """A way to run the same training.

    Attributes:
        data: `arrays`, given to `fit` as they are, or `tf.data`, cached, shuffled and prefetched.
        compiled: whether XLA compiles the step.
        steps_at_once: steps that one call of the compiled function takes.
    """

    data: str
    compiled: bool = False
    steps_at_once: int = 1

    def __str__(self) -> str:
        parts = [self.data]
        if self.compiled:
            parts.append("XLA")
        if self.steps_at_once > 1:
            parts.append(f"{self.steps_at_once} steps a call")
        return ", ".join(parts)


FORMS = (Form("tf.data", steps_at_once=20), Form("tf.data"), Form("arrays"), Form("tf.data", True))


class KerasExample(keras.Model):  # type: ignore[misc]
    """The example's VAE, with its losses as Keras metrics."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _encoder()
        self.decoder = _decoder()
        self.trackers = [keras.metrics.Mean(name) for name in ("loss", "reconstruction", "kl")]

    @property
    def metrics(self) -> list[Any]:
        return self.trackers

    def train_step(self, data: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            reconstruction, kl = self.losses_of(data)
            reconstruction, kl = tf.reduce_mean(reconstruction), tf.reduce_mean(kl)
            loss = reconstruction + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for tracker, value in zip(self.trackers, (loss, reconstruction, kl), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def losses_of(self, images: Any) -> tuple[Any, Any]:
        """Reconstruction loss and KL of each image, (n,) nats, z sampled."""
        z_mean, z_log_var = self.encoder(images)
        z = z_mean + tf.exp(0.5 * z_log_var) * tf.random.normal(tf.shape(z_mean))
        entropies = keras.losses.binary_crossentropy(images, self.decoder(z))
        kl = -0.5 * (1.0 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
        return tf.reduce_sum(entropies, axis=(1, 2)), tf.reduce_sum(kl, axis=1)


def _encoder() -> keras.Model:
    images = keras.Input((28, 28, 1))
    x = images
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    return keras.Model(images, [layers.Dense(LATENT_DIM)(x), layers.Dense(LATENT_DIM)(x)])


def _decoder() -> keras.Model:
    z = keras.Input((LATENT_DIM,))
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(z))
    for filters in (64, 32):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
    return keras.Model(z, layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(x))


def negative_elbo(model: KerasExample, images: Floats) -> float:
    """Mean over the images, nats, z sampled."""
    losses = tf.function(model.losses_of)
    total = 0.0
    for start in range(0, len(images), _EVALUATION_BATCH):
        reconstruction, kl = losses(tf.constant(images[start : start + _EVALUATION_BATCH]))
        total += float(tf.reduce_sum(tf.cast(reconstruction + kl, tf.float64)))
    return total / len(images)


class WorkingTime(keras.callbacks.Callback):  # type: ignore[misc]
    """The seconds within each epoch: what `fit` does between them does not count.

    Attributes:
        epochs: wall-clock seconds of each.
        processor: processor seconds of each.
    """

    def __init__(self, after_epoch: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.epochs: list[float] = []
        self.processor: list[float] = []
        self._after_epoch = after_epoch
        self._began = (0.0, 0.0)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._began = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.epochs.append(time.perf_counter() - self._began[0])
        self.processor.append(time.process_time() - self._began[1])
        if self._after_epoch is not None:
            self._after_epoch(epoch + 1)


def fit(form: Form, images: Floats, epochs: int, clock: WorkingTime, model: KerasExample) -> None:
    """Train in one form; the clock is called after every epoch."""
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        jit_compile=form.compiled,
        steps_per_execution=form.steps_at_once,
    )
    if form.data == "arrays":
        model.fit(images, epochs=epochs, batch_size=BATCH, callbacks=[clock], verbose=0)
        return
    batches = tf.data.Dataset.from_tensor_slices(images).cache().shuffle(len(images)).batch(BATCH)
    model.fit(batches.prefetch(tf.data.AUTOTUNE), epochs=epochs, callbacks=[clock], verbose=0)


def fastest(images: Floats) -> tuple[Form, dict[str, float]]:
    """The form that trains most images per second, and the rates of all."""
    some = images[: PROBED_STEPS * BATCH]
    rates: dict[Form, float] = {}
    for form in FORMS:
        clock = WorkingTime()
        fit(form, some, 3, clock, KerasExample())
        rates[form] = len(some) / min(clock.epochs[1:])  # The first one compiles.
    return max(rates, key=lambda form: rates[form]), {str(form): r for form, r in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--limit", type=int, default=0, help="train on the first N images")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--probe", action="store_true", help="tell the rates of its forms, no more")
    group.add_argument("--unprobed", action="store_true", help="take the first form untried")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    dataset = load_dataset("mnist").limited(options.limit)
    images, test = to_float(dataset.train_images), to_float(dataset.test_images)
    form = FORMS[0]
    if not options.unprobed:
        form, rates = fastest(images)
        tell(form=str(form), images_per_second=rates[str(form)], rates=rates)
    if options.probe:
        return
    model = KerasExample()

    def after_epoch(epoch: int) -> None:
        tell(
            epoch=epoch,
            seconds=clock.epochs[-1],
            processor=clock.processor[-1],
            test_loss=negative_elbo(model, test),
        )

    clock = WorkingTime(after_epoch)
    began = time.perf_counter()
    fit(form, images, options.epochs, clock, model)
    tell(wall_seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
