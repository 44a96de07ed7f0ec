"""What is said of a run that ended before it trained, and left the session as it was."""

from __future__ import annotations

import time

from tui.text import REASONS, one_line
from vae_engine.sessions.progress import Attempt

_ENDED = {
    "failed": "failed",
    "interrupted": "was interrupted",
    "stopped": "was stopped",
    "diverged": "diverged",
    "completed": "ended",
}


def attempt_text(attempt: Attempt, last_words: str = "") -> str:
    """`attempt at 14:03 failed: the disk is full`.

    Args:
        attempt: which.
        last_words: what the log tells, of one that has no last word.
    """
    now, then = time.localtime(), time.localtime(attempt.time)
    today = now[:3] == then[:3]
    when = time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
    if attempt.status is None:
        said = f"attempt at {when} failed: its worker exited unexpectedly"
        return one_line(f"{said} ({last_words})" if last_words else said)
    why = REASONS.get(attempt.reason, attempt.reason)
    return one_line(f"attempt at {when} {_ENDED[attempt.status]}: {why}")
