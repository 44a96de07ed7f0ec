"""The command of `--notify` runs once when a worker has gone, whichever way it went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_for
from vae_engine.errors import SettingError
from vae_engine.machine import module_command
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.records import EndStatus
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.notifier import sweep_ending
from vae_engine.sweeps.store import NewSweep, SweepStore
from vae_engine.worker.notifier import (
    NOTIFY_VARIABLE,
    Ending,
    notify,
    read_command,
    session_ending,
)

_RECORD = (
    'import os, sys; open(sys.argv[1], "a").write(repr([os.environ[n] for n in sys.argv[2:]]))'
)
_VARIABLES = ("VAE_ID", "VAE_NAME", "VAE_STATUS", "VAE_REASON")
_WORKER = """
import os, sys
from pathlib import Path
from vae_engine.worker.notifier import NOTIFY_VARIABLE, start_notifier
start_notifier(Path(sys.argv[1]))
assert NOTIFY_VARIABLE not in os.environ
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    settings = make_settings({"epochs": 2, "min_epochs": 1})
    return SessionStore(tmp_path / "sessions").create(settings, name="a name; $(x)", command=["t"])


@pytest.fixture
def worker(session: Session, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """What a worker does for the command, until its stdin is closed."""
    command = f"'{sys.executable}' -c '{_RECORD}' '{tmp_path / 'told'}' {' '.join(_VARIABLES)}"
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(session.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, NOTIFY_VARIABLE: command},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    yield process
    process.kill()
    process.communicate()


def write_end(session: Session, status: EndStatus, reason: str) -> None:
    journal = Journal(session.folder)
    journal.emit(ev.RunStarted(run=1, host="here", pid=1, epochs=2, min_epochs=1, tells_begun=True))
    journal.end(ev.RunEnded(status=status, reason=reason))


@pytest.mark.parametrize(
    ("status", "reason"),
    [("completed", "converged"), ("diverged", "loss is nan"), ("failed", "no 'images'\n\x1b[1m")],
)
def test_the_end_that_the_worker_wrote_is_reported(
    session: Session,
    worker: subprocess.Popen[bytes],
    tmp_path: Path,
    status: EndStatus,
    reason: str,
) -> None:
    assert not (tmp_path / "told").exists()
    write_end(session, status, reason)
    worker.communicate()
    told = repr([session.id, "a name; $(x)", status, reason])
    wait_for(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text() == told)


def test_a_worker_that_was_killed_is_reported(
    session: Session, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    journal = Journal(session.folder)
    journal.emit(ev.RunStarted(run=1, host="here", pid=1, epochs=2, min_epochs=1, tells_begun=True))
    journal.close()
    worker.send_signal(signal.SIGKILL)
    wait_for(
        lambda: (tmp_path / "told").exists() and "interrupted" in (tmp_path / "told").read_text()
    )


def test_without_a_command_nothing_waits(session: Session) -> None:
    environment = {name: value for name, value in os.environ.items() if name != NOTIFY_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(session.folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        check=True,
        timeout=300,
    )
    assert done.stdout == b"begun\n"
    assert not (session.folder / layout.NOTIFY_LOG).exists()


def test_its_output_and_its_failure_are_kept(tmp_path: Path) -> None:
    ending = Ending("id", "name", "failed", "why", tmp_path)
    program = "import sys; print('to stdout'); sys.exit('to stderr')"
    assert notify(f"'{sys.executable}' -c \"{program}\"", ending, os.environ) == 1
    log = (tmp_path / layout.NOTIFY_LOG).read_text()
    assert "to stdout" in log
    assert "to stderr" in log
    assert log.endswith("exited with code 1\n")
    # Only the latest output is kept.
    assert notify("true", ending, os.environ) == 0
    assert (tmp_path / layout.NOTIFY_LOG).read_text() == ""


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    ending = Ending("id", "$(touch pwned)", "failed", "`touch pwned`\0", tmp_path)
    assert notify("printenv VAE_NAME VAE_REASON", ending, os.environ) == 0
    log = (tmp_path / layout.NOTIFY_LOG).read_text()
    assert log == "$(touch pwned)\n`touch pwned`\n"
    assert notify("echo $HOME | cat; touch pwned", ending, os.environ) == 0
    assert (tmp_path / layout.NOTIFY_LOG).read_text() == "$HOME | cat; touch pwned\n"


def test_the_log_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / layout.NOTIFY_LOG).symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic link"):
        notify("true", Ending("id", "name", "failed", "", tmp_path), os.environ)
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("text", ["", "  ", "''", "sh -c 'x", 'mail "', "a \\"])
def test_what_is_no_command_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"^notify is "):
        read_command(text)


def test_a_run_that_ended_before_it_trained_is_reported(session: Session) -> None:
    write_end(session, "failed", "the dataset is gone")
    ending = session_ending(session.folder)
    assert (ending.status, ending.reason) == ("failed", "the dataset is gone")


def test_a_sweep_is_reported_once(tmp_path: Path) -> None:
    store = SweepStore(SessionStore(tmp_path / "sessions"))
    sweep = store.create(NewSweep(make_grid({"latent_dim": [2, 8]}, None), 1, name="widths"))
    ending = sweep_ending(sweep.folder)
    assert (ending.id, ending.name) == (sweep.id, "widths")
    assert (ending.status, ending.reason) == ("stopped", "0 of 2 trials finished")


def test_a_folder_that_is_gone_ends_the_waiting_process(tmp_path: Path) -> None:
    done = subprocess.run(
        module_command("vae_engine.worker.notifier", str(tmp_path / "gone")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, NOTIFY_VARIABLE: "true"},
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no notification was sent: ")
    assert done.stderr.count("\n") == 1
