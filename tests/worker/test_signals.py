"""Which signals end a process in order: all terminating ones, except for faults."""

import subprocess
import sys

from vae_engine.worker.signals import ASKING_TO_GO, signal_name

# A process with nothing but the system's defaults, for each signal: does it end by it?
_TRY_EACH = """
import os, signal
for number in sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}):
    child = os.fork()
    if child == 0:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
        os._exit(0)
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    elif os.WIFSIGNALED(status):
        print(number)
"""


def test_every_signal_that_ends_a_process_is_heard_but_for_faults() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRY_EACH], capture_output=True, text=True, check=True
    )
    ending = {signal_name(int(line)) for line in done.stdout.split()}
    faults = {"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP"}
    elsewhere = {"SIGHUP", "SIGPIPE", "SIGXFSZ"}
    assert {signal_name(number) for number in ASKING_TO_GO} == ending - faults - elsewhere
    assert {"SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGQUIT", "SIGTERM", "SIGALRM"} <= ending


def test_they_are_heard_where_they_were_blocked_or_ignored() -> None:
    """As by a shell that ran the process in the background, or a batch system's wrapper."""
    script = (
        "import os, signal\n"
        "signal.signal(signal.SIGQUIT, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGQUIT])\n"
        "from vae_engine.worker.signals import when_asked_to_go\n"
        "heard = []\n"
        "when_asked_to_go(heard.append)\n"
        "for number in (signal.SIGUSR1, signal.SIGQUIT, signal.SIGRTMIN + 2):\n"
        "    os.kill(os.getpid(), number)\n"
        "print(heard)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['SIGUSR1', 'SIGQUIT', 'SIGRTMIN+2']"
