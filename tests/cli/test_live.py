"""Following a training on a terminal: bars, and the terminal given back as it was."""

import os
import signal

import pytest

from tests.cli.terminal import Attach
from tests.tui.recorder import Recorder, progress
from vae_engine.sessions import events as ev
from vae_engine.sessions.session import Session

COMPLETED = ev.RunEnded(status="completed", reason="converged")


@pytest.fixture
def training(recorder: Recorder) -> Session:
    """Two of ten epochs done, the third half."""
    session = recorder.session("mine", status="training", epochs=2, of=10, previews=False)
    recorder.emit(session, progress(3, 20))
    return session


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_gets_bars_with_the_losses(
    terminal: Attach, recorder: Recorder, training: Session, columns: int
) -> None:
    shown = terminal("attach", "mine", columns=columns)
    shown.wait_for("step 20/40")
    lines = shown.text.splitlines()
    assert lines[0].startswith(f"session {training.id} (mine)")
    bars = lines[-3:]
    assert bars[0].startswith("epoch 3/10")
    assert bars[0].endswith("at most 38s")
    assert bars[1].endswith("3,000 images/s")
    assert bars[2].startswith("loss 160.00 (rec 156.00 kl 4.00)")
    assert shown.screen.cursor.hidden
    recorder.finish_epoch(training, 3)
    shown.wait_for("epoch  3/10")
    shown.wait_for("best val_loss 184.33 (epoch 3)")
    recorder.emit(training, COMPLETED)
    assert shown.wait() == 0
    assert not shown.screen.cursor.hidden
    flowing = shown.text.replace("\n", "")
    assert "completed after 3 epochs" in flowing
    assert "epoch 4/10" not in flowing
    assert flowing.count("epoch  3/10") == 1


def test_a_terminal_shows_what_else_the_session_does(terminal: Attach, recorder: Recorder) -> None:
    session = recorder.session(status="starting")
    shown = terminal("attach", session.id)
    shown.wait_for("starting: importing TensorFlow, ")
    recorder.emit(session, ev.Prepared(epoch=0, step=0, environment={}, dataset={}, parameters=9))
    shown.wait_for("epoch 1/4")
    recorder.emit(session, ev.Paused())
    shown.wait_for("paused: `vae continue")
    recorder.emit(session, ev.Finishing(reason="epochs"))
    shown.wait_for("evaluating and exporting")
    recorder.emit(session, ev.RunEnded(status="failed", reason="the disk is full"))
    assert shown.wait() == 1
    assert "the disk is full" in shown.text.replace("\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_gets_its_cursor_back(
    terminal: Attach, training: Session, number: signal.Signals
) -> None:
    shown = terminal("attach", training.id)
    shown.wait_for("step 20/40")
    os.kill(shown.process.pid, number)
    assert shown.wait() == (0 if number == signal.SIGINT else 143)
    assert not shown.screen.cursor.hidden
    assert "step 20/40" not in shown.text


def test_a_closed_terminal_ends_the_follower(terminal: Attach, training: Session) -> None:
    shown = terminal("attach", training.id)
    shown.wait_for("step 20/40")
    os.kill(shown.process.pid, signal.SIGHUP)
    assert shown.wait() == -signal.SIGHUP


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_lines(
    terminal: Attach, recorder: Recorder, training: Session, term: str
) -> None:
    shown = terminal("attach", training.id, term=term)
    shown.wait_for("epoch  2/10")
    recorder.emit(training, COMPLETED)
    assert shown.wait() == 0
    assert "step" not in shown.text
    assert "completed after 2 epochs" in shown.text


def test_emptying_the_trash_asks_on_a_terminal(terminal: Attach, recorder: Recorder) -> None:
    recorder.store.delete(recorder.session(previews=False))
    for answer, left in ((b"n\n", 1), (b"y\n", 0)):
        shown = terminal("trash", "--empty")
        shown.wait_for("Delete 1 session for good?")
        os.write(shown.master, answer)
        assert shown.wait() == 0
        assert len(recorder.store.trash()) == left
