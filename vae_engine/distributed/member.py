"""The side of the other workers in distributed training: join the chief and follow it."""

from __future__ import annotations

import contextlib
import queue
import socket
import time
from collections.abc import Callable

from vae_engine.distributed.distribution import Distribution, listen, split_address
from vae_engine.distributed.link import SILENCE_SECONDS, Link
from vae_engine.distributed.messages import (
    End,
    Hello,
    ImageRecordPart,
    Message,
    Refused,
    Welcome,
    read,
    write,
)
from vae_engine.errors import DistributedError
from vae_engine.sessions.image_record import MOST_RECORD_BYTES

_RETRY_SECONDS = 0.2
_CONNECT_SECONDS = 5.0


class Member:
    """Holds the connection to the chief.

    Attributes:
        welcome: the chief's session and settings.
        recorded: content of the session's record of its images; empty if there is none.
    """

    def __init__(
        self,
        distribution: Distribution,
        *,
        versions: dict[str, str],
        given: dict[str, str],
        lost: Callable[[str], None],
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Join the chief, which may start later than this worker.

        Args:
            distribution: all workers, and the index of this one.
            versions: those that the bits depend on.
            given: this worker's own settings, in the form of its options.
            lost: called with the reason when the chief is lost, possibly during a collective
            operation that never ends; must end the process.
            silence: seconds without a message after which the chief is lost.

        Raises:
            DistributedError: the chief cannot be reached in time, or refuses; or the port is in
                use.
        """
        self._name = distribution.name(0)
        self._silence = silence
        # TensorFlow will listen here, with a less clear error.
        listen(distribution.workers[distribution.index]).close()
        hello = Hello(
            index=distribution.index,
            workers=distribution.workers,
            replicas=distribution.replicas,
            versions=versions,
            given=given,
        )
        connection, self.welcome = self._join(distribution, hello)
        self._received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._link = Link(
            connection,
            receive=self._received.put,
            lose=lambda why: lost(f"the chief, {self._name}, is lost: {why}"),
            silence=silence,
        )

    def receive(self) -> Message:
        """Wait for the chief's next message."""
        return self._received.get()

    def ending(self) -> End | None:
        """Return how the run ended if the other workers are unreachable; None for unknown.

        The chief determines which one is lost, and sends it.
        """
        deadline = time.monotonic() + 2 * self._silence
        with contextlib.suppress(queue.Empty):
            while (left := deadline - time.monotonic()) > 0:
                message = self._received.get(timeout=left)
                if isinstance(message, End):
                    return message
        return None

    def send(self, message: Message) -> None:
        """Send the chief a message."""
        self._link.send(message)

    def close(self) -> None:
        """Disconnect from the chief."""
        self._link.close()

    def _join(self, distribution: Distribution, hello: Hello) -> tuple[socket.socket, Welcome]:
        deadline = time.monotonic() + distribution.wait
        why = ""
        while time.monotonic() < deadline:
            try:
                return self._introduce(distribution.workers[0], hello)
            except (OSError, EOFError) as error:
                # It may still be starting.
                why = getattr(error, "strerror", None) or str(error)
                time.sleep(_RETRY_SECONDS)
        raise DistributedError(
            f"the chief, {self._name}, was not reached within {distribution.wait:g} s ({why}): "
            "start it there with the same list of workers, as number 0"
        )

    def _introduce(self, address: str, hello: Hello) -> tuple[socket.socket, Welcome]:
        connection = socket.create_connection(split_address(address), timeout=_CONNECT_SECONDS)
        with contextlib.ExitStack() as unwelcome:
            unwelcome.enter_context(connection)
            write(connection, hello)
            try:
                answer = read(connection)
            except DistributedError as error:
                raise DistributedError(
                    f"the chief, {self._name}, does not answer: {error}"
                ) from None
            if isinstance(answer, Refused):
                raise DistributedError(
                    f"the chief, {self._name}, refuses this worker: {answer.why}"
                )
            if not isinstance(answer, Welcome):
                raise DistributedError(f"the chief, {self._name}, does not answer like a chief")
            self.recorded = self._receive_record(connection, answer.recorded_bytes)
            unwelcome.pop_all()
            return connection, answer

    def _receive_record(self, connection: socket.socket, size: int) -> bytes:
        if size > MOST_RECORD_BYTES:
            raise DistributedError(f"the chief, {self._name}, sends too large a record of images")
        content = bytearray()
        while len(content) < size:
            message = read(connection)
            if not isinstance(message, ImageRecordPart):
                raise DistributedError(f"the chief, {self._name}, does not answer like a chief")
            content += message.content
        return bytes(content)
