"""A connection between two workers that detects when the other one is lost."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from vae_engine.distributed.messages import Beat, End, Message, read, write
from vae_engine.errors import DistributedError

BEAT_SECONDS = 2.0
SILENCE_SECONDS = 10.0
"""Seconds of silence after which a worker counts as lost."""


class Link:
    """Sends and receives messages until one side closes it; thread-safe."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        receive: Callable[[Message], None],
        lose: Callable[[str], None],
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Begin.

        Args:
            connection: a socket for this link only.
            receive: called with every message, in order, in the link's thread.
            lose: called once with the reason when the other side is lost, after the last message;
            not after `close`, nor after an `End` was received.
            silence: seconds without a message after which it is lost.
        """
        self._connection = connection
        self._receive = receive
        self._lose = lose
        self._silence = silence
        self._sending = threading.Lock()
        self._closed = threading.Event()
        connection.settimeout(silence)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for target in (self._listen, self._beat):
            threading.Thread(target=target, name="link", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message; `lose` reports a failure."""
        with self._sending, contextlib.suppress(OSError):
            write(self._connection, message)

    def close(self) -> None:
        """Close the connection; sent messages still arrive."""
        self._closed.set()
        # The reading thread closes the rest once the other side has closed it, too.
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def _beat(self) -> None:
        while not self._closed.wait(min(BEAT_SECONDS, self._silence / 3)):
            self.send(Beat())

    def _listen(self) -> None:
        why = self._receive_all()
        lost = not self._closed.is_set()
        self._closed.set()
        self._connection.close()
        if lost:
            self._lose(why)

    def _receive_all(self) -> str:
        """Receive messages until the connection ends; return the reason."""
        while True:
            try:
                message = read(self._connection)
            except TimeoutError:
                return f"it sent nothing for {self._silence:g} s"
            except EOFError:
                return "it closed its connection"
            except OSError as error:
                return f"its connection broke ({error.strerror or error})"
            except DistributedError as error:
                return str(error)
            if isinstance(message, End):
                self._closed.set()  # What follows is not a loss.
            if not isinstance(message, Beat):
                self._receive(message)
