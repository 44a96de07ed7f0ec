"""Find Ray's address without importing Ray, which takes seconds."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
from pathlib import Path

from vae_engine.errors import RayClusterError, SettingError

_DEFAULT_PORT = 6379
_ANSWER_SECONDS = 4.0
# Where `ray start` records the address of this node's cluster.
_NOTE = Path("ray") / "ray_current_cluster"
# Start of an HTTP/2 connection (RFC 9113, 3.4): the preface and an empty SETTINGS frame; a server
# answers with its own. Ray's head node uses gRPC, which is HTTP/2.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_FRAME_HEAD, _SETTINGS_FRAME = 9, 4


def check_ray(address: str) -> str:
    """Check that Ray is installed here and responds.

    Args:
        address: `HOST:PORT` of the head node, or `auto`: the cluster that this machine belongs to.

    Returns:
        The address as `HOST:PORT`.

    Raises:
        SettingError: the address is invalid.
        RayClusterError: it is not installed, or does not respond at the address within a few
        seconds.
    """
    if importlib.util.find_spec("ray") is None:
        raise RayClusterError(
            "Ray is not installed: it comes with the extra [ray] of vae-workbench"
        )
    host, port = parse_address(_own_cluster() if address == "auto" else address)
    _require_answer(host, port)
    return f"{host}:{port}"


def parse_address(address: str) -> tuple[str, int]:
    """Parse `HOST[:PORT]`; the default port is 6379.

    Raises:
        SettingError: it is not such an address.
    """
    if "://" in address:
        raise SettingError(
            f"{address} is not the address of a head node: give HOST:PORT, on a node of the cluster"
        )
    host, colon, text = address.rpartition(":")
    if not colon:
        host, text = address, str(_DEFAULT_PORT)
    if not re.fullmatch(r"[!-~]+", host) or not re.fullmatch(r"[0-9]{1,5}", text):
        raise SettingError(f"{address!r} is not an address: give auto or HOST:PORT")
    port = int(text)
    if not 0 < port < 2**16:
        raise SettingError(f"{address!r} has no port from 1 to 65535")
    return host.strip("[]"), port


def _own_cluster() -> str:
    if address := os.environ.get("RAY_ADDRESS"):
        return address
    try:
        noted = (Path(os.environ.get("RAY_TMPDIR") or "/tmp") / _NOTE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        noted = ""
    if not noted:
        raise RayClusterError(
            "this machine is not a node of a Ray cluster: start Ray on it, or give HOST:PORT"
        )
    return noted


def _require_answer(host: str, port: int) -> None:
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_SECONDS) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.sendall(_PREFACE)
            head = connection.recv(_FRAME_HEAD)
    except TimeoutError:
        raise RayClusterError(
            f"Ray does not respond at {where} within {_ANSWER_SECONDS:.0f} s: is it the head?"
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise RayClusterError(f"Ray does not respond at {where}: {reason}") from None
    if len(head) < _FRAME_HEAD or head[3] != _SETTINGS_FRAME:
        raise RayClusterError(f"the server at {where} is not Ray")
