"""Commands that a session's worker has not carried out yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from vae_engine.control import commands
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.records import LIVE, Status
from vae_engine.sessions.session import Session


class PendingCommands:
    """Commands of this and other apps, until the log shows that they took effect or were ignored.

    `send` may be called from another thread than `waiting`.
    """

    def __init__(self) -> None:
        self._unanswered: list[CommandName] = []
        self._lock = threading.Lock()

    def send(self, session: Session, command: CommandName) -> None:
        """Send a command to the session's worker.

        Raises:
            OSError: the inbox cannot be written.
        """
        commands.send(session, command)
        with self._lock:
            self._unanswered.append(command)

    def waiting(
        self, session: Session, events: Sequence[ev.AnyEvent], status: Status
    ) -> tuple[CommandName, ...]:
        """Return commands in the inbox, and those read but not answered in the log yet.

        Args:
            session: the session. events: new ones in its log. status: its own; a dead worker
            answers none.
        """
        waiting = inbox.pending(session.folder)
        with self._lock:
            for command in waiting:
                if command not in self._unanswered:
                    self._unanswered.append(command)
            answered = {name for event in events for name in _answers(event)}
            self._unanswered = [
                command
                for command in self._unanswered
                if status in LIVE and (command in waiting or command not in answered)
            ]
            return tuple(dict.fromkeys(self._unanswered))


def _answers(event: ev.AnyEvent) -> tuple[str, ...]:
    """Return the commands that an event shows as carried out or ignored."""
    match event:
        case ev.Paused():
            return ("pause",)
        case ev.Continued():
            return ("continue",)
        case ev.Stopping():
            return ("stop_now", "stop") if event.now else ("stop",)
        case ev.CommandIgnored():
            return (event.command,)
        case ev.RunStarted() | ev.RunEnded():
            return ("pause", "continue", "stop", "stop_now")
    return ()
