"""The chief's side of distributed training: connects the workers and detects lost ones."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

from vae_engine.datasets.splits import BY_CONTENT, SplitMethod
from vae_engine.distributed.distribution import Distribution, listen, split_address
from vae_engine.distributed.link import SILENCE_SECONDS, Link
from vae_engine.distributed.messages import (
    LINE_LENGTH,
    PART_BYTES,
    PROTOCOL,
    End,
    Hello,
    ImageRecordPart,
    Leaving,
    Message,
    Ready,
    Refused,
    Welcome,
    WorkerFailed,
    read,
    write,
)
from vae_engine.errors import DistributedError, EngineError
from vae_engine.sessions.records import WorkerRecord
from vae_engine.settings import SETTINGS, Settings

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_HELLO_SECONDS = 5.0
# A worker's threads and dataset path are local; the images are compared.
_OWN = frozenset({"threads", "dataset"})


class Chief:
    """Holds a connection to every other worker.

    The connection reveals a lost worker: immediately if its process ended, by silence if its
    machine hangs.

    Attributes:
        addresses: of the workers' TensorFlow servers.
        leaving: which worker got a termination signal, and which; "" for none.
    """

    def __init__(
        self,
        distribution: Distribution,
        *,
        session: str,
        settings: Settings,
        record: WorkerRecord,
        versions: dict[str, str],
        stuck: Callable[[str], None],
        leave: Callable[[], None],
        silence: float = SILENCE_SECONDS,
        split: SplitMethod = BY_CONTENT,
        trained_on: str | None = None,
        recorded: bytes = b"",
    ) -> None:
        """Prepare without connecting yet.

        Args:
            distribution: all workers; this one is the first.
            session: its id.
            settings: of all workers.
            record: the chief's `worker.json`.
            versions: those that the bits depend on; equal on all workers.
            stuck: called with the reason if a worker is lost and the present collective operation
            does not end; must end the process.
            leave: called if a worker gets a termination signal: training must end with a
            checkpoint.
            silence: seconds without a message after which a worker is lost.
            split: method of the splits.
            trained_on: digest of the images of earlier runs; None for the first.
            recorded: content of the session's record of these images.
        """
        self._distribution = distribution
        self._session = session
        self._settings = settings
        self._record = record
        self._versions = versions
        self._stuck = stuck
        self._leave = leave
        self._silence = silence
        self._split = split
        self._trained_on, self._recorded = trained_on, recorded
        self._changed = threading.Condition()
        self._links: dict[int, Link] = {}
        self._ready: dict[int, Ready] = {}
        self._problem = ""
        self._inside = False
        self._ended = False
        self.leaving = ""
        self.addresses = (_free_address(distribution.workers[0]), *distribution.workers[1:])

    def gather(self) -> None:
        """Wait until every worker has arrived.

        Raises:
            DistributedError: one does not arrive in time, or is refused.
        """
        workers = self._distribution.workers
        deadline = time.monotonic() + self._distribution.wait
        with listen(workers[0]) as server:
            server.settimeout(_POLL_SECONDS)
            while missing := [n for n in range(1, len(workers)) if n not in self._links]:
                self._raise_problem()
                if time.monotonic() > deadline:
                    raise DistributedError(self._not_arrived(missing))
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    threading.Thread(
                        target=self._admit, args=(connection,), name="admission", daemon=True
                    ).start()
        _log.info("all %d workers have joined", len(workers))

    def wait_until_ready(self, dataset_sha256: str) -> None:
        """Wait until every worker has images with this digest.

        Raises:
            DistributedError: one has other images, or is lost.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._problem or len(self._ready) == len(self._distribution.workers) - 1
            )
        self._raise_problem()
        for index, ready in sorted(self._ready.items()):
            if ready.dataset_sha256 != dataset_sha256:
                raise DistributedError(
                    f"{self._distribution.name(index)} has other images than the chief: "
                    "give all workers the same dataset"
                )

    def send(self, message: Message) -> None:
        """Send a message to all."""
        for link in self._links.values():
            link.send(message)

    @contextlib.contextmanager
    def collective(self, *failures: type[Exception]) -> Iterator[None]:
        """Run an operation that waits for the other workers and may hang if one is lost.

        Args:
            failures: exceptions that the operation raises if a worker is lost.

        Raises:
            DistributedError: a worker is lost; the message names it.
        """
        with self._changed:
            self._raise_problem()
            self._inside = True
        try:
            yield
        except failures as error:
            with self._changed:
                # The connection may report the loss later than the operation.
                self._changed.wait_for(lambda: self._problem, 2 * self._silence)
            self._raise_problem()
            why = " ".join(str(error).split())[:200]
            raise DistributedError(f"the workers cannot reach each other: {why}") from error
        finally:
            with self._changed:
                self._inside = False
                self._changed.notify_all()

    def end(self, ending: End) -> None:
        """Send all workers how the run ended, and disconnect."""
        with self._changed:
            self._ended = True
        self.send(ending)
        for link in self._links.values():
            link.close()

    def _admit(self, connection: socket.socket) -> None:
        """Read its introduction in a separate thread, so that a silent client blocks nobody."""
        try:
            connection.settimeout(_HELLO_SECONDS)
            hello = read(connection)
            if not isinstance(hello, Hello):
                raise DistributedError("it did not identify itself as a worker")
            if why := self._objection(hello):
                write(connection, Refused(why=why))
                connection.close()
                return
            self._welcome(hello.index, connection)
        except (OSError, EOFError, EngineError) as error:
            _log.warning("a connection was dropped: %s", error)
            connection.close()

    def _welcome(self, index: int, connection: socket.socket) -> None:
        with self._changed:
            if index in self._links:
                write(connection, Refused(why=f"worker {index} has already joined"))
                connection.close()
                return
            write(
                connection,
                Welcome(
                    session=self._session,
                    settings=self._settings,
                    chief=self._record,
                    addresses=self.addresses,
                    split=self._split,
                    trained_on=self._trained_on,
                    recorded_bytes=len(self._recorded),
                ),
            )
            for start in range(0, len(self._recorded), PART_BYTES):
                part = self._recorded[start : start + PART_BYTES]
                write(connection, ImageRecordPart(content=part))
            self._links[index] = Link(
                connection,
                receive=lambda message: self._receive(index, message),
                lose=lambda why: self._lose(index, why),
                silence=self._silence,
            )
        _log.info("%s has joined", self._distribution.name(index))

    def _objection(self, hello: Hello) -> str:
        """Return why a worker is refused, which ends the run unless it is a foreign worker."""
        mine = self._distribution
        if hello.workers != mine.workers or not 0 < hello.index < len(mine.workers):
            return "its list of workers differs from the chief's: pass the same list to all"
        theirs = mine.name(hello.index)
        for problem in (
            _difference("protocol", str(hello.protocol), str(PROTOCOL)),
            *(
                _difference(name, hello.versions.get(name, "not there"), version)
                for name, version in self._versions.items()
            ),
            _difference("replicas", str(hello.replicas), str(mine.replicas)),
            *(_setting_difference(self._settings, *item) for item in hello.given.items()),
        ):
            if problem:
                self._note(f"{theirs} was refused: {problem}")
                return problem
        return ""

    def _receive(self, index: int, message: Message) -> None:
        name = self._distribution.name(index)
        match message:
            case Ready():
                with self._changed:
                    self._ready[index] = message
                    self._changed.notify_all()
            case Leaving():
                _log.info("%s got a termination signal: %s", name, message.why)
                self.leaving = self.leaving or f"{name} got a termination signal ({message.why})"
                self._leave()
            case WorkerFailed():
                self._note(f"{name} failed: {message.why}")

    def _lose(self, index: int, why: str) -> None:
        self._note(
            f"{self._distribution.name(index)} is lost: {why}; resume continues from the last "
            "checkpoint, with the remaining workers"
        )

    def _note(self, problem: str) -> None:
        """Notify the training thread; end the process if that thread hangs."""
        with self._changed:
            if self._ended or self._problem:
                return
            _log.error("%s", problem)
            self._problem = problem
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._inside, self._silence):
                # Under the lock, so that no second message is written.
                self.send(End(status="failed", reason=problem[:LINE_LENGTH]))
                self._stuck(problem)

    def _raise_problem(self) -> None:
        if self._problem:
            raise DistributedError(self._problem)

    def _not_arrived(self, missing: list[int]) -> str:
        names = ", ".join(self._distribution.name(index) for index in missing)
        return (
            f"{names} did not arrive within {self._distribution.wait:g} s: start it there with the "
            f"same list of workers, as number {missing[0]}"
        )


def _difference(name: str, theirs: str, ours: str) -> str:
    return "" if theirs == ours else f"its {name} is {theirs[:80]}, the chief's is {ours}"


def _setting_difference(settings: Settings, name: str, theirs: str) -> str:
    if name in _OWN:
        return ""
    if name not in SETTINGS:
        return f"the chief does not know its setting {name[:80]}"
    return _difference(name, theirs, SETTINGS[name].format(getattr(settings, name)))


def _free_address(address: str) -> str:
    """Return the same host with a free port: this module listens at the chief's own port."""
    host, _ = split_address(address)
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
