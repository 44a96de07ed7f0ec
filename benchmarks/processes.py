"""Measurements in processes of their own: threads, memory and compiled code are not shared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

Finding = dict[str, Any]


class MeasurementError(Exception):
    """A measurement's process failed."""


def tell(**finding: object) -> None:
    """Print a result for the process that wants it: one JSON object per line."""
    print(json.dumps(finding), flush=True)


def findings(module: str, *arguments: str | int | Path) -> Iterator[Finding]:
    """Run `python -m MODULE ARGUMENTS` and give what it tells, as it comes.

    Raises:
        MeasurementError: it failed; the message has its last line.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        except BaseException:  # Whoever stops listening early needs no more of it.
            process.terminate()
            raise
        if process.wait() != 0:
            errors.seek(0)
            words = [text.strip() for text in errors.read().splitlines() if text.strip()]
            raise MeasurementError(f"{module} failed: {words[-1] if words else 'no output'}")


def kept_findings(
    file: Path | None, module: str, *arguments: str | int | Path
) -> Iterator[Finding]:
    """Like `findings`, from `file` where an earlier run has kept them, else kept there.

    Args:
        file: JSON lines; None keeps nothing.
        module: as for `findings`.
        arguments: likewise.

    Raises:
        MeasurementError: it failed, and nothing is kept.
    """
    if file is not None and file.exists():
        yield from map(json.loads, file.read_text().splitlines())
        return
    found = []
    for finding in findings(module, *arguments):
        found.append(finding)
        yield finding
    if file is not None:
        file.write_text("".join(json.dumps(finding) + "\n" for finding in found))


def last_finding(module: str, *arguments: str | int | Path) -> Finding:
    """The last thing that `findings` gives.

    Raises:
        MeasurementError: it failed, or printed nothing.
    """
    found = list(findings(module, *arguments))
    if not found:
        raise MeasurementError(f"{module} printed nothing")
    return found[-1]
