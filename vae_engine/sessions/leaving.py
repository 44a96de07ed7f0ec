"""Wait for a worker that has written its last event to exit."""

from __future__ import annotations

import time

from vae_engine.sessions.session import Session

# It closes files and ends TensorFlow's threads; on a busy machine this takes a while.
LEAVING_SECONDS = 20.0
_POLL_SECONDS = 0.02


def let_leave(session: Session, seconds: float = LEAVING_SECONDS) -> bool:
    """Wait for the session's worker to exit if its run has ended; otherwise return immediately.

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
