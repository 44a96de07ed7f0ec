"""The previews of a session's epochs as a moving picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import EngineError, SessionError
from vae_engine.inference.animation import save_animation
from vae_engine.inference.pictures import free_names, paired_rows, picture, square_columns
from vae_engine.sessions.previews import preview_epochs, read_originals, read_preview
from vae_engine.sessions.session import Session

What = Literal["samples", "reconstructions"]

MOST_FRAMES = 60
MILLISECONDS = 150
_PAIRS_PER_ROW = 5


def drawn_epochs(session: Session, most: int = MOST_FRAMES) -> list[int]:
    """Return at most `most` of the epochs that have previews, evenly spread, with the last one.

    Raises:
        SessionError: there is none, or the folder cannot be read.
    """
    try:
        epochs = preview_epochs(session.folder)
    except OSError as error:
        raise SessionError(f"the previews cannot be read: {error.strerror}") from None
    if not epochs:
        raise SessionError(f"session {session.id} has no previews yet: they come with each epoch")
    at = np.linspace(len(epochs) - 1, 0, min(most, len(epochs))).round().astype(int)
    return [epochs[index] for index in at[::-1]]


def timelapse_frames(
    session: Session, epochs: list[int], what: What
) -> Iterator[NDArray[np.uint8]]:
    """A frame per epoch: samples of the same z, or test images above their reconstructions.

    Raises:
        SessionError: no preview is left.
        SessionDamagedError: a preview is damaged.
    """
    originals = read_originals(session.folder) if what == "reconstructions" else None
    frame = None
    for epoch in epochs:
        preview = read_preview(session.folder, epoch)
        # An epoch whose preview was removed meanwhile is left out.
        if preview is None:
            continue
        if what == "samples":
            frame = picture(preview.samples, square_columns(preview.samples))
        elif originals is None:
            frame = picture(preview.reconstructions, _PAIRS_PER_ROW)
        else:
            pairs = paired_rows(originals.images, preview.reconstructions, _PAIRS_PER_ROW)
            frame = picture(pairs, _PAIRS_PER_ROW)
        yield frame
    if frame is None:
        raise SessionError(f"session {session.id} has no previews any more")


def save_timelapses(session: Session, folder: Path) -> list[Path]:
    """Write a `.gif` of the samples and one of the reconstructions; none that exists is replaced.

    Raises:
        EngineError: there are no previews, or the folder cannot be written.
    """
    epochs, files = drawn_epochs(session), []
    for what in get_args(What):
        (path,) = free_names(f"{session.id}-timelapse-{what}", folder, (".gif",))
        try:
            save_animation(path, timelapse_frames(session, epochs, what), milliseconds=MILLISECONDS)
        except OSError as error:
            raise EngineError(f"{folder} cannot be written: {error.strerror}") from None
        files.append(path)
    return files
