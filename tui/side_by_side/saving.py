"""The rows that are shown as files: a picture, and the images with their figures as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from tui.side_by_side.model import ImageRows, SideBySide
from vae_engine.errors import EngineError
from vae_engine.inference.pictures import free_names, picture, save_png
from vae_engine.inspection.letters import letters_of
from vae_engine.sessions.arrays import write_npz

_MOST_NAMED: Final = 4


def save_rows(
    sheet: ImageRows, state: SideBySide, sessions: Sequence[str], folder: Path
) -> list[Path]:
    """Write a `.png` with a row per image, and an `.npz` with the arrays of `vae compare -o`.

    Images are uint8, (models, rows, h, w) or (models, rows, h, w, 3); losses are in nats.

    Args:
        sheet: what is shown.
        state: of what it is.
        sessions: their ids, in order.
        folder: to write to.

    Returns:
        The new files; none that exists is replaced.

    Raises:
        EngineError: the folder cannot be written.
    """
    named = [session.rpartition("-")[2] for session in sessions[:_MOST_NAMED]]
    stem = "-".join(["compare", *named, _page_name(sheet, state)])
    png, npz = free_names(stem, folder, (".png", ".npz"))
    arrays = {
        "letters": list(letters_of(len(sessions))),
        "sessions": list(sessions),
        **_arrays(sheet, state),
    }
    rows, columns = sheet.images.shape[:2]
    try:
        save_png(
            png, picture(sheet.images.reshape(rows * columns, *sheet.images.shape[2:]), columns)
        )
        write_npz(npz, {name: np.asarray(value) for name, value in arrays.items()})
    except OSError as error:
        raise EngineError(f"{folder} cannot be written: {error.strerror}") from None
    return [png, npz]


def _page_name(sheet: ImageRows, state: SideBySide) -> str:
    if sheet.terms is not None:
        return f"{state.split}-images"
    return f"seed{state.seed}" if sheet.differences is not None else f"epoch{state.shown_epoch}"


def _arrays(sheet: ImageRows, state: SideBySide) -> Mapping[str, Any]:
    by_model = sheet.images.swapaxes(0, 1)
    if sheet.epochs:
        epochs = [-1 if epoch is None else epoch for epoch in sheet.epochs]
        return {"images": by_model, "epochs": epochs, "kind": state.kind}
    assert state.opened is not None
    epochs = [model.epoch for model in state.opened.models]
    if sheet.terms is None:
        return {
            "images": by_model,
            "epochs": epochs,
            "seed": state.seed,
            "z": sheet.z,
            "squared_difference": sheet.differences,
        }
    split = state.splits[state.split]
    return {
        "originals": by_model[0],
        "reconstructions": by_model[1:],
        "epochs": epochs,
        "split": state.split,
        "indices": sheet.indices,
        "labels": split.labels.values[sheet.indices],
        "negative_elbo": sheet.terms.negative_elbo,
        "reconstruction_loss": sheet.terms.reconstruction_loss,
        "kl_loss": sheet.terms.kl_loss,
        "squared_error": sheet.terms.squared_error,
    }
