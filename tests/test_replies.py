"""Processes that work for an app: what they print stays out of their replies."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from vae_engine import replies
from vae_engine.engine_process import EngineProcess
from vae_engine.errors import DatasetError
from vae_engine.inspection import messages

PROGRAM = """
import os, signal
from vae_engine.replies import Progressed, open_replies, send
stream = open_replies()
print("a library prints", flush=True)
os.write(1, b"so does its native part")
os.kill(os.getpid(), signal.SIGINT)
send(stream, Progressed("work", 1, 2))
"""


def test_prints_go_to_stderr_and_ctrl_c_is_for_the_app() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    expected = io.BytesIO()
    replies.send(expected, replies.Progressed("work", 1, 2))
    assert ran.stdout == expected.getvalue()
    assert b"a library prints" in ran.stderr
    assert b"so does its native part" in ran.stderr


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (DatasetError("no images", remedy="show", subject="digits"), "no images"),
        (MemoryError(), "there is not enough memory"),
        (OSError("no space"), "no space"),
    ],
)
def test_a_failure_of_any_process_is_read_by_the_screens_of_images(
    error: Exception, problem: str
) -> None:
    stream = io.BytesIO()
    replies.send(stream, replies.TaskFailed.of("work", error))
    stream.seek(0)
    found = messages.receive_reply(stream)
    assert isinstance(found, messages.Failed)
    assert found == messages.Failed.of("work", error)
    assert (found.problem, found.request) == (problem, None)
    assert (found.error.remedy, found.error.subject) == (found.remedy, found.subject)


def test_a_process_that_was_closed_is_given_nothing_and_not_started() -> None:
    process = EngineProcess[bytes](replies.receive_bytes, "json.tool")
    process.close()
    process.start()
    process.give(b"{}")
    process.follow(lambda _reply: pytest.fail("it replied"))
    assert process.process is None


def test_what_is_given_to_a_process_that_ended_is_lost_without_an_error() -> None:
    process = EngineProcess[bytes](replies.receive_bytes, "json.tool", "--no-such-option")
    process.start()
    assert process.process is not None
    process.process.wait()
    process.give(b"0" * 2**20)
    process.follow(lambda _reply: pytest.fail("it replied"))
    assert not process.closed
