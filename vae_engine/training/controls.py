"""Stop and pause requests, passed from the thread that reads the inbox to the one that trains."""

from __future__ import annotations

import threading
from collections.abc import Callable
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
        self._continued = False
        self._stop: Stop | None = None
        self._ended = False

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

    def end(self) -> list[IgnoredCommand]:
        """Ignore all later commands, since training has ended; returns those that wait for it."""
        with self._changed:
            self._ended = True
            return self._drop_pause("training ended before the run paused")

    def pause_if_requested(
        self, paused: Callable[[], object], continued: Callable[[], object]
    ) -> None:
        """Block while training should pause; only the training thread calls this.

        Args:
            paused: called when a pause begins. continued: called when a `continue` has ended one.
        """
        while self._begin_pause():
            paused()
            if self._wait():
                continued()

    def _begin_pause(self) -> bool:
        with self._changed:
            self._is_paused, self._pause_requested = self._pause_requested, False
            return self._is_paused

    def _wait(self) -> bool:
        """Block until the pause ends; returns whether a `continue` ended it."""
        with self._changed:
            # Only the training thread begins a pause: a later `pause` cannot hide this one's end.
            self._changed.wait_for(lambda: not self._is_paused)
            continued, self._continued = self._continued, False
            return continued

    def _apply(self, command: CommandName) -> list[IgnoredCommand]:
        if self._ended:
            return [(command, "training has ended")]
        match command:
            case "stop" | "stop_now":
                requested: Stop = "now" if command == "stop_now" else "epoch"
                if self._stop in (requested, "now"):
                    return [(command, "it is stopping already")]
                self._stop = requested
                self._is_paused = False
                return self._drop_pause("a stop came before the run paused")
            case "pause":
                if self._stop:
                    return [(command, "it is stopping already")]
                if self._is_paused or self._pause_requested:
                    return [(command, "it is paused already")]
                self._pause_requested = True
            case "continue":
                if self._is_paused:
                    self._is_paused, self._continued = False, True
                elif self._pause_requested:
                    return [
                        *self._drop_pause("a continue came before the run paused"),
                        (command, "the run had not paused yet, and continues"),
                    ]
                else:
                    return [(command, "it is not paused")]
        return []

    def _drop_pause(self, why: str) -> list[IgnoredCommand]:
        was_requested, self._pause_requested = self._pause_requested, False
        return [("pause", why)] if was_requested else []
