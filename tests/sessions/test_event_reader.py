"""Reading the event log while it grows, and if it is damaged."""

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.sessions.makers import open_files, progress, run_started, whole_run, write_log
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions.event_log import EventReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    write_log(path, whole_run())
    return path.read_bytes()


def numbers(events: list[ev.AnyEvent]) -> list[int]:
    return [event.seq for event in events]


def all_numbers() -> list[int]:
    return list(range(1, len(whole_run()) + 1))


def test_a_log_that_is_not_there_yet_is_empty(path: Path) -> None:
    reader = EventReader(path)
    assert reader.read_all() == []
    write_log(path, whole_run())
    assert numbers(reader.read_all()) == all_numbers()


def test_a_reader_polled_at_every_byte_sees_each_event_once(path: Path, log: bytes) -> None:
    reader, seen = EventReader(path), []
    with path.open("ab", buffering=0) as file:
        for byte in log:
            file.write(bytes([byte]))
            seen += reader.read()
    assert numbers(seen) == all_numbers()
    assert reader.damaged == 0
    assert reader.offset == len(log)


@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(cuts=st.lists(st.integers(0, 5000), max_size=12))
def test_many_readers_that_poll_at_any_time_see_the_same(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("cuts") / "events.jsonl"
    reader, seen = EventReader(path), []
    ends = sorted({min(cut, len(log)) for cut in cuts} | {len(log)})
    for end in ends:
        path.write_bytes(log[:end])
        seen += reader.read_all()
    assert seen == EventReader(path).read_all()
    assert numbers(seen) == all_numbers()


def test_half_a_line_at_the_end_waits_and_is_no_damage(path: Path, log: bytes) -> None:
    path.write_bytes(log[:-1])
    reader = EventReader(path)
    assert numbers(reader.read_all()) == all_numbers()[:-1]
    path.write_bytes(log)
    assert numbers(reader.read_all()) == all_numbers()[-1:]
    assert reader.damaged == 0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"null",
        b"not json",
        b'{"type":"epoch","seq":3,"time":1.0}',
        b'{"type":"run_ended","status":"victorious","reason":""}',
        b'{"type":"paused","seq":-1}',
        b'{"type":"paused","seq":1,"time":1e300}',
        b'{"type":7}',
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"type":"paused","note":"' + b"x" * 70_000 + b'"}',
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_damaged_line_is_counted_and_passed_over(path: Path, log: bytes, line: bytes) -> None:
    lines = log.splitlines()
    path.write_bytes(b"\n".join([*lines[:2], line, *lines[2:], b""]))
    reader = EventReader(path)
    assert numbers(reader.read_all()) == all_numbers()
    assert reader.damaged == 1


def test_events_and_fields_of_a_newer_version_are_no_damage(path: Path, log: bytes) -> None:
    newer = b'{"type":"telepathy","seq":1,"time":1.0,"of":{"deep":[1,2]}}\n'
    more = log.replace(b'{"type":"prepared",', b'{"type":"prepared","mood":{"good":true},')
    path.write_bytes(newer + more)
    reader = EventReader(path)
    assert numbers(reader.read_all()) == all_numbers()
    assert reader.damaged == 0


@pytest.mark.parametrize("size", [100_000, 4 * 2**20, 9 * 2**20 + 17])
def test_a_huge_line_is_one_damaged_line_and_what_follows_is_seen(
    path: Path, log: bytes, size: int
) -> None:
    decoy = b'{"type":"paused","seq":99,"time":1.0}'
    path.write_bytes(log + b"z" * size)
    reader = EventReader(path)
    assert numbers(reader.read_all()) == all_numbers()
    with path.open("ab") as file:
        file.write(decoy + b"\n" + log)
    assert numbers(reader.read_all()) == all_numbers()
    assert reader.damaged == 1


def test_a_reader_inside_a_huge_tail_notices_that_the_next_writer_cut_it_off(
    path: Path, log: bytes
) -> None:
    path.write_bytes(log + b"z" * 200_000)
    reader = EventReader(path)
    reader.read_all()
    write_log(path, [run_started(run=2)])
    assert numbers(reader.read_all()) == [len(whole_run()) + 1]


def test_progress_can_be_passed_over(path: Path, log: bytes) -> None:
    path.write_bytes(log)
    told = EventReader(path).read_all(progress=False)
    assert told == [
        event for event in EventReader(path).read_all() if not isinstance(event, ev.Progress)
    ]
    assert len(told) == len(whole_run()) - 3


def test_a_reader_can_begin_where_another_stopped(path: Path, log: bytes) -> None:
    path.write_bytes(log)
    first = EventReader(path)
    first.read_all()
    write_log(path, [run_started(run=2)])
    assert numbers(EventReader(path, first.offset).read_all()) == [len(whole_run()) + 1]


def test_twenty_thousand_events_come_in_a_few_reads(path: Path) -> None:
    write_log(path, (progress(step=step) for step in range(20_000)))
    batches = [len(batch) for batch in EventReader(path).batches()]
    assert sum(batches) == 20_000
    assert len(batches) <= path.stat().st_size // (4 * 2**20) + 2
    assert EventReader(path).read_all(progress=False) == []


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("/etc/hostname"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path.name),
    ],
    ids=["fifo", "directory", "link", "dangling", "loop"],
)
def test_what_is_no_regular_file_is_refused_at_once(
    path: Path, make: Callable[[Path], object]
) -> None:
    make(path)
    before = open_files()
    with pytest.raises(SessionDamagedError, match=r"events\.jsonl"):
        EventReader(path).read_all()
    assert open_files() == before


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(data=st.data())
def test_no_bytes_in_place_of_the_log_raise_anything(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(log)))
    length = data.draw(st.integers(0, 200))
    junk = data.draw(st.binary(max_size=300))
    path = tmp_path_factory.mktemp("junk") / "events.jsonl"
    path.write_bytes(log[:at] + junk + log[at + length :])
    seen = numbers(EventReader(path).read_all())
    lost = log[at : at + length].count(b"\n") + 2
    assert len(set(seen) & set(all_numbers())) >= len(all_numbers()) - lost
