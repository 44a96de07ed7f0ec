"""Many viewers, many sessions and several controllers at once."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import msgspec
import pytest

from tests.cli.terminal import VAE, terminals
from tests.faults.storm import check_log, check_same_end
from tests.faults.views import vae
from tests.sessions.makers import new_session, progress, run_ended, run_started
from tests.waiting import DEADLINE, wait_for
from tests.worker.conftest import Runner, events_until
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings

VIEWERS = 8
POLL_SECONDS = 0.01  # Between two looks, as every viewer rests.
SHOWS = 20


class Viewer(threading.Thread):
    """Reads a session as every viewer does, and remembers the numbers of the events it saw."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.seen: list[int] = []
        self._session = Session(folder)

    def run(self) -> None:
        while self._session.log.phase != "ended":
            self.seen += [event.seq for event in self._session.poll()]
            time.sleep(POLL_SECONDS)


def test_every_viewer_sees_every_event_once(tmp_path: Path) -> None:
    session = new_session(tmp_path)
    viewers = [Viewer(session.folder) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    count = 1
    for run in (1, 2):
        journal = Journal(session.folder)
        journal.emit(run_started(run))
        for step in range(500):
            journal.emit(progress(step=step))
        count += 501
        if run == 2:
            journal.end(run_ended())
            break
        journal.close()
        # Half a line, as a killed worker leaves it; the next one cuts it off.
        with (session.folder / layout.EVENTS).open("ab") as log:
            log.write(b'{"type":"progress","seq":')
    for viewer in viewers:
        viewer.join(timeout=DEADLINE)
        assert viewer.seen == list(range(1, count + 1))


def test_resumed_by_several_at_once_a_session_has_one_worker(
    runner: Runner, small: Settings
) -> None:
    session = stopped(runner, small)
    root = str(session.folder.parent)
    command = [str(VAE), "resume", session.id, "--detach", "--sessions-dir", root]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [(*process.communicate(timeout=DEADLINE), process.returncode) for process in started]
    (winner,) = [out for out, _, code in said if code == 0]
    assert winner == f"{session.id}\n"
    refused = [err for _, err, code in said if code == 1]
    assert len(refused) == 2
    for line in refused:
        assert line.count("\n") == 1
        assert "already has a worker" in line or f"session {session.id} is " in line
    events_until(session, lambda: session.log.run == 2)
    assert session.status() == "starting"
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended" and not session.alive())
    check_log(session)


def test_controllers_that_ask_different_things_are_all_answered(
    runner: Runner, small: Settings
) -> None:
    session = runner.create(small)
    runner.start(session)
    asked: list[CommandName] = [
        "pause", "continue", "pause", "stop", "continue", "pause", "stop", "stop_now", "stop",
    ]  # fmt: skip
    for command in asked:
        inbox.send(session.folder, command)
    events_until(session, lambda: session.log.phase == "ended")
    assert (session.status(), session.log.stop_reason) == ("stopped", "stop_now")
    answers = [
        (event.command, event.why)
        if isinstance(event, ev.CommandIgnored)
        else ("now" if event.now else "epoch")
        for event in EventReader(session.folder / layout.EVENTS).read_all()
        if isinstance(event, ev.CommandIgnored | ev.Stopping)
    ]
    assert answers == [
        ("pause", "a continue came before the run paused"),
        ("continue", "the run had not paused yet, and continues"),
        ("pause", "a stop came before the run paused"),
        "epoch",
        ("continue", "it is not paused"),
        ("pause", "it is stopping already"),
        ("stop", "it is stopping already"),
        "now",
        ("stop", "it is stopping already"),
    ]


def stopped(runner: Runner, settings: Settings) -> Session:
    """A session whose worker was stopped while it imported TensorFlow."""
    session = runner.create(settings)
    runner.start(session)
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended" and not session.alive())
    return session


@pytest.mark.slow
def test_four_sessions_stay_apart_under_many_eyes(
    runner: Runner, small: Settings, undisturbed: Session
) -> None:
    # Two as the undisturbed one, two that differ from it.
    other = make_settings(msgspec.structs.asdict(small), latent_dim=3)
    sessions = [runner.create(settings) for settings in (small, other, small, other)]
    for session in sessions:
        runner.start(session)
    viewers = [Viewer(sessions[0].folder) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    with terminals() as start:
        root = str(runner.store.root)
        screens = [start("attach", sessions[0].id, "--sessions-dir", root) for _ in range(VIEWERS)]

        def all_ended() -> bool:
            for screen in screens:
                screen.feed()
            for session in sessions:
                session.poll()
            return all(session.log.phase == "ended" for session in sessions)

        shows = [vae(sessions[0], "show", "--json").code for _ in range(SHOWS)]
        wait_for(all_ended, 600.0)
        for screen in screens:
            screen.wait_for("✓ completed")
            screen.press("q")
        assert [screen.wait() for screen in screens] == [0] * VIEWERS
    assert shows == [0] * SHOWS
    events = EventReader(sessions[0].folder / layout.EVENTS).read_all()
    for viewer in viewers:
        viewer.join(timeout=DEADLINE)
        assert viewer.seen == [event.seq for event in events]
    for session in sessions:
        events_until(session, lambda session=session: not session.alive())  # type: ignore[misc]
    check_same_end(sessions[0], undisturbed)
    check_same_end(sessions[2], undisturbed)
    check_same_end(sessions[1], sessions[3])
