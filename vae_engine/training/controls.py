"""Stop and pause requests, passed from the thread that reads the inbox to the one that trains."""

from __future__ import annotations

import threading
from typing import Literal

from vae_engine.sessions.inbox import CommandName

Stop = Literal["epoch", "now"]
IgnoredCommand = tuple[CommandName, str]
"""A command that has no effect, and the reason."""


class Controls:
    """Pending requests; thread-safe.

    Commands take effect in order. A stop is final: it ends a pause, and only an earlier stop
    replaces it. A command that is overridden before it took effect is reported as ignored.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pause_requested = False
        self._is_paused = False
        self._stop: Stop | None = None

    @property
    def stop(self) -> Stop | None:
        """When to stop: after the epoch, now, or not at all (None)."""
        return self._stop

    @property
    def is_paused(self) -> bool:
        """Whether training is paused."""
        return self._is_paused

    def apply(self, command: CommandName) -> list[IgnoredCommand]:
        """Apply a command; returns the commands that have no effect: this one, or earlier ones."""
        with self._changed:
            ignored = self._apply(command)
            self._changed.notify_all()
            return ignored

    def stop_now(self) -> None:
        """Request a stop as soon as a checkpoint is written."""
        self.apply("stop_now")

    def begin_pause(self) -> bool:
        """Return whether to pause now; from then on the pause counts as done."""
        with self._changed:
            self._is_paused = self._pause_requested
            return self._is_paused

    def wait_while_paused(self) -> None:
        """Block until training should continue or stop."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pause_requested)
            self._is_paused = False

    def _apply(self, command: CommandName) -> list[IgnoredCommand]:
        match command:
            case "stop" | "stop_now":
                requested: Stop = "now" if command == "stop_now" else "epoch"
                if self._stop in (requested, "now"):
                    return [(command, "it is stopping already")]
                self._stop = requested
                return self._end_pause("a stop came before the run paused")
            case "pause":
                if self._stop:
                    return [(command, "it is stopping already")]
                if self._pause_requested:
                    return [(command, "it is paused already")]
                self._pause_requested = True
            case "continue":
                if not self._pause_requested:
                    return [(command, "it is not paused")]
                ignored = self._end_pause("a continue came before the run paused")
                if ignored:
                    ignored.append((command, "the run had not paused yet, and continues"))
                return ignored
        return []

    def _end_pause(self, why: str) -> list[IgnoredCommand]:
        never_began = self._pause_requested and not self._is_paused
        self._pause_requested = False
        return [("pause", why)] if never_began else []
