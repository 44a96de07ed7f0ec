"""The process that computes t-SNE: `python -m vae_engine.inspection.tsne_process`.

z_mean comes on stdin as `.npy`; replies go to stdout, as in `vae_engine.inspection.messages`.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import EngineError
from vae_engine.inspection.messages import Failed, PointsPlaced, Progressed, receive_reply, send
from vae_engine.inspection.packed_array import Array
from vae_engine.inspection.tsne import ReportSteps, tsne
from vae_engine.machine import module_command

_ENDED = "The process that computes t-SNE ended unexpectedly: try again"


class TsneProcess:
    """Computes t-SNE in a process of its own, which may be ended at any time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._cancelled = False

    def run(self, z_mean: NDArray[np.float32], report: ReportSteps) -> NDArray[np.float32] | None:
        """Compute, as `tsne` does; None if it was cancelled.

        Raises:
            EngineError: it cannot be computed.
        """
        with self._lock:
            if self._cancelled:
                return None
            try:
                self._process = process = subprocess.Popen(
                    module_command(__name__),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    # A thread that spins while it waits starves on a machine that trains.
                    env={**os.environ, "OMP_WAIT_POLICY": "passive"},
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineError(f"t-SNE cannot be computed: {error.strerror}") from None
        with process:
            try:
                found = _exchange(process, z_mean, report)
            finally:
                process.kill()
        if self._cancelled:
            return None
        if found is None:
            raise EngineError(_ENDED)
        return found

    def cancel(self) -> None:
        """End the process; `run` returns then."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()


def _exchange(
    process: subprocess.Popen[bytes], z_mean: NDArray[np.float32], report: ReportSteps
) -> NDArray[np.float32] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    packed = io.BytesIO()
    np.save(packed, z_mean, allow_pickle=False)
    try:
        with process.stdin as stdin:
            stdin.write(packed.getvalue())
    except OSError:
        # It was ended.
        return None
    while (reply := receive_reply(process.stdout)) is not None:
        if isinstance(reply, Progressed):
            report(reply.done, reply.total)
        elif isinstance(reply, Failed):
            raise EngineError(reply.problem)
        elif isinstance(reply, PointsPlaced):
            places: NDArray[np.float32] = reply.places.values
            return places
    return None


def main() -> int:
    """Read z_mean, reply with its places."""
    # The terminal sends it to all of its processes; the app decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    z_mean = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    # What libraries print must not come between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        places = tsne(z_mean, lambda done, total: send(replies, Progressed("t-SNE", done, total)))
        send(replies, PointsPlaced(Array.of(places)))
    except EngineError as error:
        send(replies, Failed("t-SNE", str(error)))
        return 1
    except BrokenPipeError:
        # The app was left.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
