"""Termination signals, such as a batch system sends before preemption."""

from __future__ import annotations

import signal
from collections.abc import Callable

_LEFT_ALONE = {
    # Faults after which the process cannot continue, and signals that cannot be caught.
    *("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGKILL"),
    # A closed terminal, a closed pipe, a file that is too large: handled elsewhere.
    *("SIGHUP", "SIGPIPE", "SIGXFSZ"),
    # These do not end a process.
    *("SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"),
    "SIGINFO",
}


def signal_name(number: int) -> str:
    """Return a signal's name, such as `SIGTERM`; most real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"


ASKING_TO_GO = tuple(
    sorted(number for number in signal.valid_signals() if signal_name(number) not in _LEFT_ALONE)
)
"""All signals that end a process by default, except faults."""


def when_asked_to_go(note: Callable[[str], object]) -> None:
    """Call `note` with the name of each termination signal, in a handler of the main thread.

    They are handled even if the parent had blocked or ignored them.
    """
    for number in ASKING_TO_GO:
        signal.signal(number, lambda caught, _: note(signal_name(caught)))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING_TO_GO)
