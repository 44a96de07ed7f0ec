"""Images of an epoch on the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from textual.screen import Screen

from tui.polling import OneAtATime
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
    """Preview images of an epoch, or why they cannot be shown.

    Attributes:
        epoch: the requested epoch.
        drawn: which one drew; an earlier one where that one left none, as in slim sessions.
        digits: (2n, h, w) or (2n, h, w, 3), test images and then their reconstructions; before the
            network is built the n test images alone.
        samples: (m, h, w) or (m, h, w, 3), of the prior, at the same z in every epoch.
        problem: empty if there are images.
        reconstructed: whether there are reconstructions.
    """

    epoch: int
    drawn: int
    digits: Images
    samples: Images
    problem: str = ""
    reconstructed: bool = True

    @property
    def across(self) -> int:
        """Number of test images."""
        return len(self.digits) // 2 if self.reconstructed else len(self.digits)


_NONE: Images = np.zeros((0, 28, 28), np.uint8)


class EpochImageReader:
    """Reads a session's previews; not thread-safe."""

    def __init__(self, session: Session) -> None:
        self._folder = session.folder
        self._originals: Originals | None = None

    def read(self, epoch: int) -> EpochImages:
        """Read the images of an epoch, or of the nearest earlier one that has some.

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
        if preview is None and not epoch and self._originals is not None:
            return EpochImages(0, 0, self._originals.images, _NONE, reconstructed=False)
        if preview is None:
            return EpochImages(epoch, epoch, _NONE, _NONE, f"epoch {epoch} has no images")
        return EpochImages(epoch, drawn, _digits(self._originals, preview), preview.samples)

    def _nearest(self, epoch: int) -> tuple[int, Preview | None]:
        preview = read_preview(self._folder, epoch)
        if preview is not None:
            return epoch, preview
        before = [one for one in preview_epochs(self._folder) if one < epoch]
        return (before[-1], read_preview(self._folder, before[-1])) if before else (epoch, None)


class EpochImageLoader:
    """Reads images for a screen, in a thread; skips all but the latest request.

    Attributes:
        images: read last, None before any.
    """

    def __init__(self, screen: Screen[Any], session: Session, show: Callable[[], None]) -> None:
        """Make the loader of a session; `show` is called when `images` has changed."""
        self._show = show
        self._reader = EpochImageReader(session)
        self._reading = OneAtATime(screen, self._read, group="images")
        self._wanted = 0
        self.images: EpochImages | None = None

    @property
    def epoch(self) -> int:
        """Epoch of the images, 0 before the first."""
        return self.images.epoch if self.images is not None else 0

    def want(self, epoch: int) -> None:
        """Read the images of an epoch, unless they are present; 0 is the untrained model."""
        self._wanted = epoch
        if self._is_missing(epoch):
            self._reading.run()

    def _is_missing(self, epoch: int) -> bool:
        # The test images alone stand for an untrained model until its own images come.
        return epoch != self.epoch or (epoch == 0 and self._is_untrained)

    @property
    def _is_untrained(self) -> bool:
        return self.images is None or not self.images.reconstructed

    async def _read(self) -> None:
        epoch = self._wanted
        if not self._is_missing(epoch):
            return
        images = await asyncio.to_thread(self._reader.read, epoch)
        if epoch == 0 and self._is_untrained:
            # Sessions of earlier versions have none; others get theirs with the first epoch.
            before = self.images
            if images.problem or (before is not None and not images.reconstructed):
                return
        self.images = images
        self._show()


def _digits(originals: Originals | None, preview: Preview) -> Images:
    if originals is None:
        return _NONE
    count = min(len(originals.images), len(preview.reconstructions))
    return np.concatenate([originals.images[:count], preview.reconstructions[:count]])
