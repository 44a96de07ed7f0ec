"""Stop, pause and continue if the worker does not respond; real workers are tested elsewhere."""

import threading

import pytest

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.control import commands
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.records import Status

COMMANDS = ("stop", "pause", "continue")


@pytest.mark.parametrize("status", ["completed", "stopped", "interrupted", "diverged", "failed"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_session_without_a_worker_is_not_commanded(
    vae: Vae, recorder: Recorder, command: str, status: Status
) -> None:
    session = recorder.session(status=status, previews=False)
    line = vae(command, session.id).error(1)
    assert line == f"vae: session {session.id} has no worker: it is {status}"
    assert inbox.pending(session.folder) == []


@pytest.mark.parametrize("command", [*(["stop", "--now"],), *([name] for name in COMMANDS)])
def test_a_worker_that_does_not_answer_is_a_failure(
    vae: Vae, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(commands, "_OBEYED_SECONDS", 0.2)
    session = recorder.session(status="training", previews=False)
    line = vae(*command, session.id).error(1)
    assert "has not obeyed" in line
    assert f"`vae show {session.id}`" in line
    assert len(inbox.pending(session.folder)) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ev.CommandIgnored(command="pause", why="training has ended"), "training has ended"),
        (None, "has ended in the meantime: it is interrupted"),
    ],
    ids=["refuses", "dies"],
)
def test_a_worker_that_does_not_pause_is_a_failure(
    vae: Vae, recorder: Recorder, answer: ev.AnyEvent | None, said: str
) -> None:
    session = recorder.session(status="training", previews=False)

    def work() -> None:
        wait_for(lambda: bool(inbox.take(session.folder)))
        if answer is None:
            recorder.kill(session)
        else:
            recorder.emit(session, answer)

    worker = threading.Thread(target=work)
    worker.start()
    line = vae("pause", session.id).error(1)
    worker.join()
    assert said in line
