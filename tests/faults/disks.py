"""Small disks that can be filled, write-protected and freed."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class Disk:
    """A file system in memory of so many MiB, mounted at `path`."""

    def __init__(self, path: Path, mebibytes: int) -> None:
        self.path = path
        path.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(path))

    def fill(self) -> None:
        """Take all the room there is, to the last byte."""
        with (self.path / "filler").open("ab", buffering=0) as filler:
            for size in (2**20, 2**12, 1):
                with contextlib.suppress(OSError):
                    while filler.write(bytes(size)) == size:
                        pass

    def make_room(self) -> None:
        (self.path / "filler").unlink()

    def protect(self, *, read_only: bool = True) -> None:
        _run("mount", "-o", f"remount,{'ro' if read_only else 'rw'}", str(self.path))

    def unmount(self) -> None:
        _run("umount", "--lazy", str(self.path))


@contextlib.contextmanager
def disk(path: Path, mebibytes: int = 64) -> Iterator[Disk]:
    """A disk that is gone after the block; skips the test where mounting is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    try:
        made = Disk(path, mebibytes)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no disk can be mounted here: {error.stderr.strip()}")
    try:
        yield made
    finally:
        made.unmount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
