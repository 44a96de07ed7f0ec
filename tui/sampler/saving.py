"""What the sampler shows as files: a picture, arrays, a walk as an animation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tui.sampler.model import Sheet
from vae_engine.errors import EngineError
from vae_engine.inference.animation import (
    MILLISECONDS,
    frame_per_column,
    save_animation,
    there_and_back,
)
from vae_engine.inference.pictures import free_names, picture, save_png
from vae_engine.sessions.arrays import write_npz


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen.

    Attributes:
        name: of the kind of picture; part of the files' names.
        sheet: the images and their z.
        columns: images in a row of the picture.
        facts: how it was made (seed, temperature, ...), for the `.npz`.
        steps: images per row of a walk, which a GIF shows one after the other; 0 for no walk.
    """

    name: str
    sheet: Sheet
    columns: int
    facts: Mapping[str, Any]
    steps: int = 0


def save(shown: Shown, session: str, epoch: int, folder: Path) -> list[Path]:
    """Write a `.png`, an `.npz` of images, z, session, epoch and the facts, and a walk's `.gif`.

    `images` are the means of the pixels, (n, h, w) or (n, h, w, 3); `z` is (n, d).

    Args:
        shown: what to save.
        session: its id.
        epoch: of the decoder.
        folder: to write to.

    Returns:
        The new files; none that exists is replaced.

    Raises:
        EngineError: the folder cannot be written.
    """
    suffixes = (".png", ".npz", ".gif") if shown.steps > 1 else (".png", ".npz")
    files = free_names(f"{session}-epoch{epoch}-{shown.name}", folder, suffixes)
    arrays = {
        "images": shown.sheet.images,
        "z": shown.sheet.z,
        "session": session,
        "epoch": epoch,
        **shown.facts,
    }
    try:
        pixels = shown.sheet.pixels
        save_png(files[0], picture(pixels, shown.columns))
        write_npz(files[1], {name: np.asarray(value) for name, value in arrays.items()})
        for gif in files[2:]:
            frames = there_and_back(frame_per_column(pixels, shown.steps))
            save_animation(gif, frames, milliseconds=MILLISECONDS)
    except OSError as error:
        raise EngineError(f"{folder} cannot be written: {error.strerror}") from None
    return files
