"""Following a training in lines, and what is said when it ends."""

import os
import signal

import pytest

from tests.cli.conftest import Spawn, Vae, finish, read_until
from tests.tui.recorder import Recorder, progress
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import Status

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
        (ev.Continued(), "training goes on"),
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
    assert finish(process).code == 0


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_an_ended_session_tells_its_outcome(vae: Vae, recorder: Recorder, status: Status) -> None:
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


def test_the_last_words_of_a_worker_that_is_gone_are_read(vae: Vae, recorder: Recorder) -> None:
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
    assert process.wait(timeout=60) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
