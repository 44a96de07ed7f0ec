"""A run that would end at logout is announced before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tui.cli.logout import logout_warning

SESSION = "0::/user.slice/user-1000.slice/session-3.scope\n"
SERVICE = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u1.scope\n"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of commands with a `busctl` that answers from files beside it."""
    busctl = tmp_path / "busctl"
    busctl.write_text('#!/bin/sh\nfor name; do :; done\ncat "$(dirname "$0")/$name"\n')
    busctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("LOGNAME", "ada")
    (tmp_path / "KillUserProcesses").write_text("b true\n")
    (tmp_path / "KillOnlyUsers").write_text("as 0\n")
    (tmp_path / "KillExcludeUsers").write_text('as 1 "root"\n')
    return tmp_path


def cgroup(system: Path, text: str) -> Path:
    path = system / "cgroup"
    path.write_text(text)
    return path


def test_in_a_login_session_that_is_killed_it_warns(system: Path) -> None:
    told = logout_warning(cgroup(system, SESSION))
    assert "KillUserProcesses" in told
    assert "loginctl enable-linger" in told
    assert "systemd-run --user" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("KillUserProcesses", "b false"),
        ("KillExcludeUsers", 'as 2 "root" "ada"'),
        ("KillOnlyUsers", 'as 1 "bob"'),
    ],
)
def test_an_account_that_is_spared_gets_no_warning(system: Path, name: str, content: str) -> None:
    (system / name).write_text(content)
    assert logout_warning(cgroup(system, SESSION)) == ""


def test_outside_a_login_session_or_without_systemd_nothing_is_reported(system: Path) -> None:
    assert logout_warning(cgroup(system, SERVICE)) == ""
    assert logout_warning(system / "none") == ""
    (system / "busctl").write_text("#!/bin/sh\nexit 1\n")
    assert logout_warning(cgroup(system, SESSION)) == ""


def test_every_command_that_leaves_a_run_behind_says_it(
    vae: Vae, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session("mine", previews=False)
    monkeypatch.setattr("tui.cli.train.logout_warning", lambda: "systemd ends this run")
    monkeypatch.setattr("tui.cli.train.resume_session", lambda *_, **__: 1)
    done = vae("resume", session.id, "--detach")
    assert "systemd ends this run" in done.err
    assert done.out == f"{session.id}\n"
