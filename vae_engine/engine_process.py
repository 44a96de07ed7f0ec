"""A process of the engine that works for one screen: requests and replies go over pipes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import IO, Generic, TypeVar

from vae_engine.machine import module_command

Reply = TypeVar("Reply")


class EngineProcess(Generic[Reply]):
    """Runs a module until it ends or is closed.

    Attributes:
        closed: whether it was ended on purpose.
        process: what runs; None before it was started.
    """

    def __init__(
        self,
        receive: Callable[[IO[bytes]], Reply | None],
        *command: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Make it; `start` or `follow` starts the process.

        Args:
            receive: reads the next reply from a stream; None at its end.
            command: the module and its arguments.
            environment: variables that it has beside those of this process.
        """
        self._environment = environment or {}
        self._receive, self._command = receive, command
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.closed = False

    def start(self) -> None:
        """Start the process, unless it was; its replies wait for `follow`.

        Raises:
            OSError: it cannot be started.
        """
        with self._lock:
            if self.closed or self.process is not None:
                return
            self.process = subprocess.Popen(
                module_command(*self._command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )

    def follow(self, take: Callable[[Reply], object]) -> None:
        """Start the process and pass its replies on until it ends; to be run in a thread.

        Raises:
            OSError: it cannot be started.
        """
        self.start()
        process = self.process
        if process is None:
            return
        with process:
            assert process.stdout is not None
            while (reply := self._receive(process.stdout)) is not None:
                take(reply)
            # A broken pipe is of no interest: nobody asks any more.
            with contextlib.suppress(OSError):
                _stdin(process).close()

    def ask(self, send: Callable[[IO[bytes]], None]) -> None:
        """Write a request; one that comes too late is for nobody."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self.process is not None and not self.closed:
                send(_stdin(self.process))

    def give(self, content: bytes) -> None:
        """Write all that it will get; the process may be closed meanwhile."""
        if self.process is not None:
            with contextlib.suppress(OSError), _stdin(self.process) as stdin:
                stdin.write(content)

    def close(self) -> None:
        """End the process; `follow` returns then."""
        with self._lock:
            self.closed = True
            if self.process is not None:
                self.process.kill()


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin
