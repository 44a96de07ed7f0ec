"""Writing the event log, whatever happens to the writer."""

import errno
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.sessions.makers import (
    epoch_ended,
    file_size_limit,
    open_files,
    prepared,
    progress,
    run_started,
    whole_run,
    write_log,
)
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions.event_log import EventReader, EventWriter, is_progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_events_are_numbered_and_dated_in_order(path: Path) -> None:
    write_log(path, whole_run())
    events = EventReader(path).read_all()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(one.time <= other.time for one, other in pairwise(events))
    assert [type(event) for event in events] == [type(event) for event in whole_run()]


def test_each_event_is_one_line_that_names_its_type_first(path: Path) -> None:
    write_log(path, whole_run())
    lines = path.read_bytes().splitlines()
    assert len(lines) == len(whole_run())
    assert all(line.startswith(b'{"type":"') for line in lines)
    assert [is_progress(line) for line in lines] == [
        isinstance(event, ev.Progress) for event in whole_run()
    ]


def test_numbering_goes_on_when_the_log_is_opened_again(path: Path) -> None:
    write_log(path, [run_started(), prepared()])
    write_log(path, [run_started(run=2)])
    assert [event.seq for event in EventReader(path).read_all()] == [1, 2, 3]


def test_numbering_continues_after_events_of_a_newer_version(path: Path) -> None:
    write_log(path, [run_started()])
    with path.open("ab") as file:
        file.write(b'{"type":"telepathy","seq":41,"time":5.0}\n')
    write_log(path, [prepared()])
    assert EventReader(path).read_all()[-1].seq == 42


@pytest.mark.parametrize("tail", [b"{", b'{"type":"paused","seq":9', b"\0" * 300, b"x" * 200_000])
def test_the_next_writer_cuts_a_torn_tail_off(path: Path, tail: bytes) -> None:
    write_log(path, [run_started(), prepared()])
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    EventWriter(path).close()
    assert path.read_bytes() == whole
    write_log(path, [ev.Paused()])
    assert [event.seq for event in EventReader(path).read_all()] == [1, 2, 3]


def test_a_log_that_is_all_tail_becomes_empty(path: Path) -> None:
    path.write_bytes(b"y" * 5 * 2**20)
    EventWriter(path).close()
    assert path.read_bytes() == b""


def test_a_full_disk_leaves_the_log_whole_and_the_next_event_follows(path: Path) -> None:
    writer = EventWriter(path)
    writer.append(run_started())
    before = path.read_bytes()
    with file_size_limit(len(before) + 20), pytest.raises(OSError, match="too large"):
        writer.append(prepared())
    assert path.read_bytes() == before
    assert writer.append(epoch_ended(1)).seq == 2
    writer.close()
    assert [event.seq for event in EventReader(path).read_all()] == [1, 2]


def test_an_event_that_readers_may_have_seen_stays_when_the_disk_fails_to_sync(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    writer, reader = EventWriter(path), EventReader(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="input/output"):
            writer.append(run_started(), durable=True)
    seen = reader.read()
    writer.append(prepared(), durable=True)
    writer.close()
    assert [event.seq for event in seen + reader.read()] == [1, 2]


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to(path.with_name("precious")),
        lambda path: path.symlink_to("/dev/full"),
    ],
    ids=["fifo", "directory", "link", "device"],
)
def test_nothing_but_a_regular_file_is_written(path: Path, make: Callable[[Path], object]) -> None:
    path.with_name("precious").write_bytes(b"half a line")
    make(path)
    before = open_files()
    with pytest.raises(SessionDamagedError, match=r"events\.jsonl"):
        EventWriter(path)
    assert open_files() == before
    assert path.with_name("precious").read_bytes() == b"half a line"


def test_the_log_follows_the_umask(path: Path) -> None:
    before = os.umask(0o027)
    try:
        EventWriter(path).close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_absurd_numbers_in_a_log_do_not_stop_its_next_writer(path: Path) -> None:
    huge = msgspec.structs.replace(run_started(), seq=2**64 - 1)
    path.write_bytes(msgspec.json.encode(huge) + b"\n" + b'{"type":"paused","seq":1e400}\n')
    write_log(path, [progress()])
    assert [event.seq for event in EventReader(path).read_all()] == [1]
