"""Wait for a state, with a deadline instead of a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE = 180.0


def wait_for(
    condition: Callable[[], bool], seconds: float = DEADLINE, state: Callable[[], str] = str
) -> None:
    """Poll until the condition holds; `state` says in the failure how far things are."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain {state()}"
        time.sleep(0.02)
