"""The process that fits a mixture for an app."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.sessions.makers import finished_session
from tests.waiting import DEADLINE
from vae_engine.engine_process import EngineProcess
from vae_engine.machine import module_command
from vae_engine.priors.messages import FitReply, Fitted, receive_fit_reply
from vae_engine.replies import TaskFailed
from vae_engine.sessions import layout


def test_it_gives_the_kept_mixture_and_reports_failures(tmp_path: Path) -> None:
    session = finished_session(tmp_path / "sessions")
    content = (session.folder / layout.MIXTURE).read_bytes()
    assert replies(session.folder)[-1] == Fitted(content)
    (session.folder / layout.MIXTURE).write_bytes(content[:-40])
    failed = replies(session.folder)[-1]
    assert isinstance(failed, TaskFailed)
    assert "mixture.npz is damaged" in failed.problem


def replies(folder: Path) -> list[FitReply]:
    found: list[FitReply] = []
    EngineProcess[FitReply](receive_fit_reply, "vae_engine.priors", str(folder)).follow(
        found.append
    )
    return found


@pytest.mark.slow
def test_it_ends_when_its_app_does(tmp_path: Path) -> None:
    session = finished_session(tmp_path / "sessions")
    (session.folder / layout.MIXTURE).unlink()
    command = module_command("vae_engine.priors", str(session.folder))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE) == 0
