"""Slim archives: small enough for a repository, sufficient to browse, sample and analyse."""

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.sessions.archives import members
from tests.sessions.makers import (
    NOISE,
    contents,
    emit,
    epoch_ended,
    finished_session,
    live_session,
    new_session,
    run_ended,
    run_started,
    write_end,
    write_exports,
    write_pictures,
)
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session
from vae_engine.sessions.slim import MOST_PREVIEWS
from vae_engine.sessions.store import SessionStore

LOCAL = {layout.WORKER, layout.HEARTBEAT, layout.LOCK, layout.TENSORBOARD, layout.DATASET}


def test_slim_leaves_out_what_only_training_needs(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = finished_session(tmp_path / "sessions")
    export_session(session, archive, slim=True)
    back = import_session(other, archive)
    kept = {name.partition("/")[0] for name in contents(back.folder)}
    assert kept == layout.NAMES - LOCAL - {
        layout.INBOX,
        layout.CHECKPOINTS,
        layout.MODEL,
        layout.LOG,
        layout.IMAGES,
        layout.NOTIFY_LOG,
    }
    exports, before = back.exports(), session.exports()
    assert exports is not None
    assert before is not None
    assert exports.kept == [exports.current] == [before.current]
    assert {path.name for path in (back.folder / layout.EXPORTS).iterdir()} == {
        "index.json",
        "decoder-000003.npz",
        "encoder-000003.npz",
    }


def test_slim_keeps_every_event_but_progress(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = finished_session(tmp_path / "sessions")
    with (session.folder / layout.EVENTS).open("ab") as file:
        file.write(b'{"type":"telepathy","seq":90,"time":1.0}\n')
    export_session(session, archive, slim=True)
    back = import_session(other, archive)
    told = [event for event in session.poll() if not isinstance(event, ev.Progress)]
    assert back.poll() == told
    assert b"telepathy" in (back.folder / layout.EVENTS).read_bytes()
    assert back.status() == "completed"
    assert back.log.history == session.log.history


def test_slim_without_any_export_still_travels(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = live_session(tmp_path / "sessions")
    export_session(session, archive, slim=True)
    assert import_session(other, archive).exports() is None


@pytest.mark.parametrize("epochs", [1, 15, 16, 17, 50, 1000])
def test_slim_spreads_few_previews_over_all_epochs(
    tmp_path: Path, archive: Path, other: SessionStore, epochs: int
) -> None:
    session = _trained(tmp_path / "sessions", epochs, best=max(1, epochs * 2 // 3))
    for epoch in range(1, epochs + 1):
        (session.folder / layout.preview_file(epoch)).write_bytes(b"p")
    export_session(session, archive, slim=True)
    kept = sorted(int(name[-10:-4]) for name in members(archive) if "previews/epoch" in name)
    assert len(kept) <= MOST_PREVIEWS
    assert len(kept) >= min(epochs, MOST_PREVIEWS - 1)
    assert {1, epochs, max(1, epochs * 2 // 3)} <= set(kept)
    assert max((b - a for a, b in pairwise(kept)), default=0) <= epochs / 10 + 1


def test_slim_at_two_dimensions_and_fifty_epochs_stays_below_five_megabytes(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = _trained(tmp_path / "sessions", 50, best=44)
    folder = session.folder
    write_pictures(folder, [])
    for epoch in range(1, 51):  # Real ones take 33 to 40 kB, and exports 1.92 MB each.
        (folder / layout.preview_file(epoch)).write_bytes(NOISE.bytes(40_000))
    write_exports(folder, [1, *range(5, 51, 5)])
    write_end(folder, 44)
    for part in ("encoder", "decoder"):
        (folder / layout.export_file(part, 50)).write_bytes(NOISE.bytes(1_920_000))
    normal = NOISE.standard_normal((2, 10_000, 2)).astype(np.float32)
    embeddings = {"z_mean": normal[0], "z_log_var": normal[1], "labels": np.arange(10_000)}
    write_npz(folder / layout.EMBEDDINGS, embeddings)
    (folder / layout.SAMPLES).write_bytes(NOISE.bytes(40_000))
    export_session(session, archive, slim=True)
    back = import_session(other, archive)
    assert archive.stat().st_size < 5_000_000
    assert sum(len(data) for data in contents(back.folder).values()) < 5_000_000


def _trained(root: Path, epochs: int, *, best: int) -> Session:
    session = new_session(root, epochs=epochs)
    emit(session, [run_started(epochs=epochs)])
    with (session.folder / layout.EVENTS).open("ab") as file:
        for epoch in range(1, epochs + 1):
            event = epoch_ended(epoch, 150.0 if epoch == best else 200.0)
            file.write(msgspec.json.encode(event) + b"\n")
    emit(session, [run_ended()])
    return session
