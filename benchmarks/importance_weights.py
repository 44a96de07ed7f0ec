"""What a decoding of the importance-weighted NLL costs, in processor time of one process.

Run with ``python -m benchmarks.importance_weights [SESSION...]``, by default on the shipped example
and with test images of MNIST. Other load on the machine counts for little, but not for nothing: it
takes the caches.
"""

from __future__ import annotations

import argparse
import os
import time
from importlib.resources import files
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.evaluation.bounds import importance_sums
from vae_engine.evaluation.decoding import Posterior
from vae_engine.evaluation.noise import BLOCK, noise
from vae_engine.inference import products
from vae_engine.inference.blas import one_thread
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.sessions.session import Session

ROUNDS = 5
PEAK_SIDE = 1024
FULL_IMAGES, FULL_SAMPLES = 10_000, 5_000

Images = NDArray[np.uint8]


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
    for folder in chosen.sessions or [example]:
        report(folder.name, load_model(Session(folder)), images, chosen, peak)


def report(
    name: str, model: ExportedModel, images: Images, chosen: argparse.Namespace, peak: float
) -> None:
    """Print the processor time of a decoding and its parts."""
    posterior = Posterior(images, *model.encoder.encode(to_float(images)))
    timed = Products()
    whole: list[float] = []
    for _ in range(chosen.rounds):
        timed.rounds.append(0.0)
        began = time.process_time()
        with mock.patch.object(products, "multiply", timed):
            nll = estimate(model, posterior, chosen.samples)
        whole.append(time.process_time() - began)
    microseconds = 1e6 / (len(images) * chosen.samples)
    per_decoding = min(whole) * microseconds
    at_peak = 2e6 * model.decoder.multiplications / peak
    minutes = per_decoding * FULL_IMAGES * FULL_SAMPLES / (os.cpu_count() or 1) / 60e6
    print(f"{name}: NLL {nll:.4f} nats")
    print(f"  a decoding, with z, likelihood and sums    {per_decoding:7.2f} us")
    print(f"  its matrix products                        {min(timed.rounds) * microseconds:7.2f}")
    print(f"  all multiplications of the layers, at peak {at_peak:7.2f}")
    print(f"  {FULL_IMAGES:,} images, {FULL_SAMPLES:,} samples: {minutes:.1f} minutes")


class Products:
    """Multiplies as the layers do, and adds up the processor time."""

    def __init__(self) -> None:
        self.rounds: list[float] = []
        self._multiply = products.multiply

    def __call__(self, parts: list[products.Product]) -> None:
        began = time.process_time()
        self._multiply(parts)
        self.rounds[-1] += time.process_time() - began


def estimate(model: ExportedModel, posterior: Posterior, samples: int) -> float:
    """The mean NLL as `vae evaluate` computes it, in this process."""
    of_blocks = []
    for start in range(0, len(posterior.images), BLOCK):
        block = posterior.rows(slice(start, start + BLOCK))
        shape = block.z_mean.shape
        sums = importance_sums(
            model.decoder.log_likelihood(to_float(block.images)),
            block.z_mean,
            block.z_log_var,
            (noise(0, start // BLOCK, sample, shape) for sample in range(samples)),
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


def digits(count: int) -> Images:
    with np.load(str(files("vae_engine.datasets") / "mnist.npz"), allow_pickle=False) as archive:
        images: Images = archive["x_test"][:count]
    return images


if __name__ == "__main__":
    main()
