"""What a walk through latent space becomes: cells, a picture, arrays, JSON, a moving picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.gallery import draw, row_grid
from tui.cli.output import say
from tui.cli.report import to_json
from tui.cli.saving import save_npz, writing
from tui.rendering.sampling import image_size
from vae_engine.errors import SettingError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.animation import (
    MILLISECONDS,
    frame_per_column,
    save_animation,
    there_and_back,
)
from vae_engine.inference.pictures import picture, save_png
from vae_engine.inference.sampling import find_export, load_decoder, to_uint8
from vae_engine.sessions.session import Session

SUFFIXES: Final = (".png", ".npz", ".gif", ".apng")

_MOST_VALUES: Final = 2**29
"""Numbers that the images may have together: 2 GiB as floats."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Points of latent space in rows.

    Attributes:
        what: it is, in words.
        z: (rows * columns, d), row after row.
        captions: of the columns.
        titles: of the rows.
    """

    what: str
    z: NDArray[np.float32]
    captions: Sequence[str]
    titles: Sequence[str]


def present(
    session: Session,
    walk: Walk,
    output: Path | None,
    *,
    facts: Mapping[str, Any],
    arrays: Mapping[str, Any],
    as_json: bool,
) -> None:
    """Decode a walk, and write it to a file or to the terminal.

    Args:
        session: with the decoder.
        walk: the walk.
        output: the file, of which the suffix says what it becomes; None draws.
        facts: for JSON.
        arrays: for an `.npz`, beside images and z.
        as_json: print the facts; images are only written then, not drawn.

    Raises:
        SettingError: there are too many images.
        EngineError: the file cannot be written.
    """
    if output is not None or not as_json:
        decoder = load_decoder(session)
        _check_size(len(walk.z), decoder.shape)
        _show(session, walk, decoder.decode(walk.z), output, arrays, quiet=as_json)
    if as_json:
        known = {"session": session.id, "epoch": find_export(session).epoch}
        click.echo(to_json({**known, **facts}))


def _show(
    session: Session,
    walk: Walk,
    images: NDArray[np.float32],
    output: Path | None,
    arrays: Mapping[str, Any],
    *,
    quiet: bool,
) -> None:
    pixels, columns = to_uint8(images), len(walk.captions)
    if output is None:
        _draw(walk, pixels)
        return
    with writing(output, walk.what, quiet=quiet):
        suffix = output.suffix.lower()
        if suffix == ".png":
            save_png(output, picture(pixels, columns))
        elif suffix == ".npz":
            save_npz(output, session, {"images": images, "z": walk.z, **arrays})
        else:
            frames = frame_per_column(pixels, columns)
            save_animation(output, there_and_back(frames), milliseconds=MILLISECONDS)


def _draw(walk: Walk, pixels: NDArray[np.uint8]) -> None:
    columns = len(walk.captions)
    grid = row_grid(columns, len(walk.titles), image_size(pixels))
    for row, title in enumerate(walk.titles):
        say(title)
        draw(pixels[row * columns : (row + 1) * columns], grid, walk.captions)


def _check_size(count: int, shape: ImageShape) -> None:
    most = _MOST_VALUES // shape.values
    if count > most:
        raise SettingError(
            f"these are {count} images: at most {most} of {shape.text} are decoded; take fewer "
            "steps or dims"
        )
