"""Files that are complete or absent, and reads that never block."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.sessions.makers import contents, open_files
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Label


@pytest.mark.parametrize("durable", [True, False])
def test_replace_file_creates_and_replaces(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file.txt"
    atomic.replace_file(path, lambda temporary: _fill(temporary, "first"), durable=durable)
    atomic.replace_file(path, lambda temporary: _fill(temporary, "second"), durable=durable)
    assert contents(tmp_path) == {"file.txt": b"second"}


def test_the_temporary_file_keeps_folder_and_suffix(tmp_path: Path) -> None:
    def fill(temporary: Path) -> None:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith("vae.weights.h5")
        temporary.write_text("weights")

    atomic.replace_file(tmp_path / "vae.weights.h5", fill)
    assert contents(tmp_path) == {"vae.weights.h5": b"weights"}


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt(), ValueError("bug")])
def test_a_failed_write_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, failure: BaseException
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise failure

    with pytest.raises(type(failure)):
        atomic.replace_file(path, fail)
    assert contents(tmp_path) == {"file.txt": b"old"}


def test_a_failed_replacement_leaves_no_temporary(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(IsADirectoryError):
        atomic.replace_file(target, _fill)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("durable", "steps"), [(True, ["sync file", "replace", "sync folder"]), (False, ["replace"])]
)
def test_what_must_survive_a_power_cut_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool, steps: list[str]
) -> None:
    seen: list[str] = []
    replace = Path.replace

    def sync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append("sync folder" if folder else "sync file")

    def replace_and_tell(self: Path, target: Path) -> Path:
        seen.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace_and_tell)
    atomic.write_record(tmp_path / "label.json", Label(name="n"), durable=durable)
    assert seen == steps


def test_replacing_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(elsewhere)
    atomic.replace_file(link, lambda temporary: _fill(temporary, "new"))
    assert elsewhere.read_text() == "precious"
    assert not link.is_symlink()


def test_records_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        atomic.write_record(tmp_path / "label.json", Label(name="private"))
    finally:
        os.umask(before)
    assert (tmp_path / "label.json").stat().st_mode & 0o777 == 0o600


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    label = Label(name="größe", tags=["a", "b"], note="two\nlines")
    atomic.write_record(tmp_path / "label.json", label)
    assert atomic.read_record(tmp_path / "label.json", Label) == label


def test_fields_of_a_newer_minor_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    path.write_text('{"name": "n", "colour": {"of": ["the", "sky"]}}')
    assert atomic.read_record(path, Label) == Label(name="n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"name": 5}',
        b'{"tags": []}',
        b'{"name": "\xff"}',
        b"\x00" * 100,
        b'{"name": "n", "x": ' + b"[" * 100_000,
        b'{"name": "n"}' + b" " * 2**20,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_damaged_record_is_refused_in_one_printable_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "label.json"
    path.write_bytes(data)
    with pytest.raises(SessionDamagedError) as caught:
        atomic.read_record(path, Label)
    assert "label.json" in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_error_never_repeats_the_control_characters_of_a_file(tmp_path: Path) -> None:
    class Strict(msgspec.Struct, forbid_unknown_fields=True):
        pass

    path = tmp_path / "record.json"
    path.write_text('{"\\u001b[31mred\\u202e": 1}')
    with pytest.raises(SessionDamagedError) as caught:
        atomic.read_record(path, Strict)
    assert str(caught.value).isprintable()


def test_a_missing_record_is_not_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic.read_record(tmp_path / "label.json", Label)


def make_link(path: Path) -> None:
    path.with_name("target").write_text('{"name": "elsewhere"}')
    path.symlink_to("target")


@pytest.mark.parametrize(
    "make", [make_link, os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")]
)
def test_only_regular_files_are_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "label.json")
    before = open_files()
    with pytest.raises(SessionDamagedError):
        atomic.read_record(tmp_path / "label.json", Label)
    assert open_files() == before


def test_a_file_beyond_its_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.npz"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(SessionDamagedError, match="at most 1000 are read"):
        atomic.read_bounded(path, 1000)


def test_temporaries_of_a_killed_worker_are_removed_and_those_of_others_kept(
    tmp_path: Path,
) -> None:
    for folder in ("checkpoints", "inbox"):
        (tmp_path / folder).mkdir()
    mine = [".tmp-1a2b3c4d-summary.json", "checkpoints/.tmp-1a2b3c4d-index.json"]
    others = ["inbox/.tmp-1a2b3c4d-1.json", ".tmp-1a2b3c4d-label.json", "session.json"]
    others.append(".tmp-1a2b3c4d-evaluation.json")
    for name in [*mine, *others]:
        (tmp_path / name).write_text("half")
    (tmp_path / ".tmp-folder").mkdir()
    atomic.remove_temporaries(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(others)


_KILLED = """
import os, signal, sys
from pathlib import Path
from vae_engine.sessions import atomic

def half(temporary):
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

for path in sys.argv[1:]:
    child = os.fork()
    if not child:
        atomic.replace_file(Path(path), half)
    os.waitpid(child, 0)
"""
_WRITTEN = (*layout.OF_OTHERS, layout.SUMMARY, layout.MACHINE, "preferences.json", "out.npz")


def _make_old(folder: Path) -> None:
    """As if the leftovers had been there for a minute."""
    for leftover in folder.glob(".tmp-*"):
        os.utime(leftover, (time.time() - 60,) * 2)


def test_the_next_writer_of_a_file_deletes_what_a_killed_one_has_left(tmp_path: Path) -> None:
    paths = [tmp_path / f"of {name}" / name for name in _WRITTEN]
    for path in paths:
        path.parent.mkdir()
        path.write_text("old")
    subprocess.run([sys.executable, "-c", _KILLED, *map(str, paths)], check=True)
    for path in paths:
        assert path.read_text() == "old"
        assert len(list(path.parent.glob(f".tmp-*-{path.name}"))) == 1
        _make_old(path.parent)
        atomic.replace_content(path, b"new")
        assert contents(path.parent) == {path.name: b"new"}


def test_whoever_writes_a_file_of_others_deletes_what_they_have_left(tmp_path: Path) -> None:
    for name in (*layout.OF_OTHERS, layout.SUMMARY):
        (tmp_path / f".tmp-1a2b3c4d-{name}").write_text("half")
    _make_old(tmp_path)
    atomic.replace_content(tmp_path / layout.POINTS, b"new")
    assert set(contents(tmp_path)) == {layout.POINTS, f".tmp-1a2b3c4d-{layout.SUMMARY}"}


def test_what_is_being_written_is_left_alone_however_long_it_takes(tmp_path: Path) -> None:
    path = tmp_path / layout.MIXTURE

    def slowly(temporary: Path) -> None:
        temporary.write_bytes(b"slow")
        _make_old(tmp_path)
        atomic.replace_content(path, b"quick")
        atomic.remove_temporaries(tmp_path)
        assert temporary.exists()
        assert path.read_bytes() == b"quick"

    atomic.replace_file(path, slowly)
    assert contents(tmp_path) == {layout.MIXTURE: b"slow"}


def test_the_next_worker_deletes_what_killed_processes_have_left(tmp_path: Path) -> None:
    for name in layout.OF_OTHERS:
        (tmp_path / f".tmp-1a2b3c4d-{name}").write_text("half")
    _make_old(tmp_path)
    atomic.remove_temporaries(tmp_path)
    assert contents(tmp_path) == {}


def _fill(path: Path, text: str = "text") -> None:
    path.write_text(text)
