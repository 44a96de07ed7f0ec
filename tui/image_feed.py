"""The process that reads and scores images for a screen, and what is said to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from vae_engine.engine_process import EngineProcess
from vae_engine.inspection.messages import Failed, Reply, Request, receive_reply
from vae_engine.replies import send

_ENDED = "The process that reads the images ended unexpectedly: leave this screen and open it again"


class ImageFeed:
    """Runs the process while a screen is open: requests go to it, replies come in a thread."""

    def __init__(self, *folders: Path, epoch: int | None = None) -> None:
        """Make it; `start` or `follow` starts the process.

        Args:
            folders: of the sessions; several are compared.
            epoch: of the weights of one session to begin with; None takes the newest.
        """
        command = ["vae_engine.inspection", *map(str, folders)]
        if epoch is not None:
            command.append(f"--epoch={epoch}")
        self._process = EngineProcess[Reply](receive_reply, *command)

    def start(self) -> None:
        """Start the process before there is a screen; `follow` says what keeps it from starting."""
        with contextlib.suppress(OSError):
            self._process.start()

    def follow(self, take: Callable[[Reply], object]) -> None:
        """Start the process and pass its replies on until it ends; to be run in a thread."""
        failed = False

        def look_and_take(reply: Reply) -> None:
            nonlocal failed
            failed |= isinstance(reply, Failed) and reply.what == "model"
            take(reply)

        try:
            self._process.follow(look_and_take)
        except OSError as error:
            take(Failed("model", f"The images cannot be read: {error.strerror}"))
            return
        if not (failed or self._process.closed):
            take(Failed("model", _ENDED))

    def ask(self, request: Request) -> None:
        """Send a request; one that comes too late is for nobody."""
        self._process.ask(lambda stream: send(stream, request))

    def close(self) -> None:
        """End the process; `follow` returns then."""
        self._process.close()
