"""Compute the ELBO terms of each image: reconstruction loss and KL, in nats."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.datasets.parallel_files import Report
from vae_engine.errors import SessionDamagedError
from vae_engine.evaluation.aggregate import kl_per_dimension
from vae_engine.evaluation.bounds import Doubles, Floats, importance_sums
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.noise import BLOCK, noise
from vae_engine.inference.blas import one_thread
from vae_engine.inference.exported import ExportedModel

_Part = TypeVar("_Part")

_VALUES_AT_ONCE = 2**18
"""Pixel values per task of a thread: a few megabytes, however large the images."""


@dataclass(frozen=True, eq=False)
class Reconstructed:
    """Embeddings and reconstructions of images.

    Attributes:
        z_mean: (n, latent_dim).
        z_log_var: (n, latent_dim).
        images: (n, h, w) or (n, h, w, 3) float32 in [0, 1], decoded from z_mean.
    """

    z_mean: Floats
    z_log_var: Floats
    images: Floats


def reconstructed(model: ExportedModel, images: Images) -> Reconstructed:
    """Encode and decode images, uint8 or float32 in [0, 1].

    Raises:
        SessionDamagedError: the model's output is not finite.
    """
    z_mean, z_log_var = model.encoder.encode(to_float(images))
    return Reconstructed(z_mean, z_log_var, model.decoder.decode(z_mean))


def score_images(
    model: ExportedModel,
    images: Images,
    *,
    seed: int,
    samples: int = 1,
    report: Report = lambda *_: None,
) -> ImageScores:
    """Compute the ELBO terms of every image.

    With equal numbers of samples their means equal those of `evaluate_session`: z is the same.

    Args:
        model: of the session.
        images: (n, h, w) or (n, h, w, 3), uint8 or float32 in [0, 1]; n at least 1.
        seed: of the session's settings.
        samples: z per image.
        report: called with the progress.

    Raises:
        SessionDamagedError: the model gives losses that are not finite.
    """
    parts, done = [], 0
    report("scoring", 0, len(images))
    for part in scored_blocks(model, images, seed=seed, samples=samples):
        parts.append(part)
        done += len(part)
        report("scoring", done, len(images))
    return ImageScores.joined(parts)


def score_rows(
    model: ExportedModel, images: Images, rows: NDArray[np.intp], *, seed: int
) -> ImageScores:
    """The ELBO terms of some of the images, equal to those that `score_images` gives all of them.

    Args:
        model: of the session.
        images: (n, h, w) or (n, h, w, 3), all of the split.
        rows: (m,) which; m at least 1.
        seed: of the session's settings.

    Raises:
        SessionDamagedError: the model gives losses that are not finite.
    """
    dim = model.encoder.latent_dim
    drawn = {
        block: noise(seed, block, 0, (min(BLOCK, len(images) - block * BLOCK), dim))
        for block in np.unique(rows // BLOCK).tolist()
    }
    epsilon = np.stack([drawn[row // BLOCK][row % BLOCK] for row in rows.tolist()])
    return _score(model, images[rows], [epsilon])


def scored_blocks(
    model: ExportedModel, images: Images, *, seed: int, samples: int = 1
) -> Generator[ImageScores, None, None]:
    """Like `score_images`, but yields blocks of images; it can be abandoned at any time."""

    def score(start: int) -> ImageScores:
        block = images[start : start + BLOCK]
        return _score_block(model, block, start // BLOCK, seed, samples)

    yield from _in_threads(score, range(0, len(images), BLOCK))


def squared_errors(model: ExportedModel, images: Images) -> Doubles:
    """Compute the squared error of each image's reconstruction from z_mean, (n,).

    It is the mean over the values of an image, in [0, 1], so it needs no likelihood.

    Args:
        model: of the session.
        images: (n, h, w) or (n, h, w, 3), uint8 or float32 in [0, 1]; n at least 1.

    Raises:
        SessionDamagedError: the model's output is not finite.
    """
    step = max(1, _VALUES_AT_ONCE // model.shape.values)

    def errors(start: int) -> Doubles:
        floats = to_float(images[start : start + step])
        made = reconstructed(model, floats).images
        flat = floats.reshape(len(floats), -1) - made.reshape(len(floats), -1)
        squares: Doubles = np.square(flat).mean(axis=1, dtype=np.float64)
        return squares

    return np.concatenate(list(_in_threads(errors, range(0, len(images), step))))


def _in_threads(task: Callable[[int], _Part], starts: range) -> Generator[_Part, None, None]:
    """Run a task for each start, in order; abandoned, the rest is not run."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        # For all of it: where the limit came and went with every layer, threads that waited for
        # work took ten times the processor time on a busy machine.
        with one_thread():
            yield from pool.map(task, starts)
    finally:
        pool.shutdown(cancel_futures=True)


def _score_block(
    model: ExportedModel, images: Images, block: int, seed: int, samples: int
) -> ImageScores:
    shape = (len(images), model.encoder.latent_dim)
    return _score(model, images, [noise(seed, block, sample, shape) for sample in range(samples)])


def _score(model: ExportedModel, images: Images, drawn: list[Floats]) -> ImageScores:
    """The ELBO terms of images with these samples of noise, each (n, latent_dim)."""
    step = max(1, _VALUES_AT_ONCE // model.shape.values)
    parts = []
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        floats = to_float(images[rows])
        z_mean, z_log_var = model.encoder.encode(floats)
        with np.errstate(all="ignore"):
            sums = importance_sums(
                model.decoder.log_likelihood(floats),
                z_mean,
                z_log_var,
                (epsilon[rows] for epsilon in drawn),
            )
            kl = kl_per_dimension(z_mean, z_log_var).sum(axis=1)
        parts.append(ImageScores(sums.reconstruction_loss, kl))
    scores = ImageScores.joined(parts)
    if not np.isfinite(scores.negative_elbo).all():
        raise SessionDamagedError("the exported model gives a loss that is not finite")
    return scores
