"""Run a module that exits with its parent: `python -m ...lifeline MODULE ARGUMENTS`.

A worker leads its own process session and would outlive Ray on a lost node. Its standard input is
the lifeline: when the other end closes for any reason, the process exits immediately.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

EXIT_ORPHANED = 5


def main() -> None:
    """Watch the lifeline, and run the module that the arguments name, like `python -m`."""
    # A worker replaces its standard input.
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
