"""Commands in the inbox."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vae_engine.sessions import inbox, layout
from vae_engine.sessions.inbox import CommandName, pending, send, take


def test_commands_are_taken_once_in_the_order_of_asking(tmp_path: Path) -> None:
    asked: list[CommandName] = ["pause", "continue", "pause", "stop", "stop_now"]
    for command in asked:
        send(tmp_path, command)
    assert pending(tmp_path) == asked
    assert take(tmp_path) == [(command, "") for command in asked]
    assert take(tmp_path) == []
    assert pending(tmp_path) == []


def test_a_sender_can_see_that_its_command_was_taken(tmp_path: Path) -> None:
    path = send(tmp_path, "stop")
    assert path.exists()
    take(tmp_path)
    assert not path.exists()


def test_the_inbox_is_made_when_it_is_missing(tmp_path: Path) -> None:
    assert take(tmp_path) == []
    send(tmp_path, "pause")
    assert (tmp_path / layout.INBOX).is_dir()


def test_a_session_that_is_gone_takes_no_commands(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        send(tmp_path / "gone", "stop")


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"command":"self_destruct"}', b'{"command":["stop"]}', b"[" * 100_000]
)
def test_what_is_no_command_is_taken_away_and_reported(tmp_path: Path, data: bytes) -> None:
    send(tmp_path, "pause")
    (tmp_path / layout.INBOX / "0.json").write_bytes(data)
    send(tmp_path, "stop")
    assert pending(tmp_path) == ["pause", "stop"]
    (damaged, why), *others = take(tmp_path)
    assert damaged is None
    assert "0.json" in why
    assert others == [("pause", ""), ("stop", "")]
    assert list((tmp_path / layout.INBOX).iterdir()) == []


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/etc/hostname")])
def test_pipes_and_links_are_taken_away_unread(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    send(tmp_path, "stop")
    make(tmp_path / layout.INBOX / "0.json")
    assert [command for command, _ in take(tmp_path)] == [None, "stop"]
    assert list((tmp_path / layout.INBOX).iterdir()) == []


def test_folders_and_unfinished_files_in_the_inbox_are_left_alone(tmp_path: Path) -> None:
    send(tmp_path, "stop")
    (tmp_path / layout.INBOX / "0.json").mkdir()
    (tmp_path / layout.INBOX / ".tmp-12345678-1.json").write_text('{"comm')
    assert take(tmp_path) == [("stop", "")]
    assert len(list((tmp_path / layout.INBOX).iterdir())) == 2


def test_an_inbox_that_is_a_file_holds_no_commands(tmp_path: Path) -> None:
    (tmp_path / layout.INBOX).write_text("")
    assert take(tmp_path) == []
    assert pending(tmp_path) == []
    with pytest.raises(FileExistsError):
        send(tmp_path, "stop")


def test_a_command_that_cannot_be_removed_is_not_carried_out_and_blocks_no_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path, "pause")
    stuck = send(tmp_path, "stop")
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self == stuck:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert take(tmp_path) == [("pause", "")]
        with pytest.raises(PermissionError):
            take(tmp_path)
    assert take(tmp_path) == [("stop", "")]


def test_a_command_taken_by_another_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path, "pause")
    listed = inbox._files(tmp_path)
    take(tmp_path)
    send(tmp_path, "stop")
    monkeypatch.setattr(inbox, "_files", lambda _folder: [*listed, *_all(tmp_path)])
    assert pending(tmp_path) == ["stop"]
    assert take(tmp_path) == [("stop", "")]


def _all(folder: Path) -> list[Path]:
    return sorted((folder / layout.INBOX).iterdir())
