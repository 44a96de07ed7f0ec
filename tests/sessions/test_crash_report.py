"""The error of a worker that exited without a final event, from its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from vae_engine.sessions import crash_report, layout, liveness
from vae_engine.sessions.crash_report import RUN_BEGINS, crash_message

BEGINS = f"2026-11-29 10:00:00,123 INFO {RUN_BEGINS}, as process 12\n"
IMPORTING = "2026-11-29 10:00:01,123 INFO importing TensorFlow\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        (BEGINS + IMPORTING, ""),
        (f"MemoryError: an earlier run\n{BEGINS}{IMPORTING}", ""),
        (f"{BEGINS}{IMPORTING}Killed\n", "Killed"),
        # A worker that was killed much later, in the middle of its training.
        (
            f"{BEGINS}Downloading data from https://example.org/mnist.npz\n"
            "2026-11-29 10:00:03,411 INFO data: 4,000 training images\n",
            "",
        ),
        (
            f"{BEGINS}2026-11-29 10:00:02,000 WARNING the disk is nearly full\n  left: 1 MB\n"
            "2026-11-29 10:00:03,411 INFO data: 4,000 training images\n",
            "2026-11-29 10:00:02,000 WARNING the disk is nearly full",
        ),
        (
            f"{BEGINS}terminate called after throwing an instance of 'std::bad_alloc'\n"
            "  what():  std::bad_alloc\nFatal Python error: Aborted\n\n"
            'Current thread 0x00007f (most recent call first):\n  File "a.py", line 1 in f\n'
            "\nExtension modules: numpy, keras (total: 2)\n",
            "what(): std::bad_alloc; Fatal Python error: Aborted",
        ),
        (
            f"{BEGINS}Fatal Python error: Bus error\n\nThread 0x00007f [tf_data] (most recent call "
            'first):\n  File "a.py", line 1 in f\n\nExtension modules: numpy (total: 1)\n',
            crash_report._BUS_ERROR,
        ),
        (
            f'{BEGINS}Traceback (most recent call last):\n  File "a.py", line 1, in f\n'
            "    g()\n    ^^^\nImportError: libtensorflow_cc.so.2: failed to map segment\n",
            "g(); ImportError: libtensorflow_cc.so.2: failed to map segment",
        ),
        (
            "I0000 00:00:1764 1 port.cc:153] oneDNN custom operations are on.\n"
            "2026-11-29 10:00:02.123456: I tensorflow/core/x.cc:1] This binary is optimized\n"
            "E0000 00:00:1795971138.580366   13816 cuda_platform.cc:52] failed call to cuInit: "
            "INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\n",
            "",
        ),
        ("\x1b[2J\x1b]0;title\x07evil\r\n", "?[2J?]0;title?evil"),
        ("x" * 10_000 + "\n", "x" * 397 + "..."),
        ("y" * 100_000 + "\nlast\n", "last"),
    ],
)
def test_the_lines_that_say_what_went_wrong(tmp_path: Path, text: str, said: str) -> None:
    log = tmp_path / "worker.log"
    log.write_text(text)
    assert crash_message(log) == said
    assert crash_message(log).isprintable()


def test_what_cannot_be_read_is_no_crash(tmp_path: Path) -> None:
    assert crash_message(tmp_path / "none") == ""
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert "cannot be read" in crash_message(tmp_path / "link")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00out of memory\n")
    assert "out of memory" in crash_message(tmp_path / "bytes")


def test_memory_that_ran_out_meanwhile_is_named(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(status="training", epochs=1, of=5)
    assert "may have killed it" in session.crash_message()
    before = liveness.oom_kills()
    monkeypatch.setattr(liveness, "oom_kills", lambda: max(0, before) + 1)
    if before >= 0:
        assert "killed a process for lack of memory" in session.crash_message()
    (session.folder / layout.LOG).write_text("Killed\n")
    assert session.crash_message().endswith("Killed")
