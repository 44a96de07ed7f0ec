"""Output on a terminal: the app if possible, otherwise lines and questions."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import VAE, Attach
from tests.tui.recorder import Recorder, progress
from tests.waiting import DEADLINE, wait_for
from vae_engine.sessions import events as ev
from vae_engine.sessions.session import Session

# Of those that read and draw the terminal there are two; others come as there is work.
SPARE_THREADS = 5
COMPLETED = ev.RunEnded(status="completed", reason="converged")


@pytest.fixture
def training(recorder: Recorder) -> Session:
    """Two of ten epochs done, the third half."""
    session = recorder.session("mine", status="training", epochs=2, of=10, previews=False)
    recorder.emit(session, progress(3, 20))
    return session


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_a_terminal_gets_the_dashboard_and_leaving_it_says_how_to_come_back(
    terminal: Attach, training: Session, key: str
) -> None:
    shown = terminal("attach", "mine", columns=100)
    shown.wait_for("epoch 2/10")
    shown.wait_for("step 20/40")
    shown.press(key)
    assert shown.wait() == 0
    assert not shown.screen.cursor.hidden
    flowing = shown.text.replace("\n", "")
    assert f"mine is still training: vae attach {training.id}" in flowing
    assert f"vae stop {training.id}" in flowing


def test_a_run_that_ended_meanwhile_reports_its_outcome(
    terminal: Attach, recorder: Recorder, training: Session
) -> None:
    shown = terminal("attach", "mine", columns=100)
    shown.wait_for("step 20/40")
    recorder.finish_epoch(training, 3)
    recorder.emit(training, COMPLETED)
    recorder.kill(training)
    shown.wait_for("completed")
    shown.press("q")
    assert shown.wait() == 0
    assert "completed after 3 epochs" in shown.text


def test_vae_alone_opens_the_list_of_sessions(terminal: Attach, training: Session) -> None:
    shown = terminal(columns=100)
    shown.wait_for("mine")
    shown.wait_for("1 session")
    shown.press("q")
    assert shown.wait() == 0


def test_a_character_that_comes_in_halves_is_one_and_a_byte_that_is_none_does_no_harm(
    terminal: Attach, training: Session
) -> None:
    shown = terminal(columns=100)
    shown.wait_for("1 session")
    shown.press(b"/")
    shown.wait_for("d=2 loss<145")
    first, second = "é".encode()[:1], "é".encode()[1:]
    shown.press(b"caf" + first)
    shown.wait_for("caf")
    shown.press(second + b"\xff!")
    shown.wait_for("café\ufffd!")
    shown.press("\x1b")
    shown.wait_for("Esc shows all")
    shown.press("\x1b")
    shown.wait_for("1 session")
    shown.wait_for(training.label.name)
    shown.press("q")
    assert shown.wait() == 0


def test_a_closed_terminal_ends_the_dashboard(terminal: Attach, training: Session) -> None:
    shown = terminal("attach", training.id)
    shown.wait_for("step 20/40")
    os.kill(shown.process.pid, signal.SIGHUP)
    assert shown.wait() != 0


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_lines(
    terminal: Attach, recorder: Recorder, training: Session, term: str
) -> None:
    shown = terminal("attach", training.id, term=term)
    shown.wait_for("epoch  2/10")
    recorder.emit(training, COMPLETED)
    recorder.kill(training)
    assert shown.wait() == 0
    assert "step" not in shown.text
    assert "completed after 2 epochs" in shown.text


def test_emptying_the_trash_asks_on_a_terminal(terminal: Attach, recorder: Recorder) -> None:
    recorder.store.delete(recorder.session(previews=False))
    for answer, left in (("n\n", 1), ("y\n", 0)):
        shown = terminal("trash", "--empty")
        shown.wait_for("Delete 1 session permanently?")
        shown.press(answer)
        assert shown.wait() == 0
        assert len(recorder.store.trash()) == left


def test_stopped_and_continued_from_outside_the_app_continues_with_no_more_threads(
    terminal: Attach, training: Session
) -> None:
    shown = terminal("attach", "mine", columns=100)
    process = psutil.Process(shown.process.pid)
    shown.wait_for("step 20/40")
    threads = 0
    for _ in range(6):
        shown.press("g")
        shown.wait_for("sample 1 of")
        shown.press("\x1b")
        shown.wait_for("step 20/40")
        threads = threads or process.num_threads()
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: process.status() == psutil.STATUS_STOPPED)
        shown.feed()
        shown.screen.reset()
        process.send_signal(signal.SIGCONT)
        # What is typed before it has drawn anew is discarded, like all that waits at a resume.
        shown.wait_for("step 20/40")
    shown.wait_until(lambda: process.num_threads() < threads + SPARE_THREADS, "few threads")
    shown.press("q")
    assert shown.wait() == 0


@pytest.mark.parametrize("by_key", [True, False], ids=["ctrl+z", "SIGTSTP"])
def test_a_suspended_app_gives_the_terminal_back_and_comes_back_whole(
    terminal: Attach, training: Session, by_key: bool
) -> None:
    shown = terminal(columns=100)
    process = psutil.Process(shown.process.pid)
    shown.wait_for(training.label.name)
    # The last that comes of the first screen: keys before it may be meant for others.
    shown.wait_for("Help")
    if by_key:
        shown.press("\x1a")
    else:
        process.send_signal(signal.SIGTSTP)
    wait_for(lambda: process.status() == psutil.STATUS_STOPPED)
    shown.feed()
    assert not shown.screen.cursor.hidden
    shown.screen.reset()
    process.send_signal(signal.SIGCONT)
    shown.wait_for(training.label.name)
    shown.wait_for("status")
    shown.press("q")
    assert shown.wait() == 0


def test_a_browser_gets_the_app_through_pipes(training: Session) -> None:
    """As textual-serve starts it: a driver in the environment, and packets of its protocol."""
    environment = {
        **os.environ,
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "TERM": "dumb",
        "COLUMNS": "80",
        "ROWS": "24",
    }
    arguments: list[str | Path] = [VAE, "--sessions-dir", training.folder.parent]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        written = b""
        while b"mine" not in written:
            piece = process.stdout.read(65536)
            assert piece, written
            written += piece
        greeting, packets = written.split(b"\n", 1)
        assert greeting == b"__GANGLION__"
        assert packets[:1] in (b"D", b"M")
        # The browser goes.
        process.stdin.close()
        while process.stdout.read(65536):
            pass
        process.wait(timeout=DEADLINE)
