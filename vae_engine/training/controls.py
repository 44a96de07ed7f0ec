"""What the worker was told to do, handed from the thread that hears it to the one that trains."""

from __future__ import annotations

import threading
from typing import Literal

from vae_engine.sessions.inbox import CommandName

Stop = Literal["epoch", "now"]
Unheeded = tuple[CommandName, str]
"""A command that comes to nothing, and why."""


class Controls:
    """The wishes in force; safe to use from several threads.

    Commands act in the order in which they were asked. A stop is final: it ends a pause, and
    nothing but a stop that is sooner changes it. Whoever asked for something that another command
    undid before it came about is told so.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._resting = False
        self._stop: Stop | None = None

    @property
    def stop(self) -> Stop | None:
        """How soon to stop, None for not at all."""
        return self._stop

    @property
    def paused(self) -> bool:
        """Whether to rest."""
        return self._paused

    def obey(self, command: CommandName) -> list[Unheeded]:
        """Take a command; returns the commands that come to nothing by it, itself or others."""
        with self._changed:
            unheeded = self._take(command)
            self._changed.notify_all()
            return unheeded

    def stop_now(self) -> None:
        """Stop as soon as a checkpoint is written."""
        self.obey("stop_now")

    def begin_rest(self) -> bool:
        """Whether to rest; if so, whoever asked for it will be told that training does."""
        with self._changed:
            self._resting = self._paused
            return self._resting

    def wait_while_paused(self) -> None:
        """Block until training is to continue or to stop."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused)
            self._resting = False

    def _take(self, command: CommandName) -> list[Unheeded]:
        match command:
            case "stop" | "stop_now":
                wanted: Stop = "now" if command == "stop_now" else "epoch"
                if self._stop in (wanted, "now"):
                    return [(command, "it is stopping already")]
                self._stop = wanted
                return self._end_pause("a stop came before the run paused")
            case "pause":
                if self._stop:
                    return [(command, "it is stopping already")]
                if self._paused:
                    return [(command, "it is paused already")]
                self._paused = True
            case "continue":
                if not self._paused:
                    return [(command, "it is not paused")]
                undone = self._end_pause("a continue came before the run paused")
                return undone and [*undone, (command, "the run had not paused yet, and continues")]
        return []

    def _end_pause(self, why: str) -> list[Unheeded]:
        undone: list[Unheeded] = [("pause", why)] if self._paused and not self._resting else []
        self._paused = False
        return undone
