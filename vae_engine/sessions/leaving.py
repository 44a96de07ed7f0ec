"""Waiting for a worker that has said its last word and is about to be gone."""

from __future__ import annotations

import time

from vae_engine.sessions.session import Session

# It has files to close and TensorFlow's threads to end; on a busy machine that takes a while.
LEAVING_SECONDS = 20.0
_POLL_SECONDS = 0.02


def let_leave(session: Session, seconds: float = LEAVING_SECONDS) -> bool:
    """Wait for the session's worker to be gone, if its run has ended; any other is not waited for.

    Returns:
        Whether no worker holds the session.

    Raises:
        SessionDamagedError: the event log cannot be read.
    """
    deadline = time.monotonic() + seconds
    while session.alive():
        session.poll(progress=False)
        if not session.log.run_is_over or time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
