"""Contents of a slim archive: what browsing, sampling and analysis need, not training.

In addition to what `layout.travels` omits (checkpoints, the Keras files, the worker's log), a slim
archive omits all exports but the current one, all but a few previews, and the progress events.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vae_engine.sessions import atomic, layout
from vae_engine.sessions.event_log import is_progress
from vae_engine.sessions.lines import LineReader
from vae_engine.sessions.records import ExportIndex
from vae_engine.sessions.session import read_summary

MOST_PREVIEWS = 16
"""With these, a session of two latent dimensions and 50 epochs takes less than 5 MB."""

_EXPORT_INDEX = f"{layout.EXPORTS}/{layout.INDEX}"
_PREVIEW = re.compile(rf"{layout.PREVIEWS}/epoch-([0-9]+)\.npz")


def slim_names(folder: Path, names: Sequence[str]) -> list[str]:
    """Select the files of a slim archive.

    Raises:
        SessionDamagedError: the index of exports or the log cannot be read.
    """
    epochs = [int(found[1]) for name in names if (found := _PREVIEW.fullmatch(name))]
    kept = {
        layout.preview_file(epoch) for epoch in _spread(epochs, read_summary(folder).best_epoch)
    }
    if _EXPORT_INDEX in names:
        current = _export_index(folder).current
        kept |= {current.encoder, current.decoder}
    return [
        name
        for name in names
        if name in kept or not (_PREVIEW.fullmatch(name) or layout.is_export(name))
    ]


def slim_content(folder: Path, name: str) -> bytes | None:
    """Return the replacement of a file's content in a slim archive, None if unchanged.

    Raises:
        SessionDamagedError: the file cannot be read.
    """
    if name == _EXPORT_INDEX:
        current = _export_index(folder).current
        return msgspec.json.format(
            msgspec.json.encode(ExportIndex(current=current, kept=[current]))
        )
    return _without_progress(folder / name) if name == layout.EVENTS else None


def _export_index(folder: Path) -> ExportIndex:
    return atomic.read_record(folder / _EXPORT_INDEX, ExportIndex)


def _without_progress(log: Path) -> bytes:
    reader, kept, before = LineReader(log), [], -1
    while before != reader.position:
        before = reader.position
        kept += [line + b"\n" for line in reader.read() if not is_progress(line)]
    return b"".join(kept)


def _spread(epochs: Sequence[int], best: int) -> set[int]:
    """Select at most `MOST_PREVIEWS` epochs: first, last, best, and others evenly between."""
    ordered = sorted(epochs)
    if len(ordered) <= MOST_PREVIEWS:
        return set(ordered)
    gaps = MOST_PREVIEWS - 2
    chosen = {ordered[round(gap * (len(ordered) - 1) / gaps)] for gap in range(gaps + 1)}
    return chosen | {best} & set(ordered)
