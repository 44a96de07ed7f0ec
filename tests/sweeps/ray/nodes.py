"""Local Ray nodes, each a process that can be killed with its children."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.waiting import wait_for

_RAY = "from ray.scripts.scripts import main; main()"
_UP = "This command will now block"
# Each object store is in memory.
_STORE_BYTES = 100_000_000
# Where they are not given, a node waits for its agents' first words, and gives up soon.
_AGENT_PORTS = (
    "--dashboard-agent-grpc-port",
    "--dashboard-agent-listen-port",
    "--metrics-export-port",
    "--runtime-env-agent-port",
)
# On a busy machine a node is slow to say that it lives, and may miss Ray's time to start.
_SETTINGS = {"RAY_health_check_failure_threshold": "10", "RAY_USAGE_STATS_ENABLED": "0"}
# By this variable all that a node has started is known, whoever has adopted it.
_MARK = "VAE_TEST_NODE"
_TRIES = 3


class Node:
    """One node, with one processor."""

    def __init__(self, log: Path, *arguments: str, **environment: str) -> None:
        self.log = log
        self._mark = str(log)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-c", _RAY, "start", "--block", *arguments),
                    *("--num-cpus", "1", "--object-store-memory", str(_STORE_BYTES)),
                    *(part for name in _AGENT_PORTS for part in (name, str(_free_port()))),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **_SETTINGS, _MARK: self._mark, **environment},
                start_new_session=True,
            )

    def comes_up(self) -> bool:
        """Wait until it is part of the cluster, or has given up."""
        wait_for(lambda: self._process.poll() is not None or _UP in self.log.read_text())
        return self._process.poll() is None

    def owns(self, pid: int) -> bool:
        """Whether a process was started by this node's."""
        return psutil.Process(pid).environ().get(_MARK) == self._mark

    def kill(self) -> None:
        """SIGKILL Ray's own processes, as a power cut would; what a task started is left alone."""
        for process in _marked(self._mark):
            with contextlib.suppress(psutil.Error):
                if "vae_engine" not in " ".join(process.cmdline()):
                    process.kill()
        self._process.kill()
        self._process.wait()


class Nodes:
    """A cluster: a head node first, and more as they are added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nodes: list[Node] = []
        self._port = _free_port()
        self.address = f"127.0.0.1:{self._port}"
        head = ("--head", "--port", str(self._port), "--include-dashboard", "false")
        self.head = self._start(*head, "--temp-dir", str(folder))

    def add(self, **environment: str) -> Node:
        """Start another node, with these variables in its environment."""
        return self._start("--address", self.address, **environment)

    def kill_all(self) -> None:
        for node in reversed(self._nodes):
            node.kill()

    def _start(self, *arguments: str, **environment: str) -> Node:
        for _ in range(_TRIES):
            log = self._folder / f"node-{len(self._nodes)}.log"
            node = Node(log, *arguments, **environment)
            self._nodes.append(node)
            if node.comes_up():
                return node
            node.kill()
        raise AssertionError(log.read_text())


@contextlib.contextmanager
def running_nodes() -> Iterator[Nodes]:
    """A cluster of a head node; whatever of it is left at the end is killed."""
    # Ray puts sockets there, whose paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="vae-ray-"))
    nodes = None
    try:
        nodes = Nodes(folder)
        yield nodes
    finally:
        if nodes is not None:
            nodes.kill_all()
        for process in _marked(str(folder)):
            with contextlib.suppress(psutil.Error):
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _marked(beginning: str) -> set[psutil.Process]:
    """All processes of nodes whose mark begins so, and what these have started.

    Some write their title over their environment: these are known by their parents alone.
    """
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK, "").startswith(beginning):
                found.update([process, *process.children(recursive=True)])
    return found


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
