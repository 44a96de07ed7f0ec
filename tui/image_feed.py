"""The process that reads and scores images for a screen, and what is said to it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from vae_engine.inspection.messages import Failed, Reply, Request, receive_reply, send
from vae_engine.machine import module_command

_ENDED = "The process that reads the images ended unexpectedly: leave this screen and open it again"


class ImageFeed:
    """Runs the process while a screen is open: requests go to it, replies come in a thread."""

    def __init__(self, *folders: Path, epoch: int | None = None) -> None:
        """Make it; `follow` starts the process.

        Args:
            folders: of the sessions; several are compared.
            epoch: of the weights of one session to begin with; None takes the newest.
        """
        self._arguments = [str(folder) for folder in folders]
        if epoch is not None:
            self._arguments.append(f"--epoch={epoch}")
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def follow(self, take: Callable[[Reply], object]) -> None:
        """Start the process and pass its replies on until it ends; to be run in a thread."""
        with self._lock:
            if self._closed:
                return
            try:
                self._process = process = subprocess.Popen(
                    module_command("vae_engine.inspection", *self._arguments),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                take(Failed("model", f"The images cannot be read: {error.strerror}"))
                return
        failed = False
        with process:
            assert process.stdout is not None
            while (reply := receive_reply(process.stdout)) is not None:
                failed |= isinstance(reply, Failed) and reply.what == "model"
                take(reply)
            # A broken pipe is of no interest: nobody asks any more.
            with contextlib.suppress(OSError):
                _stdin(process).close()
        if not (failed or self._closed):
            take(Failed("model", _ENDED))

    def ask(self, request: Request) -> None:
        """Send a request; one that comes too late is for nobody."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process is not None and not self._closed:
                send(_stdin(self._process), request)

    def close(self) -> None:
        """End the process; `follow` returns then."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin
