"""Previews of several sessions at the same epoch, in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.previews import Preview, preview_epochs, read_preview

Images = NDArray[np.uint8]
Kind = Literal["samples", "reconstructions"]

_NO_PIXELS: Images = np.zeros((0, 1, 1), np.uint8)


@dataclass(frozen=True, eq=False)
class Step:
    """Images of an epoch, or of the last one before it that drew some.

    Attributes:
        epochs: per session, whose images these are; None where there are none.
        images: (rows, sessions, h, w) or (rows, sessions, h, w, 3), of one size; black where a
            session has fewer.
    """

    epochs: tuple[int | None, ...]
    images: Images


def read_step(folders: Sequence[Path], epoch: int, kind: Kind) -> Step:
    """Read the previews of sessions at an epoch; one that ended earlier holds its last."""
    epochs: list[int | None] = []
    columns: list[Images] = []
    for folder in folders:
        drawn, preview = _preview(folder, epoch)
        epochs.append(drawn)
        columns.append(_NO_PIXELS if preview is None else getattr(preview, kind))
    return Step(tuple(epochs), of_one_size(columns))


def of_one_size(columns: Sequence[Images]) -> Images:
    """Bring images to the size and channels of the largest, by repeating pixels.

    Args:
        columns: per session (n, h, w) or (n, h, w, 3).

    Returns:
        (rows, sessions, ...), rows the largest n.
    """
    rows = max((len(one) for one in columns), default=0)
    height = max((one.shape[1] for one in columns), default=1)
    width = max((one.shape[2] for one in columns), default=1)
    colour = any(one.ndim == 4 for one in columns)
    shape = (rows, len(columns), height, width, *((3,) if colour else ()))
    whole = np.zeros(shape, np.uint8)
    for at, one in enumerate(columns):
        if not len(one):
            continue
        down = np.arange(height) * one.shape[1] // height
        across = np.arange(width) * one.shape[2] // width
        scaled = one[:, down][:, :, across]
        if colour and one.ndim == 3:
            scaled = scaled[..., np.newaxis]
        whole[: len(one), at] = scaled
    return whole


def _preview(folder: Path, epoch: int) -> tuple[int | None, Preview | None]:
    """The preview of an epoch, or the last before it; a damaged one is none."""
    try:
        preview = read_preview(folder, epoch)
        if preview is not None:
            return epoch, preview
        before = [one for one in preview_epochs(folder) if one < epoch]
        return (before[-1], read_preview(folder, before[-1])) if before else (None, None)
    except (SessionDamagedError, OSError):
        return None, None
