"""A real worker that dies, or whose disk fails, at one step of its own choosing.

    python -m tests.faults.faulty_worker FAULT SESSION_FOLDER [--epochs N]

FAULT is JSON, see `Fault`. Everything else is the worker of the package, unchanged: Python's audit
events tell every file that it opens for writing, renames and removes, before it does.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

import msgspec

Operation = Literal["open", "write", "fsync", "rename", "remove"]

_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{8}-")
_FOR_WRITING = os.O_WRONLY | os.O_RDWR
_write, _fsync = os.write, os.fsync


class Fault(msgspec.Struct, frozen=True):
    """What goes wrong, and when.

    Attributes:
        operation: what the worker is about to do; of `write`, half is done.
        file: a pattern for the file's name in the session; that of a temporary is the final one.
        count: the operation on such a file that is struck, from 1.
        error: the name of the error that the system answers with; "" is a signal.
        signal: which; after any but SIGKILL the operation is done, so it is not for `write`.
        stays: whether every later operation that needs room fails as well.
    """

    operation: Operation
    file: str
    count: int = 1
    error: str = ""
    signal: str = "SIGKILL"
    stays: bool = False


class _Disk:
    """The session's folder as this worker finds it."""

    def __init__(self, folder: Path, fault: Fault) -> None:
        self._folder = folder.absolute()
        self._fault = fault
        self._seen = 0
        self._broken = False

    def strike(self, operation: str, path: str) -> None:
        """Do what is due before an operation on a file."""
        name = self._name(path)
        if name is None:
            return
        if self._is_due(operation, name):
            self._broken = self._fault.stays
            self._fail(path)
        elif self._broken and operation == "open" and not Path(path).exists():
            self._fail(path)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write, or half of it."""
        path = _path_of(descriptor)
        name = self._name(path)
        if name is not None and self._is_due("write", name):
            self._broken = self._fault.stays
            _write(descriptor, data[: len(data) // 2])
            self._fail(path)
        elif name is not None and self._broken:
            self._fail(path)
        return _write(descriptor, data)

    def _is_due(self, operation: str, name: str) -> bool:
        fault = self._fault
        if operation != fault.operation or not fnmatch(name, fault.file):
            return False
        self._seen += 1
        return self._seen == fault.count

    def _fail(self, path: str) -> None:
        if not self._fault.error:
            os.kill(os.getpid(), signal.Signals[self._fault.signal])
            return
        number = getattr(errno, self._fault.error)
        raise OSError(number, os.strerror(number), path)

    def _name(self, path: str) -> str | None:
        whole = Path(path).absolute()
        whole = whole.with_name(_TEMPORARY.sub("", whole.name))
        inside = whole.is_relative_to(self._folder)
        return whole.relative_to(self._folder).as_posix() if inside else None


def install(folder: Path, fault: Fault) -> None:
    """Have this process meet the fault."""
    disk = _Disk(folder, fault)

    def fsync(descriptor: int) -> None:
        disk.strike("fsync", _path_of(descriptor))
        _fsync(descriptor)

    os.write, os.fsync = disk.write, fsync  # type: ignore[assignment]
    sys.addaudithook(_hook(disk))


def _path_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def _hook(disk: _Disk) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event == "open" and not isinstance(values[0], int) and values[2] & _FOR_WRITING:
            disk.strike("open", os.fspath(values[0]))
        elif event == "os.rename":
            disk.strike("rename", os.fspath(values[1]))
        elif event == "os.remove":
            disk.strike("remove", os.fspath(values[0]))

    return hook


def main() -> int:
    fault = msgspec.json.decode(sys.argv[1], type=Fault)
    arguments = sys.argv[2:]
    from vae_engine.worker.__main__ import main as work

    install(Path(arguments[0]), fault)
    return work(arguments)


if __name__ == "__main__":
    sys.exit(main())
