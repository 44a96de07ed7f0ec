"""Run a module that dies with whoever started it: `python -m ...lifeline MODULE ARGUMENTS`.

A worker leads a session of its own and would outlive a lost node's Ray. Its standard input is the
lifeline: when the other end closes, however that comes about, the process ends at once.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

EXIT_ORPHANED = 5


def main() -> None:
    """Watch the lifeline, and run the module that the arguments name as `python -m` does."""
    # A worker puts another file in the place of its standard input.
    lifeline = os.dup(sys.stdin.fileno())
    threading.Thread(target=_watch, args=(lifeline,), name="lifeline", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    main()
