"""Following a run in lines, and the messages at its end."""

import json
import os
import signal

import click
import msgspec
import pytest

from tests.cli.conftest import Spawn, Vae, finish, read_until
from tests.tui.recorder import Recorder, progress
from tests.waiting import DEADLINE
from tui.cli.follow import follow_to_the_end
from vae_engine.errors import SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session

COMPLETED = ev.RunEnded(status="completed", reason="converged")


def test_epochs_so_far_and_those_to_come_are_lines(spawn: Spawn, recorder: Recorder) -> None:
    session = recorder.session("mine", status="training", epochs=2, of=10, previews=False)
    process = spawn("attach", "mine")
    assert session.id in read_until(process, "(mine)")
    assert "loss 250.00" in read_until(process, "epoch  1/10")
    read_until(process, "epoch  2/10")
    recorder.emit(session, progress(3, 20))
    recorder.finish_epoch(session, 3)
    line = read_until(process, "epoch  3/10")
    assert line == "epoch  3/10  loss 183.33 (rec 178.83 kl 4.50)  val_loss 184.33  3000/s 5s *"
    recorder.emit(session, ev.Finishing(reason="converged"), COMPLETED)
    recorder.kill(session)
    done = finish(process)
    assert (done.code, done.err) == (0, "")
    last = done.lines[-1]
    assert last.startswith("completed after 3 epochs in ")
    assert "val_loss converged" in last
    assert str(session.folder) in last
    assert done.out.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ev.Paused(), "paused: `vae continue"),
        (ev.Continued(), "training continues"),
        (ev.Stopping(now=False), "stopping at the end of epoch 3"),
        (ev.Stopping(now=True), "stopping at once"),
        (ev.CommandIgnored(command="pause", why="\x1b[2Jno"), "command pause ignored: ?[2Jno"),
        (ev.Finishing(reason="epochs"), "all epochs done: evaluating and exporting"),
    ],
)
def test_what_happens_between_epochs_is_a_line(
    spawn: Spawn, recorder: Recorder, event: ev.AnyEvent, said: str
) -> None:
    session = recorder.session(status="training", epochs=2, previews=False)
    process = spawn("attach", session.id)
    read_until(process, "epoch 2/2")
    recorder.emit(session, event)
    assert said in read_until(process, said)
    recorder.emit(session, COMPLETED)
    recorder.kill(session)
    assert finish(process).code == 0


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_an_ended_session_reports_its_outcome(vae: Vae, recorder: Recorder, status: Status) -> None:
    session = recorder.session(status=status, epochs=4, of=50, previews=False)
    done = vae("attach", session.id)
    assert done.code == 0
    assert len(done.lines) == 1
    assert done.out.startswith(f"{status} after 4 epochs")
    assert "test_loss 176.00, best epoch 4" in done.out


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("diverged", "`vae fork ID --learning-rate X`"),
        ("failed", "worker.log"),
        ("interrupted", "`vae resume ID`"),
    ],
)
def test_a_session_that_ended_badly_is_a_failure(
    vae: Vae, recorder: Recorder, status: Status, advice: str
) -> None:
    session = recorder.session(status=status, previews=False)
    line = vae("attach", session.id).error(1)
    assert session.id in line
    assert status in line
    assert advice.replace("ID", session.id) in line


def test_a_worker_that_dies_is_noticed(spawn: Spawn, recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=2, previews=False)
    process = spawn("attach", session.id)
    read_until(process, "epoch 2/2")
    recorder.kill(session)
    line = finish(process).error(1)
    assert "interrupted after epoch 2" in line
    assert f"`vae resume {session.id}`" in line


def test_the_last_event_of_a_worker_that_is_gone_are_read(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(status="paused", previews=False)
    recorder.emit(session, ev.RunEnded(status="stopped", reason="stop_now"))
    recorder.kill(session)
    assert vae("attach", session.id).out.startswith("stopped after 4 epochs")


def test_ctrl_c_detaches_and_says_how_to_come_back(spawn: Spawn, recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=2, previews=False)
    folder = recorder.store.root
    process = spawn("attach", session.id, "--sessions-dir", folder, VAE_SESSIONS="/nowhere")
    read_until(process, "epoch 2/2")
    os.killpg(process.pid, signal.SIGINT)
    done = finish(process)
    assert (done.code, done.err) == (0, "")
    assert f"vae attach {session.id} --sessions-dir {folder}" in done.out
    assert f"vae stop {session.id} --sessions-dir {folder}" in done.out


def test_a_reader_that_leaves_ends_the_follower_quietly(spawn: Spawn, recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=2, of=9, previews=False)
    process = spawn("attach", session.id)
    read_until(process, "epoch 2/9")
    assert process.stdout is not None
    process.stdout.close()
    recorder.finish_epoch(session, 3)
    assert process.wait(timeout=DEADLINE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_worker_that_is_gone_before_its_run_began_leaves_the_session_as_it_was(
    recorder: Recorder,
) -> None:
    session = recorder.session("done", status="completed", epochs=3)
    session.poll()
    with (
        click.Context(click.Command("vae")),
        pytest.raises(SessionError, match=r"exited before its run began .*; it stays completed"),
    ):
        follow_to_the_end(session, run=2, plain=True)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (ev.RunEnded(status="failed", reason="no memory"), "failed: no memory; it stays completed"),
        (ev.RunEnded(status="interrupted", reason="SIGUSR1"), "was interrupted: SIGUSR1"),
        (None, "its worker exited unexpectedly (Killed); it stays completed"),
    ],
)
def test_a_run_that_ended_before_it_trained_is_reported_as_an_attempt(
    vae: Vae, recorder: Recorder, end: ev.RunEnded | None, said: str
) -> None:
    """Old: the session was `failed` from then on."""
    session = recorder.session("done", status="completed", epochs=3)
    (session.folder / layout.LOG).write_text("Killed\n")
    started = msgspec.structs.replace(recorder.run_started(session, 2), tells_begun=True)
    recorder.emit(session, started, *([end] if end else []))
    fresh = Session(session.folder)
    fresh.poll()
    with click.Context(click.Command("vae")), pytest.raises(SessionError) as caught:
        follow_to_the_end(fresh, run=2, plain=True)
    assert said in str(caught.value)
    what = said.partition("; it stays")[0]
    shown = " ".join(vae("show", session.id).out.split())
    assert "status completed" in shown
    assert "latest run attempt at " in shown
    assert what in shown
    assert what in vae("attach", session.id).out
    report = json.loads(vae("show", session.id, "--json").out)
    assert (report["status"], report["stop_reason"]) == ("completed", "epochs")
    assert report["attempt"]["status"] == (end.status if end else None)
    assert report["last_words"] == (None if end else "Killed")


def test_of_a_worker_without_a_last_event_the_log_is_shown(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session("killed", status="training", epochs=1, of=9)
    recorder.kill(session)
    (session.folder / layout.LOG).write_text("\x1b[31mstd::bad_alloc\x1b[0m\n")
    line = vae("attach", session.id).error(1)
    assert "exited unexpectedly (?[31mstd::bad_alloc?[0m)" in line
    assert "std::bad_alloc" in vae("show", session.id).out
