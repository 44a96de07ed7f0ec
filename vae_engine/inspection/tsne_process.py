"""The process that computes t-SNE: `python -m vae_engine.inspection.tsne_process`.

z_mean comes on stdin as `.npy`; replies go to stdout, as in `vae_engine.replies`.
"""

from __future__ import annotations

import io
import sys

import numpy as np
from numpy.typing import NDArray

from vae_engine.engine_process import EngineProcess
from vae_engine.errors import EngineError
from vae_engine.inspection.messages import PointsPlaced, Reply, receive_reply
from vae_engine.inspection.packed_array import Array
from vae_engine.inspection.tsne import ReportSteps, tsne
from vae_engine.replies import Progressed, TaskFailed, open_replies, send

_ENDED = "The process that computes t-SNE ended unexpectedly: try again"


class TsneProcess:
    """Computes t-SNE in a process of its own, which may be ended at any time."""

    def __init__(self) -> None:
        # A thread that spins while it waits starves on a machine that trains.
        environment = {"OMP_WAIT_POLICY": "passive"}
        self._process = EngineProcess[Reply](receive_reply, __name__, environment=environment)

    def run(self, z_mean: NDArray[np.float32], report: ReportSteps) -> NDArray[np.float32] | None:
        """Compute, as `tsne` does; None if it was cancelled.

        Raises:
            EngineError: it cannot be computed.
        """
        packed = io.BytesIO()
        np.save(packed, z_mean, allow_pickle=False)
        last: list[Reply] = []

        def take(reply: Reply) -> None:
            if isinstance(reply, Progressed):
                report(reply.done, reply.total)
            else:
                last.append(reply)

        try:
            self._process.start()
            self._process.give(packed.getvalue())
            self._process.follow(take)
        except OSError as error:
            raise EngineError(f"t-SNE cannot be computed: {error.strerror}") from None
        finally:
            cancelled = self._process.closed
            self.cancel()
        if cancelled:
            return None
        match last:
            case [PointsPlaced() as placed]:
                places: NDArray[np.float32] = placed.places.values
                return places
            case [TaskFailed() as failed]:
                raise failed.error
        raise EngineError(_ENDED)

    def cancel(self) -> None:
        """End the process; `run` returns then."""
        self._process.close()


def main() -> int:
    """Read z_mean, reply with its places."""
    replies = open_replies()
    z_mean = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    try:
        places = tsne(z_mean, lambda done, total: send(replies, Progressed("t-SNE", done, total)))
        send(replies, PointsPlaced(Array.of(places)))
    except EngineError as error:
        send(replies, TaskFailed.of("t-SNE", error))
        return 1
    except BrokenPipeError:
        # The app was left.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
