"""The z of an image file of one's own."""

from __future__ import annotations

from pathlib import Path

from tui.sampler.latent import Floats
from tui.text import one_line
from vae_engine.datasets import to_float
from vae_engine.inference.sampling import open_encoder
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session


def encoded(session: Session, entry: ExportEntry, path: str) -> tuple[Floats, str]:
    """The posterior's mean (d,) of the first image in a file, and what to call it.

    The image is prepared as the training images were.

    Raises:
        DatasetError: it cannot be read.
        SessionDamagedError: the encoder is not what was exported.
    """
    # Imported here: it brings what reads image files.
    from vae_engine.inspection.images import own_images

    encoder = open_encoder(session, entry)
    own = own_images(path, encoder.shape, session.settings)
    z_mean, _ = encoder.encode(to_float(own.images[:1]))
    return z_mean[0], one_line(Path(path).name)
