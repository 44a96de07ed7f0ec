"""A connection between two workers that notices when the other one is gone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from vae_engine.distributed.messages import Beat, End, Message, read, write
from vae_engine.errors import DistributedError

BEAT_SECONDS = 2.0
SILENCE_SECONDS = 10.0
"""How long a worker may be silent before it counts as lost."""


class Link:
    """Sends and hears messages until one side closes it; safe to use from several threads."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        hear: Callable[[Message], None],
        lose: Callable[[str], None],
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Begin.

        Args:
            connection: on which nobody else reads or writes.
            hear: called with every message, in order, in a thread of the link.
            lose: called once with the reason when the other side is gone, after the last message;
                not after `close`, nor after an `End` was heard.
            silence: seconds without a message that mean so.
        """
        self._connection = connection
        self._hear = hear
        self._lose = lose
        self._silence = silence
        self._sending = threading.Lock()
        self._closed = threading.Event()
        connection.settimeout(silence)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for target in (self._listen, self._beat):
            threading.Thread(target=target, name="link", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message; one that cannot be sent is told by `lose`."""
        with self._sending, contextlib.suppress(OSError):
            write(self._connection, message)

    def close(self) -> None:
        """End the connection; what was sent still arrives."""
        self._closed.set()
        # The thread that listens closes the rest, once the other side has ended it too.
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def _beat(self) -> None:
        while not self._closed.wait(min(BEAT_SECONDS, self._silence / 3)):
            self.send(Beat())

    def _listen(self) -> None:
        why = self._hear_all()
        lost = not self._closed.is_set()
        self._closed.set()
        self._connection.close()
        if lost:
            self._lose(why)

    def _hear_all(self) -> str:
        """Hear messages until there are no more; returns why."""
        while True:
            try:
                message = read(self._connection)
            except TimeoutError:
                return f"it gave no sign of life for {self._silence:g} s"
            except EOFError:
                return "its connection ended"
            except OSError as error:
                return f"its connection broke ({error.strerror or error})"
            except DistributedError as error:
                return str(error)
            if isinstance(message, End):
                self._closed.set()  # What follows is no loss.
            if not isinstance(message, Beat):
                self._hear(message)
