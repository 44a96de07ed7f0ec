"""A mixture fitted to a session's aggregate posterior, and its file `mixture.npz`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.priors.fit import COMPONENTS
from vae_engine.priors.latent_metrics import LatentMetrics
from vae_engine.priors.prior import MixturePrior
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, parse_npz
from vae_engine.sessions.records import ExportEntry

Compared = Literal["standard", "gmm", "posterior"]
COMPARED: Final[tuple[Compared, ...]] = get_args(Compared)
"""What is compared with held-out posterior draws; `posterior` is the draws that were fitted."""

FILE_LIMIT: Final = 32 * 2**20
_FARTHEST: Final = 1e6
_SPLITS: Final = ("train", "test")
_SPLIT_TYPE: Final = "<U5"


@dataclass(frozen=True, eq=False)
class FittedPrior:
    """A mixture, what it was fitted to, and how it compares with the standard prior.

    Attributes:
        epoch: of the encoder. step: of the next epoch, 0 at its start.
        encoder_sha256: digest of the encoder's file.
        prior: the mixture.
        bic: of each number of components that was tried.
        split: of the images that were fitted.
        images: how many were fitted.
        held_out: how many posterior draws of other images the metrics compare with; 0 where they
            are too few.
        metrics: by what is compared, with as many draws as are held out; empty at 0.
    """

    epoch: int
    step: int
    encoder_sha256: str
    prior: MixturePrior
    bic: Mapping[int, float]
    split: Literal["train", "test"]
    images: int
    held_out: int
    metrics: Mapping[Compared, LatentMetrics]

    def is_of(self, entry: ExportEntry) -> bool:
        """Whether it was fitted to the posteriors of this export's encoder."""
        return self.encoder_sha256 == entry.encoder_sha256

    @property
    def components(self) -> int:
        """Number of Gaussians."""
        return len(self.prior.weights)


def to_arrays(fitted: FittedPrior) -> dict[str, NDArray[Any]]:
    """The arrays of `mixture.npz`; docs/session-format.md describes them."""
    rows = [fitted.metrics.get(name, LatentMetrics(0.0, 0.0, 0.0)) for name in COMPARED]
    return {
        "weights": fitted.prior.weights,
        "means": fitted.prior.means,
        "scales": fitted.prior.scales,
        "components": np.array(list(fitted.bic), np.int64),
        "bic": np.array(list(fitted.bic.values()), np.float64),
        "epoch": np.array([fitted.epoch, fitted.step], np.int64),
        "encoder_sha256": np.frombuffer(bytes.fromhex(fitted.encoder_sha256), np.uint8),
        "split": np.array(fitted.split, _SPLIT_TYPE),
        "images": np.array([fitted.images, fitted.held_out], np.int64),
        "metrics": np.array([[row.precision, row.recall, row.coverage] for row in rows]),
    }


def to_bytes(fitted: FittedPrior) -> bytes:
    """The content of `mixture.npz`."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **to_arrays(fitted))
    return buffer.getvalue()


def from_bytes(data: bytes, latent_dim: int) -> FittedPrior:
    """Read the content of `mixture.npz`.

    Args:
        data: of the file, at most `FILE_LIMIT` bytes.
        latent_dim: of the session.

    Raises:
        SessionDamagedError: an array is missing, of another shape or type, or has values that no
            mixture has.
    """
    most = COMPONENTS[-1]
    specs = {
        "weights": ArraySpec("float64", (None,), most),
        "means": ArraySpec("float64", (None, latent_dim), most),
        "scales": ArraySpec("float64", (None, latent_dim, latent_dim), most),
        "components": ArraySpec("int64", (None,), most),
        "bic": ArraySpec("float64", (None,), most),
        "epoch": ArraySpec("int64", (2,)),
        "encoder_sha256": ArraySpec("uint8", (32,)),
        "split": ArraySpec(_SPLIT_TYPE, ()),
        "images": ArraySpec("int64", (2,)),
        "metrics": ArraySpec("float64", (len(COMPARED), 3)),
    }
    arrays = parse_npz(data, specs, name=layout.MIXTURE)
    if problem := _problem(arrays):
        raise SessionDamagedError(f"{layout.MIXTURE} is damaged: {problem}")
    epoch, step = arrays["epoch"].tolist()
    images, held_out = arrays["images"].tolist()
    metrics = {
        name: LatentMetrics(*row)
        for name, row in zip(COMPARED, arrays["metrics"].tolist(), strict=True)
    }
    bic = dict(zip(arrays["components"].tolist(), arrays["bic"].tolist(), strict=True))
    return FittedPrior(
        epoch=epoch,
        step=step,
        encoder_sha256=arrays["encoder_sha256"].tobytes().hex(),
        prior=MixturePrior(arrays["weights"], arrays["means"], arrays["scales"]),
        bic=bic,
        split="train" if str(arrays["split"]) == "train" else "test",
        images=images,
        held_out=held_out,
        metrics=metrics if held_out else {},
    )


def _problem(arrays: Mapping[str, NDArray[Any]]) -> str:
    """What no fitted mixture has; empty if all is well."""
    weights, means, scales = arrays["weights"], arrays["means"], arrays["scales"]
    if not len(weights) == len(means) == len(scales):
        return f"{len(weights)} weights, {len(means)} means and {len(scales)} scales"
    # Comparisons with NaN are false.
    if not ((weights >= 0).all() and abs(float(weights.sum()) - 1) < 1e-6):
        return "its weights are not shares of 1"
    if not ((np.abs(means) < _FARTHEST).all() and (np.abs(scales) < _FARTHEST).all()):
        return "it has means or scales that are not finite or too large"
    if len(arrays["bic"]) != len(arrays["components"]) or not np.isfinite(arrays["bic"]).all():
        return "its BIC are not finite, or too few"
    if not ((arrays["metrics"] >= 0) & (arrays["metrics"] <= 1)).all():
        return "its metrics are not between 0 and 1"
    if (arrays["images"] < 0).any() or (arrays["epoch"] < 0).any():
        return "it counts below 0"
    if str(arrays["split"]) not in _SPLITS:
        return "it names no split"
    return ""
