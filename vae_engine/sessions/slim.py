"""What a slim archive holds: all that browsing, sampling and analysing need, nothing to train on.

Beside what `layout.travels` leaves out (checkpoints, the Keras files, the worker's log) these are
left out: all exports but the current one, all but a few previews, and the progress within epochs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vae_engine.sessions import atomic, layout
from vae_engine.sessions.events import is_progress
from vae_engine.sessions.lines import LineReader
from vae_engine.sessions.records import ExportIndex
from vae_engine.sessions.session import read_summary

MOST_PREVIEWS = 16
"""With these, a session of two latent dimensions and 50 epochs takes less than 5 MB."""

_EXPORT_INDEX = f"{layout.EXPORTS}/{layout.INDEX}"
_PREVIEW = re.compile(rf"{layout.PREVIEWS}/epoch-([0-9]+)\.npz")


def slim_names(folder: Path, names: Sequence[str]) -> list[str]:
    """Choose, of the files that a slim archive may hold, those that it does.

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
    """What a slim archive holds instead of a file's content, None for the content as it is.

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
    """At most `MOST_PREVIEWS` of these epochs: first, last, the best, and others evenly between."""
    ordered = sorted(epochs)
    if len(ordered) <= MOST_PREVIEWS:
        return set(ordered)
    gaps = MOST_PREVIEWS - 2
    chosen = {ordered[round(gap * (len(ordered) - 1) / gaps)] for gap in range(gaps + 1)}
    return chosen | {best} & set(ordered)
