"""What the worker was told to do, handed from the thread that hears it to the one that trains."""

from __future__ import annotations

import threading
from typing import Literal

from vae_engine.sessions.inbox import CommandName

Stop = Literal["epoch", "now"]


class Controls:
    """The wishes in force; safe to use from several threads.

    Commands act in the order in which they were asked. A stop is final: it ends a pause, and
    nothing but a stop that is sooner changes it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._stop: Stop | None = None

    @property
    def stop(self) -> Stop | None:
        """How soon to stop, None for not at all."""
        return self._stop

    @property
    def paused(self) -> bool:
        """Whether to rest."""
        return self._paused

    def obey(self, command: CommandName) -> str:
        """Take a command; returns why it is ignored, or "" when it is not."""
        with self._changed:
            why = self._take(command)
            self._changed.notify_all()
            return why

    def stop_now(self) -> None:
        """Stop as soon as a checkpoint is written."""
        self.obey("stop_now")

    def wait_while_paused(self) -> None:
        """Block until training is to continue or to stop."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused)

    def _take(self, command: CommandName) -> str:
        match command:
            case "stop" | "stop_now":
                wanted: Stop = "now" if command == "stop_now" else "epoch"
                if self._stop in (wanted, "now"):
                    return "it is stopping already"
                self._stop = wanted
                self._paused = False
            case "pause":
                if self._stop:
                    return "it is stopping already"
                if self._paused:
                    return "it is paused already"
                self._paused = True
            case "continue":
                if not self._paused:
                    return "it is not paused"
                self._paused = False
        return ""
