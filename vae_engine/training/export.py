"""Exports of encoder and decoder as arrays, which the app runs without TensorFlow."""

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
"""How old the newest export may get."""

_KEPT = 12


def is_due(epoch: int) -> bool:
    """Whether an export follows this epoch."""
    return epoch == 1 or epoch % EVERY_EPOCHS == 0


class Exporter:
    """Exports the networks of one session, again and again."""

    def __init__(self, folder: Path, networks: Networks) -> None:
        """For the session in `folder`."""
        self._folder = folder
        self._networks = networks

    def export(self, *, epoch: int, step: int = 0, epochs: int) -> None:
        """Export the weights as they are, and make them the session's current ones.

        Of earlier exports about a dozen, spread over the epochs, are kept for comparison.

        Args:
            epoch: whole epochs these weights saw.
            step: steps they saw of the next epoch.
            epochs: how many epochs the run has.

        Raises:
            OSError: the disk refused; the earlier export stays the current one.
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
    """A network's arrays by the names that `vae_engine.inference.architecture` gives them."""
    return {
        f"{layer.name}.{variable.name}": variable.numpy()
        for layer in model.layers
        for variable in layer.trainable_variables
    }


def decoder_arrays(networks: Networks) -> dict[str, NDArray[np.float32]]:
    """What an exported decoder has: its weights, and the log sigma of a gaussian likelihood."""
    arrays = named_weights(networks.decoder)
    if networks.log_sigma is not None:
        arrays[LOG_SIGMA] = np.asarray(networks.log_sigma, np.float32).reshape(1)
    return arrays


def read_index(folder: Path) -> ExportIndex | None:
    """The exports there are, None for none.

    Raises:
        SessionDamagedError: the index cannot be read.
    """
    return atomic.read_optional(folder / layout.EXPORTS / layout.INDEX, ExportIndex)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prune(folder: Path, index: ExportIndex) -> None:
    """Delete the exports that the index does not name."""
    entries = [index.current, *index.kept]
    kept = {name for entry in entries for name in (entry.encoder, entry.decoder)}
    for path in (folder / layout.EXPORTS).iterdir():
        name = f"{layout.EXPORTS}/{path.name}"
        if layout.is_export(name) and name not in kept:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _thinned(entries: list[ExportEntry], epochs: int) -> list[ExportEntry]:
    """Keep whole epochs at even distances, and the first."""
    distance = EVERY_EPOCHS * max(1, -(-epochs // (EVERY_EPOCHS * _KEPT)))
    return [
        entry
        for entry in entries
        if entry.step == 0 and (entry.epoch == 1 or entry.epoch % distance == 0)
    ]
