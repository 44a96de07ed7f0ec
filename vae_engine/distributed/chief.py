"""The chief's side of distributed training: gathers the workers, notices when one is lost."""

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
    PROTOCOL,
    End,
    Failed,
    Hello,
    Leaving,
    Message,
    Ready,
    Refused,
    Welcome,
    read,
    write,
)
from vae_engine.errors import DistributedError, EngineError
from vae_engine.sessions.records import WorkerRecord
from vae_engine.settings import SETTINGS, Settings

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_HELLO_SECONDS = 5.0
# A worker's threads and the place of its dataset are its own affair; the images are compared.
_OWN = frozenset({"threads", "dataset"})


class Chief:
    """Holds a connection to every other worker.

    The loss of one is found by its connection: at once where its process ended, by its silence
    where its machine hangs.

    Attributes:
        addresses: of the workers' TensorFlow servers.
        leaving: which worker was asked to go, and how; "" for none.
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
    ) -> None:
        """Nobody is called yet.

        Args:
            distribution: all workers, this one being the first.
            session: its id.
            settings: what all will train with.
            record: the chief's `worker.json`.
            versions: of what the bits depend on; equal on all workers.
            stuck: called with the reason where a worker is lost and the collective operation under
                way does not end: must end the process.
            leave: called where a worker is asked to go: training must end with a checkpoint.
            silence: seconds without a sign of life after which a worker is lost.
            split: how the images are divided.
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
            DistributedError: one does not within the time given, or must be refused.
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
        _log.info("all %d workers are here", len(workers))

    def wait_until_ready(self, dataset_sha256: str) -> None:
        """Wait until every worker has the images of this digest.

        Raises:
            DistributedError: one has others, or is lost.
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
                    "give all of them the same dataset"
                )

    def tell(self, message: Message) -> None:
        """Send a message to all."""
        for link in self._links.values():
            link.send(message)

    @contextlib.contextmanager
    def collective(self, *failures: type[Exception]) -> Iterator[None]:
        """Surround what waits for the other workers, and may never end when one is lost.

        Args:
            failures: what is raised in there when a worker is lost.

        Raises:
            DistributedError: a worker is lost; says which.
        """
        with self._changed:
            self._raise_problem()
            self._inside = True
        try:
            yield
        except failures as error:
            with self._changed:
                # The connection may take longer to tell than what was raised.
                self._changed.wait_for(lambda: self._problem, 2 * self._silence)
            self._raise_problem()
            why = " ".join(str(error).split())[:200]
            raise DistributedError(f"the workers no longer reach each other: {why}") from error
        finally:
            with self._changed:
                self._inside = False
                self._changed.notify_all()

    def end(self, ending: End) -> None:
        """Tell all how the run ended, and part."""
        with self._changed:
            self._ended = True
        self.tell(ending)
        for link in self._links.values():
            link.close()

    def _admit(self, connection: socket.socket) -> None:
        """Hear who it is, in a thread of its own: a silent stranger must keep nobody waiting."""
        try:
            connection.settimeout(_HELLO_SECONDS)
            hello = read(connection)
            if not isinstance(hello, Hello):
                raise DistributedError("it does not introduce itself as a worker")
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
                write(connection, Refused(why=f"worker {index} is here already"))
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
                ),
            )
            self._links[index] = Link(
                connection,
                hear=lambda message: self._hear(index, message),
                lose=lambda why: self._lose(index, why),
                silence=self._silence,
            )
        _log.info("%s is here", self._distribution.name(index))

    def _objection(self, hello: Hello) -> str:
        """Why a worker cannot take part; the run ends with it, unless it is no worker of it."""
        mine = self._distribution
        if hello.workers != mine.workers or not 0 < hello.index < len(mine.workers):
            return "it was started with other workers than the chief: give all the same list"
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

    def _hear(self, index: int, message: Message) -> None:
        name = self._distribution.name(index)
        match message:
            case Ready():
                with self._changed:
                    self._ready[index] = message
                    self._changed.notify_all()
            case Leaving():
                _log.info("%s is asked to go: %s", name, message.why)
                self.leaving = self.leaving or f"{name} was asked to end ({message.why})"
                self._leave()
            case Failed():
                self._note(f"{name} failed: {message.why}")

    def _lose(self, index: int, why: str) -> None:
        self._note(
            f"{self._distribution.name(index)} is lost: {why}; resume goes on from the last "
            "checkpoint, with the workers that are there"
        )

    def _note(self, problem: str) -> None:
        """Let the thread that trains know; end the process where that waits in vain."""
        with self._changed:
            if self._ended or self._problem:
                return
            _log.error("%s", problem)
            self._problem = problem
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._inside, self._silence):
                # Under the lock, so that whoever comes back now has no word beside this one.
                self.tell(End(status="failed", reason=problem[:1000]))
                self._stuck(problem)

    def _raise_problem(self) -> None:
        if self._problem:
            raise DistributedError(self._problem)

    def _not_arrived(self, missing: list[int]) -> str:
        names = ", ".join(self._distribution.name(index) for index in missing)
        return (
            f"{names} did not arrive within {self._distribution.wait:g} s: start it there with the "
            f"same --workers and --worker-index {missing[0]}"
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
    """The same host with a free port: the chief's own is taken by what this module listens at."""
    host, _ = split_address(address)
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
