"""Workers forked from a process that has imported TensorFlow, which takes three seconds.

For tests of what a worker does, not of how it starts. Each process that runs tests has one that
forks; its workers differ from the launcher's in their command line only.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from vae_engine.machine import Kernels, use_kernels, with_machine_settings
from vae_engine.sessions.manifest import read_manifest
from vae_engine.settings import Settings
from vae_engine.worker import launcher

ROOT = Path(__file__).parents[2]
_MOST_BYTES = 2**20


class ForkedProcess:
    """What the launcher and the tests use of `subprocess.Popen`."""

    def __init__(self, status: socket.socket) -> None:
        self.pid = int(status.recv(64))
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._collect, args=[status], daemon=True).start()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; returns the exit code, minus the signal that ended it."""
        self._ended.wait(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return self.returncode

    def kill(self) -> None:
        """SIGKILL it, if it runs."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _collect(self, status: socket.socket) -> None:
        with status:
            self.returncode = int(status.recv(64))
        self._ended.set()


class _Forker:
    """Starts the process that forks when the first worker is wanted; it ends with this one."""

    def __init__(self) -> None:
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, module: str, arguments: Sequence[str], output: BinaryIO) -> ForkedProcess:
        """Run `python -m MODULE ARGUMENTS` detached, with its output in a file."""
        if self._channel is None:
            self._channel = self._start()
        umask = os.umask(0)
        os.umask(umask)
        request = {
            "module": module,
            "arguments": list(arguments),
            "environment": launcher.worker_environment(),
            "folder": str(Path.cwd()),
            "umask": umask,
        }
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            content = json.dumps(request).encode()
            socket.send_fds(self._channel, [content], [output.fileno(), its.fileno()])
        return ForkedProcess(mine)

    def _start(self) -> socket.socket:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.worker.forked", str(its.fileno())],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=launcher.worker_environment(),
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        atexit.register(self._close)
        return mine

    def _close(self) -> None:
        if self._channel is not None and self._process is not None:
            self._channel.close()
            self._process.wait()


_FORKER = _Forker()
fork = _FORKER.fork


@contextlib.contextmanager
def forked_workers() -> Iterator[None]:
    """Have the launcher of this process fork its workers in the block."""
    original = launcher._spawn

    def spawn(command: Sequence[str], output: BinaryIO) -> Any:
        module, *arguments = command
        if module != "vae_engine.worker" or "--distribution" in arguments:
            return original(command, output)
        # TensorFlow chose its kernels when it was imported.
        if read_manifest(Path(arguments[0])).settings.kernels != _usual_kernels():
            return original(command, output)
        return fork(module, arguments, output)

    launcher._spawn = spawn  # type: ignore[assignment]
    try:
        yield
    finally:
        launcher._spawn = original


def _usual_kernels() -> Kernels:
    """Those of sessions that ask for none."""
    return with_machine_settings(Settings()).kernels


def _serve(channel: socket.socket) -> NoReturn:
    """Fork a process for each request, until the tests have ended."""
    mains = _import_workers()
    # Nobody waits for those that wait.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        content, descriptors, _, _ = socket.recv_fds(channel, _MOST_BYTES, 2)
        if not content:
            os._exit(0)
        output, status = descriptors
        if os.fork() == 0:
            channel.close()
            _run_and_wait(mains, json.loads(content), output, status)
        os.close(output)
        os.close(status)


def _import_workers() -> dict[str, Callable[[], int]]:
    from tests.faults import faulty_worker
    from vae_engine.worker import __main__ as worker
    from vae_engine.worker.lean_import import lean_import

    use_kernels(_usual_kernels())
    with lean_import():
        import vae_engine.training.run  # noqa: F401
    # A worker sets up its log before it imports TensorFlow, which then adds no handler.
    logging.root.handlers.clear()
    return {"vae_engine.worker": worker.main, "tests.faults.faulty_worker": faulty_worker.main}


def _run_and_wait(
    mains: dict[str, Callable[[], int]], request: dict[str, Any], output: int, status: int
) -> NoReturn:
    """Fork the worker, report its process id and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _become(request, output)
        _run(mains[request["module"]])
    os.close(output)
    with contextlib.suppress(OSError), socket.socket(fileno=status) as told:
        told.send(str(pid).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        told.send(str(code).encode())
    os._exit(0)


def _become(request: dict[str, Any], output: int) -> None:
    """Be as a process that the launcher starts."""
    os.setsid()
    os.chdir(request["folder"])
    os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["environment"])
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(output)
    sys.argv = [request["module"], *request["arguments"]]


def _run(main: Callable[[], int]) -> NoReturn:
    try:
        code = main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        code = 1
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
