"""Messages of `vae train` if workers cannot connect; nothing is left behind."""

import json
import socket

import pytest

from tests.cli.conftest import Vae
from vae_engine.sessions.store import SessionStore


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.mark.parametrize("command", [("train",), ("resume", "x"), ("fork", "x")])
def test_a_tf_config_that_is_none_is_bad_usage(
    vae: Vae, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["one"]}}')
    done = vae(*command)
    assert (done.code, done.out) == (2, "")
    assert "'one' is not a worker's address: it must be HOST:PORT" in done.err


def test_a_chief_whose_port_is_in_use_creates_no_session(vae: Vae, store: SessionStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here = f"127.0.0.1:{taken.getsockname()[1]}"
        done = vae("train", "--workers", f"{here},127.0.0.1:2", "--worker-index", 0)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"vae: cannot listen at {here}: the port is in use; give this worker another\n"
    )
    assert store.listings() == []


def test_a_worker_without_a_chief_says_so_after_a_while(
    vae: Vae, monkeypatch: pytest.MonkeyPatch, store: SessionStore
) -> None:
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    tf_config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(tf_config))
    done = vae("train", "--wait", 1, "--latent-dim", 2)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"vae: the chief, worker 0 ({workers[0]}), was not reached within 1 s "
        "(Connection refused): start it there with the same list of workers, as number 0\n"
    )
    assert store.listings() == []
