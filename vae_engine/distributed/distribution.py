"""Which workers train a session together, from the command line or `TF_CONFIG`."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from vae_engine.errors import DistributedError, SettingError
from vae_engine.text import value_text

MAX_WORKERS = 256
MAX_REPLICAS = 64
DEFAULT_WAIT = 120.0


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of a session, and the index of this one.

    Attributes:
        workers: `HOST:PORT` of each, the chief first; empty for a single worker.
        index: of this worker; 0 is the chief, the only one that writes the session.
        replicas: devices per worker. wait: seconds to wait for the other workers.
    """

    workers: tuple[str, ...] = ()
    index: int = 0
    replicas: int = 1
    wait: float = DEFAULT_WAIT

    @property
    def is_chief(self) -> bool:
        """Whether this worker writes the session."""
        return self.index == 0

    @property
    def total_replicas(self) -> int:
        """Number of devices of all workers."""
        return max(1, len(self.workers)) * self.replicas

    def difference(self, environment: Mapping[str, object]) -> str:
        """Describe a different number of workers in an earlier run of the session; "" if equal.

        Args:
            environment: recorded by the earlier run.
        """
        recorded = [environment.get(name, 1) for name in ("workers", "replicas")]
        before = [count if isinstance(count, int) else 1 for count in recorded]
        now = [max(1, len(self.workers)), self.total_replicas]
        if before == now:
            return ""
        return (
            f"{_counted(*before)} trained it so far, from here on {_counted(*now)}: the bits may "
            "differ from those of an undisturbed run"
        )

    def arguments(self) -> list[str]:
        """Return the arguments that pass this to a worker process; none for a single worker."""
        return [] if self == ALONE else ["--distribution", msgspec.json.encode(self).decode()]

    def name(self, index: int) -> str:
        """Return a worker's name: `worker 1 (10.0.0.2:2222)`."""
        return f"worker {index} ({self.workers[index]})"


ALONE = Distribution()
"""One worker with one device: nothing is distributed."""


def read_distribution(text: str) -> Distribution:
    """Parse the distribution from a process's `arguments`.

    Raises:
        ValueError: they are invalid.
    """
    try:
        return msgspec.json.decode(text, type=Distribution)
    except msgspec.MsgspecError as error:
        # The errors of earlier versions of msgspec are no ValueErrors.
        raise ValueError(f"the distribution cannot be read: {error}") from None


def make_distribution(
    workers: str | None,
    index: int | None,
    *,
    replicas: int = 1,
    wait: float = DEFAULT_WAIT,
    environment: Mapping[str, str],
) -> Distribution:
    """Make the distribution from options, or else from the environment's `TF_CONFIG`.

    Args:
        workers: `HOST:PORT,HOST:PORT...`, the chief first.
        index: of this worker.
        replicas: devices per worker. wait: seconds to wait for the other workers.
        environment: of the process.

    Raises:
        SettingError: the list of workers or the index is invalid.
    """
    addresses, place = _addresses(workers, index, environment)
    if not 0 <= place < max(1, len(addresses)):
        raise SettingError(
            f"worker-index is {place}: with {len(addresses)} workers it must be from 0 to "
            f"{len(addresses) - 1}"
        )
    if len(addresses) == 1:  # A single worker waits for no other.
        addresses = ()
    return Distribution(workers=addresses, index=place, replicas=replicas, wait=wait)


def split_address(address: str) -> tuple[str, int]:
    """Parse `HOST:PORT`, an IPv6 host in brackets.

    Raises:
        SettingError: it is invalid.
    """
    host, colon, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    whole = bool(colon and bare) and not any(sign.isspace() or sign in "/@?#" for sign in bare)
    if not whole or not bare.isprintable() or (":" in bare and bare == host):
        raise SettingError(f"{value_text(address)} is not a worker's address: it must be HOST:PORT")
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65_535):
        raise SettingError(
            f"{value_text(address)} has the port {value_text(port)}: it must be from 1 to 65535"
        )
    return bare, int(port)


def listen(address: str) -> socket.socket:
    """Listen at an address of this machine.

    Raises:
        DistributedError: the port is in use, or the host unknown.
    """
    host, port = split_address(address)
    try:
        family, *_, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _listen(family, found)
    except OSError as error:
        raise DistributedError(f"cannot listen at {address}: {_reason(error)}") from None


def _listen(family: int, found: Any) -> socket.socket:
    try:
        return socket.create_server(found[:2], family=family)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        # The name may be valid only for other machines, as in a container network.
        return socket.create_server(("", found[1]), family=family)


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; give this worker another"
    return error.strerror or str(error)


def _addresses(
    workers: str | None, index: int | None, environment: Mapping[str, str]
) -> tuple[tuple[str, ...], int]:
    if workers is not None:
        if index is None:
            raise SettingError("workers needs worker-index: the index of this worker, from 0")
        return _checked(workers.split(",")), index
    if index is not None:
        raise SettingError("worker-index needs workers: HOST:PORT,HOST:PORT..., the chief first")
    text = environment.get("TF_CONFIG", "").strip()
    return _from_tf_config(text) if text else ((), 0)


class _Task(msgspec.Struct):
    type: str = "worker"
    # Some schedulers write it as a string.
    index: int | Annotated[str, Meta(pattern=r"\A[0-9]{1,6}\Z")] = 0


class _TfConfig(msgspec.Struct):
    cluster: dict[str, list[str]] = {}
    task: _Task = msgspec.field(default_factory=_Task)


def _from_tf_config(text: str) -> tuple[tuple[str, ...], int]:
    """Parse the workers of a `TF_CONFIG`: a `chief`, if present, comes before all `worker`s."""
    try:
        config = msgspec.json.decode(text, type=_TfConfig)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        why = " ".join(str(error).split())[:100]
        raise SettingError(
            f"TF_CONFIG cannot be read ({why}): it must be "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
        ) from None
    if not config.cluster:
        return (), 0
    for role, tasks in config.cluster.items():
        if role not in ("chief", "worker") and tasks:
            raise SettingError(
                f"TF_CONFIG has tasks of type {value_text(role)}: only workers train"
            )
    kind, index = config.task.type, int(config.task.index)
    if kind not in ("chief", "worker"):
        raise SettingError(f"TF_CONFIG makes this a {value_text(kind)}: it must be a worker")
    chiefs, others = config.cluster.get("chief", []), config.cluster.get("worker", [])
    here = chiefs if kind == "chief" else others
    if not 0 <= index < len(here) or len(chiefs) > 1:
        raise SettingError(
            f"TF_CONFIG makes this {kind} {index} of {len(here)}: its index must be "
            "below that, and there can be one chief"
        )
    return _checked([*chiefs, *others]), index + (len(chiefs) if kind == "worker" else 0)


def _checked(addresses: list[str]) -> tuple[str, ...]:
    for address in addresses:
        split_address(address)
    if len(set(addresses)) < len(addresses):
        raise SettingError("two workers have the same address: each needs its own")
    if len(addresses) > MAX_WORKERS:
        raise SettingError(f"there are {len(addresses)} workers: at most {MAX_WORKERS} can train")
    return tuple(addresses)


def _counted(workers: int, replicas: int) -> str:
    text = f"{workers} worker{'s' if workers > 1 else ''}"
    return text if replicas == workers else f"{text} with {replicas} replicas"
