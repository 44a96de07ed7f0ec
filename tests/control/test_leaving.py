"""Every operation waits for a worker that has written its last event."""

from __future__ import annotations

import time
from typing import Any

import click
import pytest

from tests.tui.recorder import Recorder
from tui.cli.follow import follow_to_the_end
from vae_engine.control.removal import delete_sessions
from vae_engine.control.training import resume_session
from vae_engine.errors import SessionBusyError
from vae_engine.sessions import events as ev
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.worker import launcher
from vae_engine.worker.launcher import let_leave


@pytest.fixture
def leaving(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose worker has written its last event, and exits when it was waited for."""
    session = recorder.session(status="training", epochs=2, of=2)
    recorder.checkpoint(session)
    recorder.emit(session, ev.RunEnded(status="completed", reason="epochs"))

    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            recorder.kill(session)

    monkeypatch.setattr(time, "sleep", sleep)
    return session


def test_resuming_waits(leaving: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def start(folder: Any, *_: object, **__: object) -> int:
        assert not leaving.alive()
        started.append(folder)
        return 1

    monkeypatch.setattr(launcher, "start_detached", start)
    resume_session(leaving, more=1)
    assert started == [leaving.folder]


def test_deleting_waits(leaving: Session, store: SessionStore) -> None:
    assert [one.id for one in delete_sessions(store, [leaving.id])] == [leaving.id]


def test_the_command_that_follows_returns_when_the_session_is_free(leaving: Session) -> None:
    leaving.poll()
    with click.Context(click.Command("vae")):
        follow_to_the_end(leaving, run=1, plain=True)
    assert not leaving.alive()


def test_a_worker_that_trains_is_not_waited_for(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(status="training", epochs=2, of=9)
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert not let_leave(session)
    with pytest.raises(SessionBusyError, match="is training"):
        resume_session(session)
    assert pauses == []


def test_one_that_never_goes_is_not_waited_for_without_end(recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=2, of=2)
    recorder.emit(session, ev.RunEnded(status="completed", reason="epochs"))
    assert not let_leave(session, 0.05)
