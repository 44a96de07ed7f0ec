"""Load a session's exported encoder and decoder together."""

from __future__ import annotations

from dataclasses import dataclass

from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.inference.sampling import find_export, open_decoder, open_encoder
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session


@dataclass(frozen=True, eq=False)
class ExportedModel:
    """A loaded export that matches the session's settings."""

    entry: ExportEntry
    encoder: Encoder
    decoder: Decoder

    @property
    def shape(self) -> ImageShape:
        """Shape of its images."""
        return self.decoder.shape


def load_model(session: Session, epoch: int | None = None) -> ExportedModel:
    """Load the current export, or that of an epoch.

    If a running worker has just replaced it, the newer one is loaded.

    Raises:
        SessionError: nothing was exported yet, or not at that epoch.
        SessionDamagedError: a file is not what was exported, or does not fit the settings.
    """
    entry = find_export(session, epoch)
    try:
        return _open(session, entry)
    except SessionDamagedError:
        if (newer := find_export(session, epoch)) == entry:
            raise
        return _open(session, newer)


def _open(session: Session, entry: ExportEntry) -> ExportedModel:
    return ExportedModel(entry, open_encoder(session, entry), open_decoder(session, entry))
