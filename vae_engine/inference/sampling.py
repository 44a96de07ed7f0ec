"""What can be asked of a session's exported model: prior samples, reconstructions, embeddings."""

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
    """Images (n, h, w, c) as they are outside of the networks: grey ones as (n, h, w)."""
    return images[..., 0] if images.shape[-1] == 1 else images


def to_uint8(probabilities: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Pixels in [0, 1] as grey levels 0..255, rounded; what is no number is black."""
    known = np.nan_to_num(np.clip(probabilities, 0.0, 1.0))
    levels: NDArray[np.uint8] = np.rint(known * 255.0).astype(np.uint8)
    return levels


def find_export(session: Session, epoch: int | None = None) -> ExportEntry:
    """The export to use: the session's current one, or that of an epoch.

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
    """The exported decoder, of the current export or of an epoch that kept one.

    Raises:
        SessionError: as `find_export`.
        SessionDamagedError: as `open_decoder`.
    """
    return open_decoder(session, find_export(session, epoch))


def open_decoder(session: Session, entry: ExportEntry) -> Decoder:
    """The decoder of an export.

    Raises:
        SessionDamagedError: the file is not what was exported, or does not fit the settings.
    """
    path, shape = session.folder / entry.decoder, ImageShape(*entry.image_shape)
    return Decoder(path, entry.decoder_sha256, session.settings, shape)


def load_encoder(session: Session, epoch: int | None = None) -> Encoder:
    """The exported encoder; errors as `load_decoder`."""
    return open_encoder(session, find_export(session, epoch))


def open_encoder(session: Session, entry: ExportEntry) -> Encoder:
    """The encoder of an export; errors as `open_decoder`."""
    path, shape = session.folder / entry.encoder, ImageShape(*entry.image_shape)
    return Encoder(path, entry.encoder_sha256, session.settings, shape)
