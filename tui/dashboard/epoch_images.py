"""The images of an epoch as the dashboard shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.previews import (
    Images,
    Originals,
    Preview,
    preview_epochs,
    read_originals,
    read_preview,
)
from vae_engine.sessions.session import Session


@dataclass(frozen=True, eq=False)
class EpochImages:
    """What an epoch drew, or why that cannot be shown.

    Attributes:
        epoch: which one was asked for.
        drawn: which one drew; an earlier one where that one left none, as in slim sessions.
        digits: (2n, 28, 28), test digits and then their reconstructions.
        samples: (m, 28, 28), of the prior, at the same z in every epoch.
        problem: empty if there are images.
    """

    epoch: int
    drawn: int
    digits: Images
    samples: Images
    problem: str = ""

    @property
    def pairs(self) -> int:
        """How many digits there are."""
        return len(self.digits) // 2


_NONE: Images = np.zeros((0, 28, 28), np.uint8)


class EpochImageReader:
    """Reads a session's previews; for one thread at a time."""

    def __init__(self, session: Session) -> None:
        self._folder = session.folder
        self._originals: Originals | None = None

    def read(self, epoch: int) -> EpochImages:
        """The images of an epoch, or of the nearest before it that left some.

        A damaged preview, or none, gives a problem instead.
        """
        try:
            if self._originals is None:
                self._originals = read_originals(self._folder)
            drawn, preview = self._nearest(epoch)
        except (SessionDamagedError, OSError) as error:
            return EpochImages(
                epoch, epoch, _NONE, _NONE, f"epoch {epoch} cannot be shown: {error}"
            )
        if preview is None:
            return EpochImages(epoch, epoch, _NONE, _NONE, f"epoch {epoch} has left no images")
        return EpochImages(epoch, drawn, _digits(self._originals, preview), preview.samples)

    def _nearest(self, epoch: int) -> tuple[int, Preview | None]:
        preview = read_preview(self._folder, epoch)
        if preview is not None:
            return epoch, preview
        before = [one for one in preview_epochs(self._folder) if one < epoch]
        return (before[-1], read_preview(self._folder, before[-1])) if before else (epoch, None)


def _digits(originals: Originals | None, preview: Preview) -> Images:
    if originals is None:
        return _NONE
    count = min(len(originals.images), len(preview.reconstructions))
    return np.concatenate([originals.images[:count], preview.reconstructions[:count]])
