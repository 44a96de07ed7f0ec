"""The command timelapse: the previews of a session's epochs as a moving picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.gallery import paired_rows
from tui.cli.options import (
    id_argument,
    number_setting,
    output_option,
    setting_option,
    store_option,
)
from tui.cli.saving import writing
from vae_engine.errors import SessionError
from vae_engine.inference.animation import SUFFIXES, save_animation
from vae_engine.inference.pictures import picture, square_columns
from vae_engine.sessions.previews import preview_epochs, read_originals, read_preview
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

What = Literal["samples", "reconstructions"]

_PAIRS_PER_ROW = 5
FRAMES = number_setting("frames", "int", 60, 1, 1000, "most frames, spread over the epochs")
PACE = number_setting("pace", "int", 150, 10, 10_000, "milliseconds per frame")


@click.command()
@id_argument
@click.option(
    "--images",
    "what",
    type=click.Choice(["samples", "reconstructions"]),
    default="samples",
    help="samples of the same z, or test images above their reconstructions  [default: samples]",
)
@setting_option(FRAMES, fallback=FRAMES.default)
@setting_option(PACE, fallback=PACE.default)
@output_option(*SUFFIXES, required=True)
@store_option
def timelapse(
    reference: str, store: SessionStore, what: What, frames: int, pace: int, output: Path
) -> None:
    """Save an animation of a session's images over the epochs.

    One frame per epoch, repeated for ever; samples are of the same z in every epoch.
    """
    session = store.find(reference)
    try:
        epochs = preview_epochs(session.folder)
    except OSError as error:
        raise SessionError(f"the previews cannot be read: {error.strerror}") from None
    if not epochs:
        raise SessionError(f"session {session.id} has no previews yet: they come with each epoch")
    shown = _spread(epochs, frames)
    with writing(output, f"{len(shown)} epochs"):
        save_animation(output, _frames(session, shown, what), milliseconds=pace)


def _spread(epochs: list[int], most: int) -> list[int]:
    """Return at most `most` of the epochs, evenly spread, with the last one."""
    at = np.linspace(len(epochs) - 1, 0, min(most, len(epochs))).round().astype(int)
    return [epochs[index] for index in at[::-1]]


def _frames(session: Session, epochs: list[int], what: What) -> Iterator[NDArray[np.uint8]]:
    """A frame per epoch."""
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


COMMANDS = {"timelapse": timelapse}
