"""Draws of the aggregate posterior: one z ~ q(z|x) per image, to fit and to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets.arrays import Images
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.source import Split
from vae_engine.errors import DatasetError, SessionDamagedError, SessionError
from vae_engine.evaluation.encoding import encode_images, require_finite
from vae_engine.inference.exported import ExportedModel
from vae_engine.inspection.images import model_dataset, split_images
from vae_engine.random_purposes import Purpose
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, read_arrays
from vae_engine.sessions.session import Session

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

MOST_DRAWS: Final = 5000
"""Images of each part: with more, the fit and the comparison take longer than one waits."""

LEAST_FITTED: Final = 2
_FILE_LIMIT: Final = 128 * 2**20
_MOST_NUMBERS: Final = 2**24
_FARTHEST: Final = 1e5


@dataclass(frozen=True, eq=False)
class Codes:
    """Draws of the aggregate posterior of two sets of images.

    Attributes:
        fitted: (n, latent_dim) for the fit, n at least 2.
        held_out: (m, latent_dim) of other images, at most as many.
        split: of the images to fit: `train`, or `test` where the dataset cannot be read and the
            test images that the session embedded were divided.
    """

    fitted: Floats
    held_out: Floats
    split: Literal["train", "test"]


@dataclass(frozen=True, eq=False)
class _Posteriors:
    z_mean: Floats
    z_log_var: Floats

    def rows(self, rows: Indices) -> _Posteriors:
        return _Posteriors(self.z_mean[rows], self.z_log_var[rows])

    def draw(self, seed: int, purpose: Purpose) -> Floats:
        """One z per image."""
        rng = _generator(seed, purpose, 1)
        noise = rng.standard_normal(self.z_mean.shape, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            z: Floats = self.z_mean + np.exp(0.5 * self.z_log_var) * noise
        require_finite("posterior", z)
        if (np.abs(z) > _FARTHEST).any():
            raise SessionDamagedError(f"the exported model has posteriors beyond {_FARTHEST:,.0f}")
        return z


def session_codes(
    session: Session, model: ExportedModel, place: str | None, report: Report
) -> Codes:
    """Draw one z each for at most 5,000 training and as many test images.

    Equal weights and images give equal draws.

    Args:
        session: whose images.
        model: its export.
        place: where the dataset is now; None uses the latest known one.
        report: called with the progress.

    Raises:
        DatasetError: the images cannot be read, and no test images are embedded by this encoder.
        SessionDamagedError: the encoder gives values that are not finite, or the embeddings are
            damaged.
        SessionError: there are too few images.
    """
    seed = session.settings.seed
    embedded = _embedded(session, model)
    try:
        report("reading the images", 0, 1)
        dataset = model_dataset(session, model, place)
    except DatasetError:
        if embedded is None or place is not None or len(embedded.z_mean) < 2 * LEAST_FITTED:
            raise
        return _divided(embedded, seed)

    def encoded(split: Split, most: int, purpose: Purpose) -> _Posteriors:
        images: Images = split_images(dataset, split, session.settings).images
        rows = _chosen(len(images), most, seed, purpose)
        found = encode_images(model.encoder, images[rows], f"encoding {split} images", report)
        return _Posteriors(found.z_mean, found.z_log_var)

    if len(dataset.train_images) < LEAST_FITTED:
        raise SessionError("the training split has 1 image: a mixture needs at least 2")
    fitted = encoded("train", MOST_DRAWS, Purpose.FITTED_CODES)
    most = len(fitted.z_mean)
    if embedded is None:
        held_out = encoded("test", most, Purpose.HELD_OUT_CODES)
    else:
        held_out = embedded.rows(_chosen(len(embedded.z_mean), most, seed, Purpose.HELD_OUT_CODES))
    return Codes(
        fitted.draw(seed, Purpose.FITTED_CODES),
        held_out.draw(seed, Purpose.HELD_OUT_CODES),
        "train",
    )


def _divided(embedded: _Posteriors, seed: int) -> Codes:
    """Fit one half of the embedded test images, and hold the other out."""
    count = min(len(embedded.z_mean), 2 * MOST_DRAWS)
    order = _generator(seed, Purpose.FITTED_CODES, 0).permutation(len(embedded.z_mean))[:count]
    # Where they are odd, the first half has one more.
    fitted, held_out = (np.sort(half) for half in np.array_split(order, 2))
    return Codes(
        embedded.rows(fitted).draw(seed, Purpose.FITTED_CODES),
        embedded.rows(held_out).draw(seed, Purpose.HELD_OUT_CODES),
        "test",
    )


def _embedded(session: Session, model: ExportedModel) -> _Posteriors | None:
    """The posteriors of all test images, where training ended with the weights of this export."""
    result = session.result()
    if result is None or (model.entry.epoch, model.entry.step) != (result.best_epoch, 0):
        return None
    latent_dim = model.encoder.latent_dim
    spec = ArraySpec("float32", (None, latent_dim), _MOST_NUMBERS // latent_dim)
    try:
        path = session.folder / layout.EMBEDDINGS
        arrays = read_arrays(path, {"z_mean": spec, "z_log_var": spec}, limit=_FILE_LIMIT)
    except FileNotFoundError:
        return None
    z_mean, z_log_var = arrays["z_mean"], arrays["z_log_var"]
    if z_mean.shape != z_log_var.shape or not np.isfinite([z_mean, z_log_var]).all():
        raise SessionDamagedError(f"{layout.EMBEDDINGS} is damaged: its posteriors are not finite")
    return _Posteriors(z_mean, z_log_var)


def _chosen(available: int, most: int, seed: int, purpose: Purpose) -> Indices:
    """At most `most` of the images, in their order."""
    if available <= most:
        return np.arange(available)
    rng = _generator(seed, purpose, 0)
    return np.sort(rng.choice(available, most, replace=False)).astype(np.intp)


def _generator(seed: int, purpose: Purpose, part: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, purpose, part])))
