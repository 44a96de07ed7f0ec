"""Finding Ray, and errors if it is missing; without Ray."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_engine.errors import RayClusterError, SettingError
from vae_engine.sweeps.ray import address as module
from vae_engine.sweeps.ray.address import check_ray, parse_address

SETTINGS_FRAME = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Ray were installed, for this machine's own cluster nowhere noted."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.5)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


class Server:
    """Accepts one connection, keeps what it is sent first, and answers with `answer`."""

    def __init__(self, answer: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard = b""
        self._answer = answer
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            self.heard = connection.recv(64)
            connection.sendall(self._answer)
            self._done.wait(10)


@pytest.fixture
def silent() -> Iterator[Server]:
    server = Server(b"")
    yield server
    server.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("head:6380", ("head", 6380)),
        ("head", ("head", 6379)),
        ("10.0.0.7:1", ("10.0.0.7", 1)),
        ("[::1]:6379", ("::1", 6379)),
    ],
)
def test_host_and_port(text: str, found: tuple[str, int]) -> None:
    assert parse_address(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":6379",
        "head:",
        "head:0",
        "head:65536",
        "head:x",
        "a b:1",
        "ray://head:10001",
        "h\x1b:1",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SettingError) as refused:
        parse_address(text)
    assert str(refused.value).isprintable()


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RayClusterError, match=r"extra \[ray\] of vae-workbench"):
        check_ray("auto")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(
        RayClusterError, match=f"Ray does not respond at {address}: Connection refused"
    ):
        check_ray(address)


def test_who_listens_but_says_nothing(silent: Server) -> None:
    with pytest.raises(RayClusterError, match=f"Ray does not respond at {silent.address} within"):
        check_ray(silent.address)
    assert silent.heard.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def test_who_answers_otherwise() -> None:
    server = Server(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    try:
        with pytest.raises(RayClusterError, match=f"the server at {server.address} is not Ray"):
            check_ray(server.address)
    finally:
        server.close()


def test_auto_is_the_cluster_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with pytest.raises(RayClusterError, match="not a node of a Ray cluster"):
        check_ray("auto")
    server = Server(SETTINGS_FRAME)
    try:
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"{server.address}\n")
        assert check_ray("auto") == server.address
    finally:
        server.close()
