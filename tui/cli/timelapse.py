"""The command timelapse: the previews of a session's epochs as a moving picture."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from tui.cli.options import (
    id_argument,
    number_setting,
    output_option,
    setting_option,
    store_option,
)
from tui.cli.saving import writing
from vae_engine.inference.animation import SUFFIXES, save_animation
from vae_engine.inference.timelapse import (
    MILLISECONDS,
    MOST_FRAMES,
    What,
    drawn_epochs,
    timelapse_frames,
)
from vae_engine.sessions.store import SessionStore

FRAMES = number_setting(
    "frames", "int", MOST_FRAMES, 1, 1000, "most frames, spread over the epochs"
)
PACE = number_setting("pace", "int", MILLISECONDS, 10, 10_000, "milliseconds per frame")


@click.command()
@id_argument
@click.option(
    "--images",
    "what",
    type=click.Choice(get_args(What)),
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
    shown = drawn_epochs(session, frames)
    with writing(output, f"{len(shown)} epochs"):
        save_animation(output, timelapse_frames(session, shown, what), milliseconds=pace)


COMMANDS = {"timelapse": timelapse}
