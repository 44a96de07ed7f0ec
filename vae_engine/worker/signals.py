"""The signals by which a system asks a process to go, as a batch system does before it preempts."""

from __future__ import annotations

import signal
from collections.abc import Callable

_LEFT_ALONE = {
    # Faults of the process itself, after which it cannot go on, and what none can catch.
    *("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGKILL"),
    # A terminal that goes, a reader that goes, a file that is too large: dealt with elsewhere.
    *("SIGHUP", "SIGPIPE", "SIGXFSZ"),
    # These do not end a process.
    *("SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"),
    "SIGINFO",
}


def signal_name(number: int) -> str:
    """What a signal is called: `SIGTERM`; of the real-time ones those between have no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"


ASKING_TO_GO = tuple(
    sorted(number for number in signal.valid_signals() if signal_name(number) not in _LEFT_ALONE)
)
"""All whose default is to end the process, but for faults."""


def when_asked_to_go(note: Callable[[str], object]) -> None:
    """Call `note` with the name of each such signal, in a handler of the main thread.

    They are heard even where whoever started the process had them blocked or ignored.
    """
    for number in ASKING_TO_GO:
        signal.signal(number, lambda caught, _: note(signal_name(caught)))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING_TO_GO)
