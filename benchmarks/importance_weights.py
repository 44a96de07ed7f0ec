"""What a decoding of the importance-weighted NLL costs, in processor time of one process.

Run with ``python -m benchmarks.importance_weights [SESSION...]``, by default on the shipped example
and with test images of MNIST. Other load on the machine counts for little, but not for nothing: it
takes the caches.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.evaluation import bounds
from vae_engine.evaluation.bounds import importance_sums
from vae_engine.evaluation.decoding import Posterior
from vae_engine.evaluation.noise import BLOCK, noise
from vae_engine.inference import layers, products
from vae_engine.inference.activations import Activation, activation
from vae_engine.inference.blas import one_thread
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.pixels import PixelModel
from vae_engine.sessions.session import Session

ROUNDS = 5
PEAK_SIDE = 1024
FULL_IMAGES, FULL_SAMPLES = 10_000, 5_000

Images = NDArray[np.uint8]
PRODUCTS, ACTIVATIONS, LIKELIHOOD = "matrix products", "activations", "log p(x|z)"
NOISE, WEIGHTS = "noise", "log p(z) - log q(z|x)"
WHOLE, REST = "a decoding, with everything", "copies and the rest"

IN_CACHE = 2**15
ONE = np.float32(1.0)
PASSES: dict[str, Callable[..., object]] = {
    "copy": lambda x, out: np.copyto(out, x),
    "+ 1": partial(np.add, ONE),
    "x y": partial(np.multiply, np.ones(IN_CACHE, np.float32)),
    "max(x, y)": partial(np.maximum, np.ones(IN_CACHE, np.float32)),
    "tanh": np.tanh,
    "exp": np.exp,
}
"""What activations and likelihood consist of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", nargs="*", type=Path, help="folders of sessions of MNIST")
    parser.add_argument("--images", type=int, default=100, help="test images [default: 100]")
    parser.add_argument("--samples", type=int, default=256, help="z per image [default: 256]")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="the fastest counts [default: 5]"
    )
    chosen = parser.parse_args()
    example = min(Path(__file__).parents[1].joinpath("sessions").iterdir())
    images = digits(chosen.images)
    peak = operations_per_second()
    print(f"{chosen.images} images, {chosen.samples} samples; peak {peak / 1e9:.0f} GFLOP/s")
    passes = ", ".join(f"{name} {time_per_value(of):.2f}" for name, of in PASSES.items())
    print(f"a pass over {IN_CACHE:,} float32, in ns per value: {passes}")
    for folder in chosen.sessions or [example]:
        report(folder, images, chosen, peak)


def report(folder: Path, images: Images, chosen: argparse.Namespace, peak: float) -> None:
    """Print the processor time of a decoding and its parts."""
    clock = Clock()
    rounds: list[dict[str, float]] = []
    with clock.timing():
        model = load_model(Session(folder))
        posterior = Posterior(images, *model.encoder.encode(to_float(images)))
        for _ in range(chosen.rounds):
            clock.seconds.clear()
            clock.activated = 0
            nll = clock.timed(WHOLE, estimate)(model, posterior, chosen.samples, clock)
            rounds.append(dict(clock.seconds))
    decodings = len(images) * chosen.samples
    fastest = {part: 1e6 * min(one[part] for one in rounds) / decodings for part in rounds[0]}
    whole = fastest.pop(WHOLE)
    fastest[REST] = whole - sum(fastest.values())
    values = clock.activated / decodings
    each = 1e3 * fastest[ACTIVATIONS] / max(values, 1)
    notes = {
        PRODUCTS: f"all of the layers, at peak: {2e6 * model.decoder.multiplications / peak:.2f}",
        ACTIVATIONS: f"{values:,.0f} values, {each:.2f} ns each",
    }
    print(f"{folder.name}: NLL {nll:.4f} nats")
    print(f"  {WHOLE:27} {whole:6.2f} us")
    for part in (PRODUCTS, ACTIVATIONS, LIKELIHOOD, NOISE, WEIGHTS, REST):
        print(f"    {part:25} {fastest[part]:6.2f}   {notes.get(part, '')}".rstrip())
    minutes = whole * FULL_IMAGES * FULL_SAMPLES / (os.cpu_count() or 1) / 60e6
    print(f"  {FULL_IMAGES:,} images, {FULL_SAMPLES:,} samples: {minutes:.1f} minutes")


class Clock:
    """Adds up processor time.

    Attributes:
        seconds: by the part of a decoding.
        activated: number of values.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.activated = 0

    @contextlib.contextmanager
    def timing(self) -> Iterator[None]:
        """Time the parts of what is loaded and run in this block."""
        with (
            mock.patch.object(products, "multiply", self.timed(PRODUCTS, products.multiply)),
            mock.patch.object(layers, "activation", self._activation),
            mock.patch.object(
                PixelModel, "log_likelihood", self.timed(LIKELIHOOD, PixelModel.log_likelihood)
            ),
            mock.patch.object(
                bounds, "log_prior_ratio", self.timed(WEIGHTS, bounds.log_prior_ratio)
            ),
        ):
            yield

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time added to a part."""

        def call(*arguments: Any) -> Any:
            began = time.process_time()
            result = function(*arguments)
            self.seconds[part] += time.process_time() - began
            return result

        return call

    def _activation(self, name: str) -> Activation:
        of = activation(name)
        apply = self.timed(ACTIVATIONS, of.apply)

        def count(x: NDArray[np.float32]) -> None:
            self.activated += x.size
            apply(x)

        return of if name == "linear" else of._replace(apply=count)


def estimate(model: ExportedModel, posterior: Posterior, samples: int, clock: Clock) -> float:
    """The mean NLL as `vae evaluate` computes it, in this process."""
    draw = clock.timed(NOISE, noise)
    of_blocks = []
    for start in range(0, len(posterior.images), BLOCK):
        block = posterior.rows(slice(start, start + BLOCK))
        shape = block.z_mean.shape
        sums = importance_sums(
            model.decoder.log_likelihood(to_float(block.images)),
            block.z_mean,
            block.z_log_var,
            (draw(0, start // BLOCK, sample, shape) for sample in range(samples)),
        )
        of_blocks.append(sums.nll)
    return float(np.concatenate(of_blocks).mean())


def operations_per_second() -> float:
    """The fastest square matrix product of one thread."""
    matrix = np.random.default_rng(0).standard_normal((PEAK_SIDE, PEAK_SIDE), np.float32)
    seconds = []
    with one_thread():
        for _ in range(4 * ROUNDS):
            began = time.process_time()
            np.matmul(matrix, matrix)
            seconds.append(time.process_time() - began)
    return 2.0 * PEAK_SIDE**3 / min(seconds)


def time_per_value(one_pass: Callable[..., object]) -> float:
    """The fastest pass over values that are in the cache, in ns per value."""
    values = np.random.default_rng(0).standard_normal(IN_CACHE, np.float32)
    result = np.empty_like(values)
    seconds = []
    for _ in range(100 * ROUNDS):
        began = time.perf_counter()
        one_pass(values, out=result)
        seconds.append(time.perf_counter() - began)
    return 1e9 * min(seconds) / IN_CACHE


def digits(count: int) -> Images:
    with np.load(str(files("vae_engine.datasets") / "mnist.npz"), allow_pickle=False) as archive:
        images: Images = archive["x_test"][:count]
    return images


if __name__ == "__main__":
    main()
