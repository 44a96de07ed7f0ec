"""The copy of a session on another machine: always consistent, finally equal."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.sessions.makers import epoch_ended, progress
from vae_engine.errors import SessionBusyError, SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.atomic import read_optional, write_record
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import beat, heartbeat_age, hold_lock, this_process
from vae_engine.sessions.records import (
    CheckpointEntry,
    CheckpointIndex,
    ExportEntry,
    ExportIndex,
)
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.ray.mirror import Appended, Mirror, Update, is_mirrored
from vae_engine.sweeps.ray.receiver import AttemptSupersededError, Receiver


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return SessionStore(tmp_path / "sessions").create(make_settings(epochs=30))


@pytest.fixture
def receiver(session: Session) -> Receiver:
    return Receiver(str(session.folder.parent))


@pytest.fixture
def far(tmp_path: Path, session: Session) -> Path:
    """The session's folder on the other machine."""
    folder = tmp_path / "far" / session.id
    folder.mkdir(parents=True)
    layout.create_folders(folder)
    write_record(folder / layout.MANIFEST, session.manifest)
    return folder


def work(folder: Path, epochs: int, first: int = 1) -> Iterator[None]:
    """Write as a worker does, and give way after each step."""
    journal = Journal(folder)
    write_record(folder / layout.WORKER, this_process(1))
    journal.emit(ev.RunStarted(run=1, host="far", pid=7, epochs=epochs, min_epochs=1))
    previous: CheckpointEntry | None = None
    kept: list[ExportEntry] = []
    for epoch in range(first, epochs + 1):
        beat(folder)
        journal.emit(progress(epoch))
        yield
        previous = yield from write_checkpoint(folder, epoch, previous)
        journal.emit(epoch_ended(epoch))
        yield
        if epoch % 3 == 0:
            kept = yield from write_export(folder, epoch, kept)
            journal.emit(ev.Exported(epoch=epoch))
            yield
        with (folder / layout.LOG).open("a") as log:
            log.write(f"epoch {epoch}\n")
    journal.end(ev.RunEnded(status="stopped", reason="stop_now"))
    yield


def write_checkpoint(
    folder: Path, epoch: int, previous: CheckpointEntry | None
) -> Generator[None, None, CheckpointEntry]:
    name = layout.checkpoint_file(epoch, 0)
    content = np.random.default_rng(epoch).bytes(1000)
    (folder / name).write_bytes(content)
    yield
    entry = CheckpointEntry(file=name, sha256=digest(content), epoch=epoch, step=0)
    index = CheckpointIndex(latest=entry, previous=previous, best=entry)
    write_record(folder / layout.CHECKPOINTS / layout.INDEX, index)
    yield
    for path in (folder / layout.CHECKPOINTS).glob("epoch-*.npz"):
        names = {one.file for one in (index.latest, index.previous) if one}
        if f"{layout.CHECKPOINTS}/{path.name}" not in names:
            path.unlink()
    return entry


def write_export(
    folder: Path, epoch: int, kept: list[ExportEntry]
) -> Generator[None, None, list[ExportEntry]]:
    digests = {}
    for part in ("encoder", "decoder"):
        content = f"{part} {epoch}".encode()
        (folder / layout.export_file(part, epoch)).write_bytes(content)
        digests[part] = digest(content)
        yield
    entry = ExportEntry(
        epoch=epoch,
        step=0,
        encoder=layout.export_file("encoder", epoch),
        encoder_sha256=digests["encoder"],
        decoder=layout.export_file("decoder", epoch),
        decoder_sha256=digests["decoder"],
    )
    kept = [*kept, entry][-3:]
    index = ExportIndex(current=entry, kept=kept)
    write_record(folder / layout.EXPORTS / layout.INDEX, index)
    yield
    named = {name for one in kept for name in (one.encoder, one.decoder)}
    for path in (folder / layout.EXPORTS).glob("*coder-*"):
        if f"{layout.EXPORTS}/{path.name}" not in named:
            path.unlink()
    return kept


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def require_whole(folder: Path) -> None:
    """No index names what is missing or other; no event tells of what is not there."""
    session = Session(folder)
    session.poll()
    assert session.damaged_lines == 0
    checkpoints = read_optional(folder / layout.CHECKPOINTS / layout.INDEX, CheckpointIndex)
    if checkpoints is not None:
        for entry in (checkpoints.latest, checkpoints.previous, checkpoints.best):
            if entry is not None:
                assert digest((folder / entry.file).read_bytes()) == entry.sha256
    assert session.log.epoch <= (checkpoints.latest.epoch if checkpoints else 0)
    exports = session.exports()
    for export in exports.kept if exports else []:
        assert digest((folder / export.encoder).read_bytes()) == export.encoder_sha256
        assert digest((folder / export.decoder).read_bytes()) == export.decoder_sha256
    if session.log.exported:
        assert exports is not None
        assert session.log.exported[-1] <= exports.current.epoch


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".tmp-", layout.LOCK, layout.LABEL))
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_copy_is_whole_at_every_moment_and_equal_in_the_end(
    session: Session, receiver: Receiver, far: Path, seed: int
) -> None:
    chance = random.Random(seed)
    receiver.begin(session.id, "first", mirrored=True)
    mirror = Mirror(far)
    for _ in work(far, 8):
        if chance.random() < 0.3:
            receiver.update(session.id, "first", mirror.changes())
            if chance.random() < 0.7:  # Else the answer is lost, and it is sent again.
                mirror.delivered()
            require_whole(session.folder)
    receiver.update(session.id, "first", mirror.changes())
    mirror.delivered()
    assert contents(session.folder) == contents(far)
    assert mirror.changes() == Update(named=mirror.changes().named)
    assert not list(session.folder.glob("**/.tmp-*"))


def test_another_machine_continues_from_what_has_arrived(
    session: Session, receiver: Receiver, far: Path, tmp_path: Path
) -> None:
    receiver.begin(session.id, "first", mirrored=True)
    mirror = Mirror(far)
    list(work(far, 4))
    receiver.update(session.id, "first", mirror.changes())
    with (session.folder / layout.EVENTS).open("ab") as log:
        log.write(b'{"type":"progr')  # A worker that was killed wrote so far.
    files = receiver.begin(session.id, "second", mirrored=True)
    other = tmp_path / "other" / session.id
    layout_of(other, files)
    assert (other / layout.EVENTS).read_bytes() == (far / layout.EVENTS).read_bytes()
    mirror = Mirror(other)
    assert mirror.changes() == Update(named=mirror.changes().named)
    list(work(other, 6, first=5))
    receiver.update(session.id, "second", mirror.changes())
    require_whole(session.folder)
    session.poll()
    assert session.log.epoch == 6
    # The lock is passed on, and what the first attempt still sends is refused.
    with pytest.raises(AttemptSupersededError, match="another attempt"):
        receiver.update(session.id, "first", Update(beat=True))
    receiver.end(session.id, "first")
    with pytest.raises(SessionBusyError):
        hold_lock(session.folder)
    receiver.end(session.id, "second")
    hold_lock(session.folder).release()


def layout_of(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    layout.create_folders(folder)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_a_session_in_other_hands_is_not_begun(session: Session, receiver: Receiver) -> None:
    lock = hold_lock(session.folder)
    with pytest.raises(SessionBusyError):
        receiver.begin(session.id, "first", mirrored=True)
    assert receiver.begin(session.id, "first", mirrored=False) == {}
    lock.release()


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_deleted_session_is_not_begun(
    session: Session, receiver: Receiver, mirrored: bool
) -> None:
    shutil.rmtree(session.folder)
    with pytest.raises(AttemptSupersededError, match="was deleted"):
        receiver.begin(session.id, "first", mirrored=mirrored)
    assert not session.folder.exists()


def test_a_session_deleted_while_it_is_begun_is_let_go(
    session: Session, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_first(folder: Path) -> None:
        shutil.rmtree(folder)
        create_folders(folder)

    create_folders = layout.create_folders
    monkeypatch.setattr(layout, "create_folders", delete_first)
    with pytest.raises(AttemptSupersededError, match="was deleted"):
        receiver.begin(session.id, "first", mirrored=True)
    assert not session.folder.exists()
    monkeypatch.undo()
    session.folder.mkdir()
    hold_lock(session.folder).release()


def test_nothing_is_written_into_a_folder_that_took_a_deleted_ones_place(
    session: Session, receiver: Receiver
) -> None:
    store = SessionStore(session.folder.parent)
    receiver.begin(session.id, "first", mirrored=True)
    session.folder.rename(session.folder.with_name("away"))
    store.create(make_settings(), session_id=session.id)
    with pytest.raises(AttemptSupersededError, match="was deleted"):
        receiver.update(session.id, "first", Update(replaced=((layout.SAMPLES, b"x"),)))
    assert not (session.folder / layout.SAMPLES).exists()


def test_the_heartbeat_is_of_the_drivers_clock(session: Session, receiver: Receiver) -> None:
    receiver.begin(session.id, "first", mirrored=True)
    receiver.update(session.id, "first", Update())
    assert heartbeat_age(session.folder) == float("inf")
    receiver.update(session.id, "first", Update(beat=True))
    assert heartbeat_age(session.folder) < float("inf")


def test_commands_are_handed_out_until_they_have_arrived(
    session: Session, receiver: Receiver
) -> None:
    receiver.begin(session.id, "first", mirrored=True)
    asked = inbox.send(session.folder, "pause")
    content = asked.read_bytes()
    for _ in range(2):
        commands = receiver.update(session.id, "first", Update())
        assert commands == {asked.name: content}
    assert receiver.update(session.id, "first", Update(), [asked.name]) == {}
    assert not asked.exists()


@pytest.mark.parametrize(
    "update",
    [
        Update(replaced=(("../../escaped", b"x"),)),
        Update(replaced=((layout.LABEL, b"{}"),)),
        Update(replaced=((layout.EVENTS, b""),)),
        Update(appended=(Appended("session.json", 0, b"x"),)),
        Update(appended=(Appended(layout.EVENTS, 99, b"x\n"),)),
    ],
)
def test_what_is_no_workers_to_write_is_refused(
    session: Session, receiver: Receiver, update: Update
) -> None:
    receiver.begin(session.id, "first", mirrored=True)
    before = contents(session.folder)
    with pytest.raises(SessionError):
        receiver.update(session.id, "first", update)
    assert contents(session.folder) == before


def test_the_record_of_images_goes_to_the_node_and_back() -> None:
    assert is_mirrored(layout.IMAGES)
    assert layout.travels(layout.IMAGES)
