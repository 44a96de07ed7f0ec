"""Trials as Ray tasks; only the coordinator of a sweep imports this module and Ray."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from pathlib import Path
from typing import Any, cast

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import vae_engine
from vae_engine.errors import RayClusterError, SessionDamagedError
from vae_engine.machine import compared_versions
from vae_engine.sessions import atomic, inbox, layout
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.sweeps.ray.receiver import Receiver
from vae_engine.sweeps.ray.trial import (
    TOKENS,
    Order,
    Outcome,
    carry_out,
    difference,
    node_name,
)
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Task
from vae_engine.text import error_line

_log = logging.getLogger(__name__)

# Number of lost nodes that a trial survives; each time, it continues elsewhere.
_RETRIES = 10
_CHECK_SECONDS = 120.0
_LOOK_SECONDS = 1.0
_NODE_ID = "ray.io/node-id"


class RayRunner:
    """Trains and evaluates on the nodes of a Ray cluster; see `vae_engine.sweeps.runner.Runner`.

    If a coordinator dies, Ray ends its tasks; the next coordinator restarts them from their last
    checkpoints.
    """

    def __init__(self, sweep: Sweep, address: str, *, gpus: float = 0.0) -> None:
        """Connect to the cluster, and determine which nodes can train.

        Args:
            sweep: whose trials these are.
            address: `HOST:PORT` of the head node.
            gpus: GPUs per trial.

        Raises:
            RayClusterError: the cluster cannot be joined, or no node has the driver's versions.
            OSError: the sweep's folder cannot be written.
        """
        self._root = sweep.sessions.root
        self._gpus = gpus
        self._versions = compared_versions()
        self._token = _write_token(sweep)
        self._tasks: dict[str, tuple[Order, Any]] = {}
        self._stopping: dict[str, WorkerRecord | None] = {}
        self._refused: set[str] = set()
        self._looked = -_LOOK_SECONDS
        self._nodes: list[dict[str, Any]] = []
        _connect(address)
        self._check_nodes()
        self._receiver = (
            ray.remote(Receiver)
            .options(num_cpus=0, scheduling_strategy=_on_this_node())
            .remote(str(self._root))
        )

    def start(self, session: Session, task: Task) -> None:
        """Submit the session to Ray, which starts it when a node has free resources."""
        settings = session.settings
        if not any(self._fits(node, settings) for node in self._usable_nodes()):
            raise RayClusterError(
                f"no usable node has {self._needs(settings)}: "
                "start one, or reduce the number of threads"
            )
        order = Order(
            root=str(self._root),
            token=self._token,
            session=session.id,
            task=task,
            threads=settings.threads,
            versions=self._versions,
        )
        self._submit(order)

    def running(self, session: Session) -> bool:
        """Whether Ray has its task, or a worker the session."""
        order, reference = self._tasks.get(session.id, (None, None))
        if order is None:
            return session.alive()
        if not ray.wait([reference], timeout=0)[0]:
            if session.id in self._stopping:
                self._press(session)
            return True
        del self._tasks[session.id]
        outcome = _outcome(session.id, reference)
        if outcome is not None and outcome.kind == "refused" and session.id not in self._stopping:
            _log.error("%s: it gets no trials", outcome.why)
            self._refused.add(outcome.node)
            if any(self._fits(node, session.settings) for node in self._usable_nodes()):
                self._submit(order)
                return True
        elif outcome is not None and outcome.why:
            _log.error("session %s: %s", session.id, outcome.why)
        return session.alive()

    def stop(self, session: Session) -> None:
        """Send `stop_now` to its worker; without a worker, cancel its task."""
        self._stopping[session.id] = None
        self._press(session)

    def has_room(self, settings: Settings) -> bool:
        """Whether the nodes have processors and devices for one more trial with these settings."""
        nodes = self._usable_nodes()
        used = sum(order.threads for order, _ in self._tasks.values())
        cpus = sum(node["Resources"].get("CPU", 0) for node in nodes)
        gpus = sum(node["Resources"].get("GPU", 0) for node in nodes)
        enough = (len(self._tasks) + 1) * self._gpus <= gpus
        # A single trial always starts: if it can never fit, starting it raises.
        return not self._tasks or (used + settings.threads <= cpus and enough)

    def close(self) -> None:
        """Disconnect from the cluster, which ends remaining tasks."""
        ray.shutdown()

    def _submit(self, order: Order) -> None:
        options: dict[str, Any] = {
            "num_cpus": order.threads,
            "num_gpus": self._gpus,
            "max_retries": _RETRIES,
            "name": f"{order.task} {order.session}",
        }
        if self._refused:
            options["label_selector"] = {_NODE_ID: f"!in({','.join(sorted(self._refused))})"}
        reference = ray.remote(_on_node).options(**options).remote(order, self._receiver)
        self._tasks[order.session] = (order, reference)

    def _press(self, session: Session) -> None:
        """Make sure that a stopping session stops: send the command once to each of its workers."""
        asked = self._stopping[session.id]
        try:
            worker = atomic.read_optional(session.folder / layout.WORKER, WorkerRecord)
        except SessionDamagedError:
            worker = None
        if worker is not None and session.alive():
            if worker != asked:
                self._stopping[session.id] = worker
                inbox.send(session.folder, "stop_now")
        elif session.id in self._tasks:
            ray.cancel(self._tasks[session.id][1])

    def _usable_nodes(self) -> list[dict[str, Any]]:
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._nodes = [node for node in ray.nodes() if node["Alive"]]
            self._looked = time.monotonic()
        return [node for node in self._nodes if node["NodeID"] not in self._refused]

    def _fits(self, node: dict[str, Any], settings: Settings) -> bool:
        resources = node["Resources"]
        return bool(
            resources.get("CPU", 0) >= settings.threads and resources.get("GPU", 0) >= self._gpus
        )

    def _needs(self, settings: Settings) -> str:
        processors = f"{settings.threads} CPU" + "s" * (settings.threads > 1)
        return f"{processors} and {self._gpus:g} GPU" if self._gpus else processors

    def _check_nodes(self) -> None:
        """Exclude nodes with other versions; each task checks nodes that join later."""
        checks = {
            ray.remote(_describe_node)
            .options(num_cpus=0, label_selector={_NODE_ID: node["NodeID"]})
            .remote(): node["NodeID"]
            for node in self._usable_nodes()
        }
        done, late = ray.wait(list(checks), num_returns=len(checks), timeout=_CHECK_SECONDS)
        for reference in late:
            _log.warning("node %s has not reported its versions yet", checks[reference][:8])
        lines = []
        for reference in done:
            try:
                name, versions = ray.get(reference)
            except ray.exceptions.RayError as error:
                name, versions = checks[reference][:8], {}
                _log.warning("node %s: %s", name, error_line(error))
            if other := difference(self._versions, versions):
                self._refused.add(checks[reference])
                lines.append(f"node {name} has {other}")
                _log.error("%s: it gets no trials", lines[-1])
        if not self._usable_nodes():
            raise RayClusterError(f"no node can train: {'; '.join(lines) or 'there is none'}")
        _log.info("%d nodes can train", len(self._usable_nodes()))


class _RemoteReceiver:
    """The receiver for a task: each call waits for its result, and raises its error."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            answer = getattr(self._actor, name).remote(*arguments, **named)
            try:
                # Not ray.get: while it waits, Ray gives the task's processors to another task.
                return answer.future().result()
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None

        return call


def _on_node(order: Order, receiver: Any) -> Outcome:
    driver = cast(Receiver, _RemoteReceiver(receiver))
    return carry_out(order, driver, ray.get_runtime_context().get_node_id())


def _describe_node() -> tuple[str, dict[str, str]]:
    return node_name(ray.get_runtime_context().get_node_id()), compared_versions()


def _outcome(session: str, reference: Any) -> Outcome | None:
    try:
        outcome: Outcome = ray.get(reference)
        return outcome
    except ray.exceptions.TaskCancelledError:
        _log.info("session %s was not started", session)
    except ray.exceptions.RayError as error:
        _log.error("session %s: %s", session, error_line(error))
    return None


def _connect(address: str) -> None:
    """Join the cluster and send it the code of this package."""
    package = str(Path(vae_engine.__file__).parent)
    try:
        # Ray puts the driver's working directory first on the path of every task, before the
        # standard library; it may be a stranger's folder with a `json.py`.
        with contextlib.chdir("/"):
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"py_modules": [package], "excludes": ["__pycache__"]},
            )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise RayClusterError(f"Ray at {address}: {error_line(error)}") from error


def _on_this_node() -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


def _write_token(sweep: Sweep) -> tuple[str, str]:
    """Write a secret to the sweep's folder, by which a node recognizes this folder."""
    for old in sweep.folder.glob(f"{TOKENS}*"):
        old.unlink(missing_ok=True)
    secret = secrets.token_hex(16)
    path = sweep.folder / f"{TOKENS}{secrets.token_hex(4)}"
    path.write_text(secret)
    return path.relative_to(sweep.sessions.root).as_posix(), secret
