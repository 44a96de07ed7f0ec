"""Files whose library may crash on damaged ones are read in a process of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from vae_engine.datasets.files import brief, quoted
from vae_engine.errors import DatasetError
from vae_engine.machine import module_command

_SECONDS = 1800.0


def read_apart(
    module: str,
    path: Path,
    *arguments: str,
    smaller: str,
    undamaged: str,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run a module's main with a file, and return what it writes to stdout.

    Args:
        module: to run; it exits with 1 and writes one line to stderr where it cannot read the file.
        path: the file, its first argument.
        arguments: further ones.
        smaller: what is wanted, and what to do, where it takes too long.
        undamaged: what is wanted, and what to do, where it fails.
        environment: variables besides those of this process.

    Raises:
        DatasetError: the file cannot be read, or not in half an hour.
    """
    try:
        done = subprocess.run(
            [*module_command(module), os.fspath(path), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **(environment or {})},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DatasetError(
            f"{quoted(path)} took longer than {_SECONDS:.0f} s to read: wanted {smaller}"
        ) from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = brief(lines[-1]) if lines and done.returncode == 1 else "its library crashed"
        raise DatasetError(f"{quoted(path)} cannot be read ({why}): wanted {undamaged}")
    return done.stdout
