"""The recorder and the crash model: every missing sync must be detected."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crashes.recording import Link, Recording, Sync, Unlink, Write, recorded
from tests.crashes.states import build, crash_states, killed_states
from tests.sessions.makers import contents


def record(root: Path, act: Callable[[Path], None]) -> Recording:
    with recorded(root) as recorder:
        act(root)
        recorder.tell("done")
    return recorder.recording()


def left(recording: Recording, tmp_path: Path, *, done: bool) -> set[tuple[tuple[str, bytes], ...]]:
    """The contents that a crash may leave before or after the operation was reported."""
    found = set()
    for number, state in enumerate(crash_states(recording)):
        if bool(state.told) is done:
            folder = tmp_path / f"state-{number}"
            folder.mkdir()
            build(state.tree, folder)
            found.add(tuple(sorted(contents(folder).items())))
    return found


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def replace(root: Path, *, file: bool = True, folder: bool = True) -> None:
    temporary = root / "temporary"
    temporary.write_bytes(b"new!")
    if file:
        sync(temporary)
    temporary.replace(root / "name")
    if folder:
        sync(root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "name").write_bytes(b"old")
    return root


OLD, NEW = (("name", b"old"),), (("name", b"new!"),)


def test_a_synced_replacement_leaves_the_old_file_or_the_new(root: Path, tmp_path: Path) -> None:
    recording = record(root, replace)
    before = left(recording, tmp_path, done=False)
    assert {tuple(pair for pair in one if pair[0] == "name") for one in before} == {OLD, NEW}


def test_after_the_report_only_the_new_file_is_left(root: Path, tmp_path: Path) -> None:
    assert left(record(root, replace), tmp_path, done=True) == {NEW}


def test_a_file_that_was_not_synced_may_be_empty_zeros_or_half(root: Path, tmp_path: Path) -> None:
    recording = record(root, lambda root: replace(root, file=False))
    found = left(recording, tmp_path, done=True)
    assert found == {NEW, *((("name", part),) for part in (b"", bytes(4), b"ne"))}


def test_a_rename_whose_folder_was_not_synced_may_be_lost(root: Path, tmp_path: Path) -> None:
    recording = record(root, lambda root: replace(root, folder=False))
    found = left(recording, tmp_path, done=True)
    assert {NEW, OLD} <= found


def test_a_new_folder_is_lost_with_all_in_it_unless_its_parent_was_synced(
    root: Path, tmp_path: Path
) -> None:
    def act(root: Path) -> None:
        (root / "folder").mkdir()
        (root / "folder" / "file").write_bytes(b"x")
        sync(root / "folder" / "file")
        sync(root / "folder")

    assert OLD in left(record(root, act), tmp_path, done=True)


def test_a_removal_may_be_undone_until_its_folder_was_synced(root: Path, tmp_path: Path) -> None:
    recording = record(root, lambda root: (root / "name").unlink())
    assert left(recording, tmp_path, done=True) == {(), OLD}


def test_each_step_is_recorded_once_in_its_order(root: Path) -> None:
    (root / "one").mkdir()
    (root / "two").mkdir()

    def act(root: Path) -> None:
        (root / "one" / "file").write_bytes(b"x")
        (root / "one" / "file").rename(root / "two" / "file")
        sync(root / "two")
        (root / "two" / "file").unlink()

    steps = record(root, act).steps[:-1]
    kinds = [type(step) for step in steps]
    assert kinds == [Link, Write, Link, Sync, Unlink]
    moved = steps[2]
    assert isinstance(moved, Link)
    assert moved.source is not None
    assert moved.source[0] != moved.folder


def test_a_kill_leaves_what_was_done(root: Path, tmp_path: Path) -> None:
    recording = record(root, replace)
    *_, last = killed_states(recording)
    folder = tmp_path / "last"
    folder.mkdir()
    build(last.tree, folder)
    assert contents(folder) == contents(root)
