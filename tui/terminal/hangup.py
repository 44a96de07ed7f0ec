"""Exit when the terminal goes away.

Textual's input thread spins for ever on a terminal that is gone when SIGHUP is ignored, as under
nohup; and where the terminal went with no signal, as behind some multiplexers, nothing tells it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

_POLL_MILLISECONDS = 2000
_GRACE_SECONDS = 0.5
EXIT_HANGUP = 128 + signal.SIGHUP
EXIT_TERMINATED = 128 + signal.SIGTERM


def leave_with_terminal(leave: Callable[[int], None]) -> None:
    """Call `leave` in the running loop, with an exit code, when the terminal goes away.

    After a hang-up the process ends within a second, whatever still hangs on the terminal.
    """
    loop = asyncio.get_running_loop()

    def hang_up() -> None:
        watchdog = threading.Timer(_GRACE_SECONDS, os._exit, (EXIT_HANGUP,))
        watchdog.daemon = True
        watchdog.start()
        leave(EXIT_HANGUP)

    loop.add_signal_handler(signal.SIGHUP, hang_up)
    loop.add_signal_handler(signal.SIGTERM, leave, EXIT_TERMINATED)
    threading.Thread(
        target=_await_hangup, args=(loop, hang_up), name="terminal-watch", daemon=True
    ).start()


def _await_hangup(loop: asyncio.AbstractEventLoop, hang_up: Callable[[], None]) -> None:
    if sys.__stdin__ is None:
        return
    poll = select.poll()
    # No event mask: errors and hang-ups are always reported.
    poll.register(sys.__stdin__.fileno(), 0)
    while not loop.is_closed():
        if poll.poll(_POLL_MILLISECONDS):
            # The loop may have ended meanwhile.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(hang_up)
            return
