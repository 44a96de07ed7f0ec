"""Export encoder and decoder as arrays, which the app runs without TensorFlow."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.architecture import LOG_SIGMA
from vae_engine.model.network import Networks
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.records import ExportEntry, ExportIndex

EVERY_EPOCHS = 5
"""Epochs between exports."""

_KEPT = 12


def is_due(epoch: int) -> bool:
    """Return whether an export follows this epoch."""
    return epoch == 1 or epoch % EVERY_EPOCHS == 0


class Exporter:
    """Exports the networks of the session in `folder`."""

    def __init__(self, folder: Path, networks: Networks) -> None:
        self._folder = folder
        self._networks = networks

    def export(self, *, epoch: int, step: int = 0, epochs: int) -> None:
        """Export the present weights and make them the session's current export.

        About a dozen earlier exports, spread over the epochs, are kept for comparison.

        Args:
            epoch: completed epochs.
            step: completed steps of the next epoch.
            epochs: planned epochs of the run.

        Raises:
            OSError: it cannot be written; the earlier export stays current.
        """
        networks = self._networks
        encoder, encoder_sha256 = self._export_part(
            "encoder", named_weights(networks.encoder), epoch
        )
        decoder, decoder_sha256 = self._export_part("decoder", decoder_arrays(networks), epoch)
        entry = ExportEntry(
            epoch=epoch,
            step=step,
            encoder=encoder,
            encoder_sha256=encoder_sha256,
            decoder=decoder,
            decoder_sha256=decoder_sha256,
            image_shape=networks.shape,
        )
        before = read_index(self._folder)
        kept = _thinned(
            [old for old in before.kept if old.epoch != epoch] if before else [], epochs
        )
        index = ExportIndex(current=entry, kept=sorted([*kept, entry], key=lambda one: one.epoch))
        atomic.write_record(self._folder / layout.EXPORTS / layout.INDEX, index)
        prune(self._folder, index)

    def _export_part(
        self, part: str, arrays: dict[str, NDArray[np.float32]], epoch: int
    ) -> tuple[str, str]:
        name = layout.export_file(part, epoch)
        path = self._folder / name
        write_npz(path, arrays, compress=False)
        return name, file_sha256(path)


def named_weights(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return a network's arrays by their names in `vae_engine.inference.architecture`."""
    return {
        f"{layer.name}.{variable.name}": variable.numpy()
        for layer in model.layers
        for variable in layer.trainable_variables
    }


def decoder_arrays(networks: Networks) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of an exported decoder: weights, and log sigma if gaussian."""
    arrays = named_weights(networks.decoder)
    if networks.log_sigma is not None:
        arrays[LOG_SIGMA] = np.asarray(networks.log_sigma, np.float32).reshape(1)
    return arrays


def read_index(folder: Path) -> ExportIndex | None:
    """Read the index of exports; None if there are none.

    Raises:
        SessionDamagedError: the index cannot be read.
    """
    return atomic.read_optional(folder / layout.EXPORTS / layout.INDEX, ExportIndex)


def file_sha256(path: Path) -> str:
    """Hash a file's content with SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prune(folder: Path, index: ExportIndex) -> None:
    """Delete exports that are not in the index."""
    entries = [index.current, *index.kept]
    kept = {name for entry in entries for name in (entry.encoder, entry.decoder)}
    for path in (folder / layout.EXPORTS).iterdir():
        name = f"{layout.EXPORTS}/{path.name}"
        if layout.is_export(name) and name not in kept:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _thinned(entries: list[ExportEntry], epochs: int) -> list[ExportEntry]:
    """Keep the first epoch and completed epochs at even intervals."""
    interval = EVERY_EPOCHS * max(1, -(-epochs // (EVERY_EPOCHS * _KEPT)))
    return [
        entry
        for entry in entries
        if entry.step == 0 and (entry.epoch == 1 or entry.epoch % interval == 0)
    ]
