"""Encode many images to their posteriors, in threads."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.datasets.parallel_files import Report
from vae_engine.errors import SessionDamagedError
from vae_engine.evaluation.bounds import Doubles, Floats
from vae_engine.evaluation.decoding import Posterior
from vae_engine.inference.networks import Encoder

_ENCODED_AT_ONCE, _ENCODED_VALUES = 2048, 2048 * 28 * 28


def encode_images(encoder: Encoder, images: Images, what: str, report: Report) -> Posterior:
    """Encode images (n, h, w) or (n, h, w, 3), uint8 or float32 in [0, 1], to their posterior.

    Args:
        encoder: of an export.
        images: n at least 1.
        what: name of the stage.
        report: called with the progress.

    Raises:
        SessionDamagedError: the encoder gives values that are not finite.
    """
    means, log_vars = [], []
    at_once = max(1, min(_ENCODED_AT_ONCE, _ENCODED_VALUES // math.prod(images.shape[1:])))
    starts = range(0, len(images), at_once)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(
            lambda start: encoder.encode(to_float(images[start : start + at_once])), starts
        )
        report(what, 0, len(images))
        for start, (z_mean, z_log_var) in zip(starts, parts, strict=True):
            means.append(z_mean)
            log_vars.append(z_log_var)
            report(what, start + len(z_mean), len(images))
    posterior = Posterior(images, np.concatenate(means), np.concatenate(log_vars))
    require_finite("posterior", posterior.z_mean, posterior.z_log_var)
    return posterior


def require_finite(what: str, *arrays: Floats | Doubles) -> None:
    """Check what a model gives.

    Raises:
        SessionDamagedError: some value is not finite.
    """
    if not all(np.isfinite(array).all() for array in arrays):
        raise SessionDamagedError(f"the exported model gives a {what} that is not finite")
