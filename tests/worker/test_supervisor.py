"""The thread that reads the inbox, without training."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.control import commands
from vae_engine.errors import SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session
from vae_engine.training.controls import Controls
from vae_engine.worker import supervisor as module
from vae_engine.worker.supervisor import Supervisor

Kind = TypeVar("Kind", bound=ev.Event)


class FullDisk(Journal):
    """A log that refuses some events."""

    refused: type[ev.Event] | None = None

    def emit(self, event: ev.AnyEvent) -> None:
        if self.refused is not None and isinstance(event, self.refused):
            raise OSError(errno.ENOSPC, "No space left on device")
        super().emit(event)


class Worker:
    """A supervisor and what it controls."""

    def __init__(self, session: Session) -> None:
        self.folder = session.folder
        self.journal = FullDisk(session.folder)
        self.controls = Controls()
        self.supervisor = Supervisor(session.folder, self.journal, self.controls)
        self.supervisor.training_begins()

    def events(self, kind: type[Kind]) -> list[Kind]:
        log = EventReader(self.folder / "events.jsonl")
        return [event for batch in log.batches() for event in batch if isinstance(event, kind)]


@pytest.fixture
def session(recorder: Recorder) -> Session:
    return recorder.session(status="training", previews=False)


@pytest.fixture
def worker(session: Session) -> Iterator[Worker]:
    worker = Worker(session)
    yield worker
    worker.supervisor.close()
    worker.journal.close()


@pytest.mark.parametrize("refused", [ev.CommandIgnored, ev.Stopping])
def test_a_full_disk_keeps_no_command_of_a_batch_from_its_effect(
    worker: Worker, refused: type[ev.Event]
) -> None:
    worker.journal.refused = refused
    inbox.send(worker.folder, "continue")
    inbox.send(worker.folder, "stop")
    inbox.send(worker.folder, "stop_now")
    worker.supervisor.start([])
    wait_for(lambda: worker.controls.stop == "now")
    worker.supervisor.close()
    others: dict[type[ev.Event], int] = {ev.CommandIgnored: 1, ev.Stopping: 2}
    del others[refused]
    for kind, count in others.items():
        assert len(worker.events(kind)) == count
    assert worker.events(refused) == []


def test_a_heartbeat_that_fails_keeps_no_command_from_its_effect(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.supervisor.start([])

    def refuse(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "beat", refuse)
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.0)
    inbox.send(worker.folder, "stop_now")
    wait_for(lambda: worker.controls.stop == "now")


def test_commands_for_an_earlier_worker_are_reported_though_one_report_fails(
    worker: Worker,
) -> None:
    worker.journal.refused = ev.CommandIgnored
    worker.supervisor.start([("pause", ""), (None, "0.json is damaged")])
    worker.supervisor.close()
    assert worker.events(ev.CommandIgnored) == []


@pytest.mark.parametrize("end", ["training_ended", "close"])
def test_a_pause_that_comes_too_late_is_reported(worker: Worker, end: str) -> None:
    worker.supervisor.start([])
    worker.controls.apply("pause")
    getattr(worker.supervisor, end)()
    worker.supervisor.close()
    assert [(event.command, event.why) for event in worker.journal.log.ignored] == [
        ("pause", "training ended before the run paused")
    ]


@pytest.mark.parametrize("stop", ["terminate", "stop_now"])
def test_a_pause_that_a_signal_or_another_worker_overrides_is_reported(
    worker: Worker, stop: str
) -> None:
    worker.controls.apply("pause")
    if stop == "terminate":
        worker.supervisor.terminate("SIGTERM")
    else:
        worker.supervisor.stop_now()
    worker.supervisor.start([])
    wait_for(lambda: worker.controls.stop == "now")
    worker.supervisor.close()
    assert [event.command for event in worker.events(ev.CommandIgnored)] == ["pause"]


@pytest.mark.parametrize(
    ("is_read", "said"), [(True, "was read, and may take effect later"), (False, "its inbox")]
)
def test_a_failure_says_where_the_command_is(
    session: Session, monkeypatch: pytest.MonkeyPatch, is_read: bool, said: str
) -> None:
    monkeypatch.setattr(commands, "_OBEYED_SECONDS", 0.2)
    send = inbox.send

    def send_and_read(folder: Path, command: inbox.CommandName) -> Path:
        path = send(folder, command)
        if is_read:
            inbox.take(folder)
        return path

    monkeypatch.setattr(inbox, "send", send_and_read)
    with pytest.raises(SessionError, match=said):
        commands.ask(session, "continue")
