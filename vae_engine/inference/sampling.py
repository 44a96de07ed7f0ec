"""Load a session's exported models, and draw z from the prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionError, SessionNotFoundError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

Floats = NDArray[np.float32]


def draw_prior(count: int, latent_dim: int, *, seed: int, temperature: float = 1.0) -> Floats:
    """Draw z from the prior N(0, I), scaled by `temperature`.

    The first rows do not depend on `count`: more samples of one seed continue the fewer.

    Returns:
        (count, latent_dim) float32.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    with np.errstate(over="ignore"):
        return (rng.standard_normal((count, latent_dim)) * temperature).astype(np.float32)


def without_grey_axis(images: Floats) -> Floats:
    """Drop the channel axis of grey images: (n, h, w, 1) becomes (n, h, w)."""
    return images[..., 0] if images.shape[-1] == 1 else images


def to_uint8(probabilities: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Convert pixels in [0, 1] to levels 0..255, rounded; NaN becomes black."""
    known = np.nan_to_num(np.clip(probabilities, 0.0, 1.0))
    levels: NDArray[np.uint8] = np.rint(known * 255.0).astype(np.uint8)
    return levels


def find_export(session: Session, epoch: int | None = None) -> ExportEntry:
    """Find the session's current export, or that of an epoch.

    Raises:
        SessionError: nothing was exported yet, or not at that epoch.
        SessionDamagedError: the index of exports is damaged.
    """
    index = session.exports()
    if index is None:
        raise SessionError(
            f"session {session.id} has no exported decoder yet: the first comes after epoch 1"
        )
    if epoch is None:
        return index.current
    for entry in index.kept:
        if entry.epoch == epoch:
            return entry
    known = ", ".join(str(entry.epoch) for entry in index.kept)
    raise SessionNotFoundError(f"epoch {epoch} kept no decoder: choose one of {known}")


def load_decoder(session: Session, epoch: int | None = None) -> Decoder:
    """Load the decoder of the current export, or of an epoch that has one.

    Raises:
        SessionError: as `find_export`.
        SessionDamagedError: as `open_decoder`.
    """
    return open_decoder(session, find_export(session, epoch))


def open_decoder(session: Session, entry: ExportEntry) -> Decoder:
    """Load the decoder of an export.

    Raises:
        SessionDamagedError: the file is not what was exported, or does not fit the settings.
    """
    path, shape = session.folder / entry.decoder, ImageShape(*entry.image_shape)
    return Decoder(path, entry.decoder_sha256, session.settings, shape)


def load_encoder(session: Session, epoch: int | None = None) -> Encoder:
    """Load the exported encoder; errors as in `load_decoder`."""
    return open_encoder(session, find_export(session, epoch))


def open_encoder(session: Session, entry: ExportEntry) -> Encoder:
    """Load the encoder of an export; errors as in `open_decoder`."""
    path, shape = session.folder / entry.encoder, ImageShape(*entry.image_shape)
    return Encoder(path, entry.encoder_sha256, session.settings, shape)
