"""Exports of encoder and decoder as LiteRT files, which the app runs without TensorFlow."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import keras

from vae_engine.model.network import Networks
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import ExportEntry, ExportIndex

EVERY_EPOCHS = 5
"""How old the newest export may get. An export takes seconds, so not every epoch has one."""

_KEPT = 12


def is_due(epoch: int) -> bool:
    """Whether an export follows this epoch."""
    return epoch == 1 or epoch % EVERY_EPOCHS == 0


def export(folder: Path, networks: Networks, *, epoch: int, step: int = 0, epochs: int) -> None:
    """Export encoder and decoder, and make them the session's current ones.

    Of earlier exports about a dozen, spread over the epochs, are kept for comparison.

    Args:
        folder: the session's folder.
        networks: with the weights to export.
        epoch: whole epochs these weights saw.
        step: steps they saw of the next epoch.
        epochs: how many epochs the run has.

    Raises:
        OSError: the disk refused; the earlier export stays the current one.
    """
    encoder, encoder_sha256 = _export_part(folder, "encoder", networks.encoder, epoch)
    decoder, decoder_sha256 = _export_part(folder, "decoder", networks.decoder, epoch)
    entry = ExportEntry(
        epoch=epoch,
        step=step,
        encoder=encoder,
        encoder_sha256=encoder_sha256,
        decoder=decoder,
        decoder_sha256=decoder_sha256,
    )
    before = read_index(folder)
    kept = _thinned([old for old in before.kept if old.epoch != epoch] if before else [], epochs)
    index = ExportIndex(current=entry, kept=sorted([*kept, entry], key=lambda one: one.epoch))
    atomic.write_record(folder / layout.EXPORTS / layout.INDEX, index)
    prune(folder, index)


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


def _export_part(folder: Path, part: str, model: keras.Model, epoch: int) -> tuple[str, str]:
    name = layout.export_file(part, epoch)
    path = folder / name

    def write(temporary: Path) -> None:
        model.export(temporary, format="litert", verbose=False)

    atomic.replace_file(path, write)
    return name, file_sha256(path)


def _thinned(entries: list[ExportEntry], epochs: int) -> list[ExportEntry]:
    """Keep whole epochs at even distances, and the first."""
    distance = EVERY_EPOCHS * max(1, -(-epochs // (EVERY_EPOCHS * _KEPT)))
    return [
        entry
        for entry in entries
        if entry.step == 0 and (entry.epoch == 1 or entry.epoch % distance == 0)
    ]
