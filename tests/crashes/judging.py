"""Invariants of a session after a crash of its worker's machine."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.listing import read_listing
from vae_engine.sessions.previews import read_originals, read_preview
from vae_engine.sessions.records import CheckpointIndex
from vae_engine.sessions.session import Session


def judge_training(folder: Path, told: tuple[str, ...]) -> None:
    """Whatever was told is there, whatever a record names is whole, and a worker can go on.

    Args:
        folder: of the session.
        told: the events that had been written when the machine crashed, as `name_of` tells them.
    """
    listing = read_listing(folder)
    assert not listing.problem, listing.problem
    session = Session(folder)
    names = [name_of(event) for event in session.poll()]
    assert [name for name in told if name not in names] == []
    _check_previews(session)
    _check_checkpoints(session)
    _check_exports(session)
    _check_result(session)
    assert listing.summary is not None
    assert (listing.summary.epoch, listing.summary.phase) == (session.log.epoch, session.log.phase)
    _go_on(session)


def name_of(event: ev.AnyEvent) -> str:
    """An event in a few words; "" for progress, which is not promised."""
    match event:
        case ev.Progress():
            return ""
        case ev.EpochEnded(epoch=epoch) | ev.Exported(epoch=epoch):
            return f"{type(event).__name__} {epoch}"
        case _:
            return type(event).__name__


def _check_previews(session: Session) -> None:
    for epoch in session.log.history:
        assert read_preview(session.folder, epoch.epoch) is not None, epoch.epoch
        assert read_originals(session.folder) is not None


def _check_checkpoints(session: Session) -> None:
    path = session.folder / layout.CHECKPOINTS / layout.INDEX
    index = atomic.read_optional(path, CheckpointIndex)
    if index is None:
        assert session.log.epoch == 0
        return
    for entry in (index.latest, index.best):
        if entry is not None:
            _check_digest(session.folder / entry.file, entry.sha256)
    assert index.latest.epoch >= session.log.epoch


def _check_exports(session: Session) -> None:
    index = session.exports()
    for entry in index.kept if index else []:
        _check_digest(session.folder / entry.encoder, entry.encoder_sha256)
        _check_digest(session.folder / entry.decoder, entry.decoder_sha256)


def _check_result(session: Session) -> None:
    result = session.result()
    if result is not None:
        for name, digest in result.files.items():
            _check_digest(session.folder / name, digest)
    else:
        assert session.log.end_status != "completed"


def _check_digest(path: Path, digest: str) -> None:
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path.name


def _go_on(session: Session) -> None:
    """What the next worker does first."""
    atomic.remove_temporaries(session.folder)
    journal = Journal(session.folder)
    run = journal.log.run + 1
    journal.emit(ev.RunStarted(run=run, host="next", pid=1, epochs=9, min_epochs=1))
    journal.close()
    again = Session(session.folder)
    again.poll()
    assert (again.log.run, again.log.phase) == (run, "starting")
    left = [path.name for path in session.folder.rglob("*") if re.match(r"\.tmp-", path.name)]
    assert left == []
