"""Workers connect, and detect the loss of one: over real sockets, without TensorFlow."""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.datasets.samples import digits, write_pngs
from vae_engine.datasets import load_dataset
from vae_engine.datasets.image_record import Recorded
from vae_engine.distributed.chief import Chief
from vae_engine.distributed.distribution import Distribution
from vae_engine.distributed.member import Member
from vae_engine.distributed.messages import (
    Chunk,
    End,
    Hello,
    Leaving,
    Ready,
    Refused,
    Synchronize,
    Welcome,
    WorkerFailed,
    read,
    write,
)
from vae_engine.errors import DistributedError
from vae_engine.sessions.image_record import (
    image_record_content,
    parse_image_record,
    write_image_record,
)
from vae_engine.sessions.records import WorkerRecord
from vae_engine.settings import make_settings

VERSIONS = {"tensorflow": "2.21.0", "vae-workbench": "0.1.0"}
SETTINGS = make_settings(latent_dim=8)
RECORD = WorkerRecord(host="here", boot_id="", pid=1, process_created=1.0, run=1)
IMAGES = "a" * 64
DEADLINE = 30.0


class BrokenError(Exception):
    """What a collective operation raises."""


def distribution(count: int = 2, wait: float = DEADLINE) -> Distribution:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    workers = tuple(f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes)
    for probe in probes:
        probe.close()
    return Distribution(workers=workers, wait=wait)


class Meeting:
    """A chief, gathering in a thread, and what it was told."""

    def __init__(self, all_workers: Distribution, silence: float = DEADLINE, **told: Any) -> None:
        self.workers = all_workers
        self.stuck: queue.Queue[str] = queue.Queue()
        self.leave = threading.Event()
        self.lost: queue.Queue[str] = queue.Queue()
        self.members: list[Member] = []
        self._outcome: queue.Queue[DistributedError | None] = queue.Queue()
        self.chief = Chief(
            all_workers,
            session="20260101-000000-0000",
            settings=SETTINGS,
            record=RECORD,
            versions=VERSIONS,
            stuck=self.stuck.put,
            leave=self.leave.set,
            silence=silence,
            **told,
        )
        threading.Thread(target=self._gather, daemon=True).start()

    def _gather(self) -> None:
        try:
            self.chief.gather()
        except DistributedError as error:
            self._outcome.put(error)
        else:
            self._outcome.put(None)

    def gathered(self) -> None:
        """Wait until all are there, or raise why not."""
        if (problem := self._outcome.get(timeout=DEADLINE)) is not None:
            raise problem

    def join(self, index: int = 1, **changes: Any) -> Member:
        told: dict[str, object] = {
            "versions": VERSIONS,
            "given": {},
            "lost": self.lost.put,
            "silence": DEADLINE,
        }
        here = msgspec.structs.replace(self.workers, index=index)
        member = Member(here, **{**told, **changes})
        self.members.append(member)
        return member

    def close(self) -> None:
        self.chief.end(End(status="completed", reason="test"))
        for member in self.members:
            member.close()

    def stranger(self) -> socket.socket:
        """A connection that is no worker's."""
        host, _, port = self.workers.workers[0].partition(":")
        for _ in range(1000):
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection((host, int(port)), timeout=DEADLINE)
            threading.Event().wait(0.01)
        raise AssertionError("the chief does not listen")


def dropped(connection: socket.socket) -> bool:
    """Whether the other side ends the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def meet() -> Iterator[Callable[..., Meeting]]:
    made = []

    def meet(*arguments: Any, **more: Any) -> Meeting:
        made.append(Meeting(*arguments, **more))
        return made[-1]

    yield meet
    for meeting in made:
        meeting.close()
    # The threads of the links close their sockets when the other side has.
    for thread in threading.enumerate():
        if thread.name == "link":
            thread.join(DEADLINE)


@pytest.fixture
def meeting(meet: Callable[..., Meeting]) -> Meeting:
    return meet(distribution())


def test_all_connect_and_receive_the_same(meeting: Meeting) -> None:
    member = meeting.join()
    meeting.gathered()
    assert member.welcome.settings == SETTINGS
    assert member.welcome.chief == RECORD
    # TensorFlow's server of the chief needs another port than the one that all know.
    assert member.welcome.addresses[0] != meeting.workers.workers[0]
    assert member.welcome.addresses[1:] == meeting.workers.workers[1:]
    member.send(Ready(dataset_sha256=IMAGES))
    meeting.chief.wait_until_ready(IMAGES)
    chunk = Chunk(epoch=1, first=0, last=2, learning_rates=b"\0" * 8, betas=b"\1" * 8)
    ending = End(status="stopped", reason="stop")
    meeting.chief.send(Synchronize())
    meeting.chief.send(chunk)
    meeting.chief.end(ending)
    assert [member.receive() for _ in range(3)] == [Synchronize(), chunk, ending]


def test_a_worker_may_come_before_the_chief(meet: Callable[..., Meeting]) -> None:
    workers = distribution()
    came: queue.Queue[Member] = queue.Queue()
    here = msgspec.structs.replace(workers, index=1)

    def join() -> None:
        came.put(Member(here, versions=VERSIONS, given={}, lost=lambda _: None))

    threading.Thread(target=join, daemon=True).start()
    meeting = meet(workers)
    meeting.gathered()
    meeting.members.append(came.get(timeout=DEADLINE))
    assert meeting.members[0].welcome.session == "20260101-000000-0000"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"versions": {**VERSIONS, "tensorflow": "2.20.0"}}, "its tensorflow is 2.20.0"),
        ({"versions": {}}, "its tensorflow is not there"),
        ({"given": {"latent_dim": "2"}}, "its latent_dim is 2, the chief's is 8"),
        ({"given": {"novel": "2"}}, "does not know its setting novel"),
    ],
)
def test_a_different_worker_is_refused_and_ends_the_run(
    meeting: Meeting, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(DistributedError, match=f"refuses this worker: .*{why}"):
        meeting.join(**changes)
    with pytest.raises(DistributedError, match=rf"worker 1 \(.*\) was refused: .*{why}"):
        meeting.gathered()


def test_what_is_each_workers_own_may_differ(meeting: Meeting) -> None:
    meeting.join(given={"threads": "1", "dataset": "/elsewhere/mnist.npz", "latent_dim": "8"})
    meeting.gathered()


def test_strangers_keep_nobody_waiting(meeting: Meeting) -> None:
    with (
        meeting.stranger(),  # Says nothing.
        meeting.stranger() as loud,
        meeting.stranger() as elsewhere,
        meeting.stranger() as welcomed,
    ):
        loud.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert dropped(loud)
        welcome = Welcome(
            session="s", settings=SETTINGS, chief=RECORD, addresses=(), split="content"
        )
        write(welcomed, welcome)
        assert dropped(welcomed)
        hello = Hello(index=1, workers=("a:1", "b:1"), replicas=1, versions={}, given={})
        write(elsewhere, hello)
        answer = read(elsewhere)
        assert isinstance(answer, Refused)
        assert "list of workers differs" in answer.why
        meeting.join()
        meeting.gathered()


def test_the_record_of_images_reaches_machines_without_the_session(
    meet: Callable[..., Meeting], tmp_path: Path
) -> None:
    images = write_pngs(tmp_path / "images", digits(train=40)["x_train"])
    before = load_dataset(images)
    assert before.record is not None
    write_image_record(tmp_path, before.record)
    # Other files beside those of the start, as on a machine whose copy has grown.
    more = write_pngs(tmp_path / "more", digits(train=60)["x_train"][40:])
    for path in more.iterdir():
        path.rename(images / f"more-{path.name}")
    assert load_dataset(images).sha256 != before.sha256
    content = image_record_content(tmp_path)
    meeting = meet(distribution(), trained_on=before.sha256, recorded=content)
    member = meeting.join()
    meeting.gathered()
    assert member.welcome.trained_on is not None
    recorded = Recorded(member.welcome.trained_on, parse_image_record(member.recorded))
    assert load_dataset(images, recorded=recorded).sha256 == before.sha256


def test_a_record_of_many_images_is_sent_in_parts(meet: Callable[..., Meeting]) -> None:
    content = bytes(range(256)) * 6000
    meeting = meet(distribution(), trained_on=IMAGES, recorded=content)
    member = meeting.join()
    meeting.gathered()
    assert member.recorded == content


def test_a_damaged_record_is_not_sent(tmp_path: Path) -> None:
    assert image_record_content(tmp_path) == b""
    (tmp_path / "images.npz").write_bytes(b"PK\x05\x06nothing")
    assert image_record_content(tmp_path) == b""


def test_a_place_is_taken_once(meet: Callable[..., Meeting]) -> None:
    meeting = meet(distribution(3))
    meeting.join(1)
    with pytest.raises(DistributedError, match="worker 1 has already joined"):
        meeting.join(1)
    meeting.join(2)
    meeting.gathered()


def test_a_missing_worker_is_named(meet: Callable[..., Meeting]) -> None:
    meeting = meet(distribution(3, wait=0.3))
    meeting.join(1)
    with pytest.raises(
        DistributedError, match=r"worker 2 \(.*\) did not arrive within 0.3 s: start"
    ):
        meeting.gathered()


def test_a_chief_that_does_not_come_is_reported() -> None:
    here = msgspec.structs.replace(distribution(wait=0.3), index=1)
    with pytest.raises(DistributedError, match=r"worker 0 \(.*was not reached within 0.3 s"):
        Member(here, versions=VERSIONS, given={}, lost=lambda _: None)


def test_something_else_at_the_chiefs_address_is_reported() -> None:
    workers = distribution()
    host, _, port = workers.workers[0].partition(":")

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            read(connection)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server((host, int(port))) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with pytest.raises(DistributedError, match="does not answer: this is not a worker's"):
            Member(
                msgspec.structs.replace(workers, index=1),
                versions=VERSIONS,
                given={},
                lost=lambda _: None,
            )


def test_a_members_port_in_use_is_reported(meeting: Meeting) -> None:
    host, _, port = meeting.workers.workers[1].partition(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(DistributedError, match="the port is in use"),
    ):
        meeting.join()


def test_other_images_are_refused(meeting: Meeting) -> None:
    meeting.join().send(Ready(dataset_sha256="b" * 64))
    meeting.gathered()
    with pytest.raises(DistributedError, match="has other images than the chief"):
        meeting.chief.wait_until_ready(IMAGES)


def test_a_lost_worker_is_named_where_the_collective_fails(meeting: Meeting) -> None:
    member = meeting.join()
    meeting.gathered()

    def lose_it() -> None:
        with meeting.chief.collective(BrokenError):
            member.close()
            raise BrokenError

    with pytest.raises(
        DistributedError, match=r"worker 1 \(.*\) is lost: it closed its connection"
    ):
        lose_it()
    with pytest.raises(DistributedError, match="is lost"), meeting.chief.collective(BrokenError):
        raise AssertionError("without all workers nothing collective begins")


def test_a_worker_that_cannot_go_on_says_why(meeting: Meeting) -> None:
    member = meeting.join()
    meeting.gathered()
    member.send(WorkerFailed(why="the disk has an I/O error"))
    with pytest.raises(
        DistributedError, match=r"worker 1 \(.*\) failed: the disk has an I/O error"
    ):
        meeting.chief.wait_until_ready(IMAGES)


def test_a_collective_that_never_ends_is_left(meet: Callable[..., Meeting]) -> None:
    meeting = meet(distribution(), silence=0.3)
    member = meeting.join(silence=0.3)
    meeting.gathered()
    ended = threading.Event()

    def wait_for_ever() -> None:
        with contextlib.suppress(DistributedError), meeting.chief.collective(BrokenError):
            ended.wait(DEADLINE)

    threading.Thread(target=wait_for_ever, daemon=True).start()
    member.close()
    assert "is lost" in meeting.stuck.get(timeout=DEADLINE)
    ended.set()


def test_silence_counts_as_loss(meet: Callable[..., Meeting]) -> None:
    meeting = meet(distribution(), silence=0.3)
    with meeting.stranger() as silent:
        write(
            silent,
            Hello(
                index=1,
                workers=meeting.workers.workers,
                replicas=1,
                versions=VERSIONS,
                given={},
            ),
        )
        assert isinstance(read(silent), Welcome)
        meeting.gathered()
        with pytest.raises(DistributedError, match=r"sent nothing for 0\.3 s"):
            meeting.chief.wait_until_ready(IMAGES)


def test_a_worker_notices_that_the_chief_is_gone(meeting: Meeting) -> None:
    meeting.join()
    meeting.gathered()
    for link in meeting.chief._links.values():
        link.close()
    assert "the chief, worker 0 (" in meeting.lost.get(timeout=DEADLINE)


def test_a_worker_that_is_asked_to_go_lets_the_chief_save(meeting: Meeting) -> None:
    member = meeting.join()
    meeting.gathered()
    member.send(Leaving(why="SIGTERM"))
    assert meeting.leave.wait(DEADLINE)
    assert meeting.chief.leaving.endswith("got a termination signal (SIGTERM)")
    with meeting.chief.collective(BrokenError):
        pass  # It serves until the chief has saved.
