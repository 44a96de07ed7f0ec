"""Embeddings of the test images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui.text import one_line
from vae_engine.datasets import to_float
from vae_engine.datasets.source import counted
from vae_engine.errors import SessionDamagedError
from vae_engine.inference.sampling import open_encoder
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, read_arrays
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

_FILE_LIMIT = 128 * 2**20
_MOST_NUMBERS = 2**24
_FARTHEST = 1e6


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embedded test images.

    Attributes:
        z_mean: (n, d), all of a sensible size.
        indices: (n,), their places in the test split, or among the images of the previews.
        labels: (n,), -1 for none.
        epoch: whose encoder it was.
        complete: whether these are all test images, not only those of the previews.
        label_names: of the labels 0, 1, ...; empty where they are numbers.
        left_out: number of images whose z_mean is no finite number of a sensible size.
    """

    z_mean: NDArray[np.float32]
    indices: NDArray[np.intp]
    labels: NDArray[np.int64]
    epoch: int
    complete: bool
    label_names: tuple[str, ...] = ()
    left_out: int = 0

    def equals(self, other: Embeddings) -> bool:
        """Whether these are the same images at the same places."""
        return self.epoch == other.epoch and all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.z_mean, other.z_mean),
                (self.indices, other.indices),
                (self.labels, other.labels),
            )
        )


def embeddings_of(session: Session, entry: ExportEntry) -> Embeddings | None:
    """Return the embeddings by the encoder of an export.

    All test images were embedded when training ended, with the best weights. For other exports the
    few digits of the previews are embedded now; None where there are none.

    Raises:
        SessionDamagedError: a file is not what it should be, or no embedding is finite.
    """
    found = _found(session, entry)
    if found is None:
        return None
    # A separate object: another thread may poll the caller's.
    read = Session(session.folder)
    read.poll(progress=False)
    prepared = read.log.prepared
    if prepared is None:
        return found
    names = tuple(one_line(name) for name in prepared.label_names)
    return replace(found, label_names=names)


def _found(session: Session, entry: ExportEntry) -> Embeddings | None:
    result = session.result()
    if result is not None and (entry.epoch, entry.step) == (result.best_epoch, 0):
        recorded = _recorded(session, result.best_epoch)
        if recorded is not None:
            return recorded
    return _embedded_now(session, entry)


def _recorded(session: Session, epoch: int) -> Embeddings | None:
    latent_dim = session.settings.latent_dim
    longest = _MOST_NUMBERS // latent_dim
    specs = {
        "z_mean": ArraySpec("float32", (None, latent_dim), longest),
        "labels": ArraySpec("int64", (None,), longest),
    }
    try:
        arrays = read_arrays(session.folder / layout.EMBEDDINGS, specs, limit=_FILE_LIMIT)
    except FileNotFoundError:
        return None
    z_mean, labels = arrays["z_mean"], arrays["labels"]
    if len(z_mean) != len(labels):
        raise SessionDamagedError(
            f"{layout.EMBEDDINGS} has {len(z_mean)} embeddings and {len(labels)} labels"
        )
    return _sensible(z_mean, labels, epoch, complete=True)


def _embedded_now(session: Session, entry: ExportEntry) -> Embeddings | None:
    originals = read_originals(session.folder)
    if originals is None:
        return None
    z_mean, _ = open_encoder(session, entry).encode(to_float(originals.images))
    return _sensible(z_mean, originals.labels, entry.epoch, complete=False)


def _sensible(
    z_mean: NDArray[np.float32], labels: NDArray[np.int64], epoch: int, *, complete: bool
) -> Embeddings:
    """Drop NaN, and values so large that arithmetic fails.

    Raises:
        SessionDamagedError: nothing is left.
    """
    sensible = (np.abs(z_mean) < _FARTHEST).all(axis=1)
    indices = np.flatnonzero(sensible)
    left_out = len(z_mean) - len(indices)
    if left_out and not len(indices):
        raise SessionDamagedError(
            f"{layout.EMBEDDINGS}: none of {counted(left_out, 'embedding')} is finite and within "
            f"{_FARTHEST:g} of 0"
        )
    return Embeddings(
        z_mean[sensible], indices, labels[sensible], epoch, complete, left_out=left_out
    )
