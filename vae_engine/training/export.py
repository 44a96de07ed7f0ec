"""Exports of encoder and decoder as LiteRT files, which the app runs without TensorFlow."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import keras

from vae_engine.model.network import Networks
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import ExportEntry, ExportIndex
from vae_engine.training.litert_weights import Template, make_template

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
        self._parts = {
            "encoder": _Part(networks.encoder),
            "decoder": _Part(networks.decoder),
        }

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
        encoder, encoder_sha256 = self._export_part("encoder", epoch)
        decoder, decoder_sha256 = self._export_part("decoder", epoch)
        entry = ExportEntry(
            epoch=epoch,
            step=step,
            encoder=encoder,
            encoder_sha256=encoder_sha256,
            decoder=decoder,
            decoder_sha256=decoder_sha256,
        )
        before = read_index(self._folder)
        kept = _thinned(
            [old for old in before.kept if old.epoch != epoch] if before else [], epochs
        )
        index = ExportIndex(current=entry, kept=sorted([*kept, entry], key=lambda one: one.epoch))
        atomic.write_record(self._folder / layout.EXPORTS / layout.INDEX, index)
        prune(self._folder, index)

    def _export_part(self, part: str, epoch: int) -> tuple[str, str]:
        name = layout.export_file(part, epoch)
        path = self._folder / name
        atomic.replace_file(path, self._parts[part].write)
        return name, file_sha256(path)


class _Part:
    """One network, converted once: from then on only its weights are put into the file."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._template: Template | None = None

    def write(self, path: Path) -> None:
        weights = [variable.numpy() for variable in self._model.trainable_variables]
        if self._template is None:
            self._model.export(path, format="litert", verbose=False)
            self._template = make_template(path.read_bytes(), weights)
        else:
            path.write_bytes(self._template.filled(weights))


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
    for path in (folder / layout.EXPORTS).glob("*.tflite"):
        if f"{layout.EXPORTS}/{path.name}" not in kept:
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
