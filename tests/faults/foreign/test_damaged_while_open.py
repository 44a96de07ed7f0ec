"""Files under an open dashboard are overwritten: it reports that, and recovers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.recorder import Recorder, epoch_ended
from tests.tui.watching import dashboard, head, until
from tui.dashboard.feed import SessionFeed
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

Damage = Callable[[Path], object]


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


GARBAGE: dict[str, Damage] = {
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 200),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:50]),
    "empty": lambda path: path.write_bytes(b""),
    "folder": _folder_instead,
}


@pytest.fixture
def training(recorder: Recorder) -> Session:
    return recorder.session("run", status="training", epochs=3, of=10)


@pytest.mark.parametrize("name", [layout.MANIFEST, layout.EVENTS])
@pytest.mark.parametrize("damage", GARBAGE.values(), ids=GARBAGE.keys())
def test_the_damage_is_reported_and_its_end_noticed(
    recorder: Recorder, training: Session, name: str, damage: Damage
) -> None:
    feed, path = SessionFeed(Session(training.folder)), training.folder / name
    whole = path.read_bytes()
    feed.read()
    damage(path)
    snapshot = feed.read()
    assert name in snapshot.problem
    assert snapshot.problem.isprintable()
    assert snapshot.history.newest == 3
    assert feed.read() is snapshot
    if path.is_dir():
        path.rmdir()
    path.write_bytes(whole)
    assert feed.read().problem == ""
    recorder.emit(training, epoch_ended(4))
    after = feed.read()
    assert (after.problem, after.history.newest) == ("", 4)


def test_a_log_that_is_gone_is_reported(training: Session) -> None:
    feed = SessionFeed(Session(training.folder))
    feed.read()
    (training.folder / layout.EVENTS).unlink()
    assert feed.read().problem == "events.jsonl was removed"


def test_a_whole_log_in_place_of_the_one_read_is_taken_up(
    recorder: Recorder, training: Session
) -> None:
    feed = SessionFeed(Session(training.folder))
    feed.read()
    other = recorder.session("other", status="training", epochs=5, of=10)
    log = other.folder / layout.EVENTS
    (training.folder / layout.EVENTS).write_bytes(log.read_bytes())
    snapshot = feed.read()
    assert (snapshot.problem, snapshot.history.newest) == ("", 5)


def test_another_manifest_is_reported(recorder: Recorder, training: Session) -> None:
    feed, path = SessionFeed(Session(training.folder)), training.folder / layout.MANIFEST
    feed.read()
    path.write_bytes(path.read_bytes().replace(b'"latent_dim": 2', b'"latent_dim": 4'))
    assert (
        feed.read().problem
        == "session.json has changed since it was opened: open the session again"
    )


def test_lines_that_are_damaged_from_the_start_are_counted(training: Session) -> None:
    with (training.folder / layout.EVENTS).open("ab") as log:
        log.write(b"junk\n\x1b[2J\n")
    snapshot = SessionFeed(Session(training.folder)).read()
    assert (snapshot.damaged_lines, snapshot.problem, snapshot.history.newest) == (2, "", 3)


@pytest.mark.parametrize("name", [layout.MANIFEST, layout.EVENTS])
async def test_the_dashboard_shows_it(store: SessionStore, training: Session, name: str) -> None:
    path = training.folder / name
    whole = path.read_bytes()
    async with dashboard(store, training) as (screen, pilot):
        path.write_bytes(b"\x1b]0;owned\x07" * 1000)
        await until(pilot, lambda: name in head(screen))
        path.write_bytes(whole)
        await until(pilot, lambda: name not in head(screen))
