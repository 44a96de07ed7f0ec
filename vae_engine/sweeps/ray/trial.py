"""One trial on a node: trains or evaluates its session, with or without access to the driver's
folder.

If the node can access the driver's sessions folder, the worker writes there. Otherwise the session
is copied to the node, and changes are sent back continuously.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from vae_engine.errors import SessionBusyError, SessionDamagedError
from vae_engine.machine import compared_versions, module_command
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.crash_report import SILENT_END, crash_message
from vae_engine.sweeps.ray.mirror import Mirror
from vae_engine.sweeps.ray.receiver import AttemptSupersededError, Receiver
from vae_engine.sweeps.trials import Task
from vae_engine.worker.launcher import EXIT_BUSY, open_log, worker_environment

TOKENS = "token-"
"""Prefix of the file in a sweep's folder by which a node recognizes the driver's folder."""

_Process: TypeAlias = "subprocess.Popen[bytes]"
_LIFELINE = "vae_engine.sweeps.ray.lifeline"
_MODULES: dict[Task, str] = {"train": "vae_engine.worker", "evaluate": "vae_engine.evaluation"}
_PERIOD_SECONDS = 1.0
# A lost node's worker, or its lock on a network file system, may outlive it for a while.
_BUSY_SECONDS = 120.0
# A driver's full disk may be freed; a checkpoint can be sent later.
_DELIVERY_SECONDS = 600.0


@dataclass(frozen=True)
class Order:
    """The driver's request to a node; paths are the driver's.

    Attributes:
        root: the sessions folder.
        token: path of a file below `root`, and its content.
        session: the id.
        task: train or evaluate. threads: number of threads. versions: of the driver.
    """

    root: str
    token: tuple[str, str]
    session: str
    task: Task
    threads: int
    versions: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """How it ended: `refused` (other versions), `busy` (locked by another worker), or `ended`.

    Attributes:
        why: the error in one line; empty for none.
        node: Ray's id of the node.
    """

    kind: Literal["ended", "busy", "refused"]
    why: str
    node: str


def carry_out(order: Order, driver: Receiver, node: str) -> Outcome:
    """Carry out the order on this node (Ray's id is `node`); return when done."""
    if other := difference(order.versions, compared_versions()):
        return Outcome("refused", f"node {node_name(node)} has {other}", node)
    shared = shared_root(order)
    if order.task == "evaluate":
        why = _evaluate(order, driver, shared)
        return Outcome("ended", why, node)
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return Outcome("ended", _train(order, driver, shared), node)
        except SessionBusyError as error:
            if time.monotonic() > deadline:
                return Outcome("busy", str(error), node)
        except AttemptSupersededError as error:
            return Outcome("ended", str(error), node)
        time.sleep(_PERIOD_SECONDS)


def node_name(node: str) -> str:
    """Return a readable name of this node: its host, and the beginning of Ray's id, unique on the
    host."""
    return f"{socket.gethostname()} ({node[:8]})"


def difference(driver: Mapping[str, str], node: Mapping[str, str]) -> str:
    """Describe how a node's versions differ from the driver's; empty if they do not."""
    return ", ".join(
        f"{name} {node.get(name, 'unknown')} where the driver has {wanted}"
        for name, wanted in driver.items()
        if node.get(name) != wanted
    )


def shared_root(order: Order) -> Path | None:
    """Return this node's path of the driver's sessions folder; None if it has no access.

    It is at the driver's path, or at this node's VAE_SESSIONS; the token distinguishes it from
    another folder at the same path.
    """
    root = Path(os.environ.get("VAE_SESSIONS") or order.root)
    name, content = order.token
    try:
        found = atomic.read_bounded(root / name, 1024)
    except (OSError, SessionDamagedError):
        return None
    return root if found == content.encode() else None


def _train(order: Order, driver: Receiver, shared: Path | None) -> str:
    attempt = secrets.token_hex(8)
    files = driver.begin(order.session, attempt, mirrored=shared is None)
    try:
        if shared is not None:
            with _running(order, shared / order.session) as process:
                process.wait()
            return _ending(process, shared / order.session)
        with _brought_here(order, files) as folder:
            link = _Link(order, driver, folder, attempt)
            with _running(order, folder) as process:
                while process.poll() is None:
                    time.sleep(_PERIOD_SECONDS)
                    link.exchange()
            link.finish()
            return _ending(process, folder)
    finally:
        driver.end(order.session, attempt)


def _evaluate(order: Order, driver: Receiver, shared: Path | None) -> str:
    with contextlib.ExitStack() as stack:
        if shared is not None:
            folder = shared / order.session
        else:
            folder = stack.enter_context(_brought_here(order, driver.contents(order.session)))
        log = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vae-"))) / layout.LOG
        with _running(order, folder, log) as process:
            process.wait()
        if process.returncode:
            return crash_message(log) or SILENT_END
        if shared is None:
            content = (folder / layout.EVALUATION).read_bytes()
            driver.keep_evaluation(order.session, content)
        return ""


class _Link:
    """Sends updates of a session to the driver, and receives its commands."""

    def __init__(self, order: Order, driver: Receiver, folder: Path, attempt: str) -> None:
        self._session = order.session
        self._driver = driver
        self._folder = folder
        self._attempt = attempt
        self._mirror = Mirror(folder)
        self._delivered: set[str] = set()

    def exchange(self) -> bool:
        """Send the changes; return whether they arrived.

        Raises:
            SupersededError: this attempt is superseded.
        """
        try:
            update = self._mirror.changes()
            commands = self._driver.update(
                self._session, self._attempt, update, sorted(self._delivered)
            )
        except (OSError, SessionDamagedError) as error:
            print(f"session {self._session}: sending failed, will retry: {error}", file=sys.stderr)
            return False
        self._mirror.delivered()
        self._hand_over(commands)
        return True

    def finish(self) -> None:
        """Send the last changes.

        Raises:
            OSError: they have not arrived for minutes.
        """
        deadline = time.monotonic() + _DELIVERY_SECONDS
        while not self.exchange():
            if time.monotonic() > deadline:
                raise OSError(f"the end of session {self._session} could not be sent")
            time.sleep(_PERIOD_SECONDS)

    def _hand_over(self, commands: Mapping[str, bytes]) -> None:
        # Commands that are no longer in the driver's inbox have been acknowledged.
        self._delivered &= commands.keys()
        for name, content in commands.items():
            if name not in self._delivered:
                atomic.replace_content(
                    self._folder / layout.INBOX / Path(name).name, content, durable=False
                )
                self._delivered.add(name)


@contextlib.contextmanager
def _brought_here(order: Order, files: Mapping[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vae-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / order.session
        folder.mkdir()
        layout.create_folders(folder)
        for name, content in files.items():
            atomic.replace_content(folder / name, content, durable=False)
        yield folder


@contextlib.contextmanager
def _running(order: Order, folder: Path, log: Path | None = None) -> Iterator[_Process]:
    """Run the process that trains or evaluates; kill it if the block is left early."""
    with open_log(log or folder / layout.LOG) as output:
        process = subprocess.Popen(
            module_command(_LIFELINE, _MODULES[order.task], str(folder)),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=_environment(order),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _environment(order: Order) -> dict[str, str]:
    """Return the environment like `LocalRunner`, without Ray's variables for linear algebra
    libraries."""
    environment = worker_environment()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
        if order.task == "evaluate":
            environment[name] = str(order.threads)
    return environment


def _ending(process: _Process, folder: Path) -> str:
    if process.returncode == EXIT_BUSY:
        raise SessionBusyError(f"session {folder.name} is locked by another worker")
    return (crash_message(folder / layout.LOG) or SILENT_END) if process.returncode else ""
