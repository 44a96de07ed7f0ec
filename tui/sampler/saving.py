"""Save what the sampler shows, as a picture and as arrays."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tui.sampler.model import Sheet
from vae_engine.errors import EngineError
from vae_engine.inference.pictures import picture, save_png
from vae_engine.sessions.arrays import write_npz


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen.

    Attributes:
        name: of the kind of picture; part of the files' names.
        sheet: the images and their z.
        columns: images in a row of the picture.
        facts: how it was made (seed, temperature, ...), for the `.npz`.
    """

    name: str
    sheet: Sheet
    columns: int
    facts: Mapping[str, Any]


def save(shown: Shown, session: str, epoch: int, folder: Path) -> tuple[Path, Path]:
    """Write a `.png`, and an `.npz` of images, z, session, epoch and the facts.

    `images` are the means of the pixels, (n, h, w) or (n, h, w, 3); `z` is (n, d).

    Args:
        shown: what to save.
        session: its id.
        epoch: of the decoder.
        folder: where to.

    Returns:
        The two new files; none that exists is replaced.

    Raises:
        EngineError: the folder cannot be written.
    """
    png, npz = _free_names(f"{session}-epoch{epoch}-{shown.name}", folder)
    arrays = {
        "images": shown.sheet.images,
        "z": shown.sheet.z,
        "session": session,
        "epoch": epoch,
        **shown.facts,
    }
    try:
        save_png(png, picture(shown.sheet.pixels, shown.columns))
        write_npz(npz, {name: np.asarray(value) for name, value in arrays.items()})
    except OSError as error:
        raise EngineError(f"{folder} cannot be written: {error.strerror}") from None
    return png, npz


def _free_names(stem: str, folder: Path) -> tuple[Path, Path]:
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", stem)
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    pairs = ((folder / f"{stem}{end}.png", folder / f"{stem}{end}.npz") for end in numbers)
    return next(pair for pair in pairs if not any(path.exists() for path in pair))
