"""Commands that run modules of this package in separate processes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_SAFE_PATH = "PYTHONSAFEPATH"


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module as `__main__`.

    `-P` removes the working directory from the path: it may be a foreign dataset with a `json.py`.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


@contextlib.contextmanager
def working_directory_off_path() -> Iterator[None]:
    """Do the same for processes that a library starts, such as those of `multiprocessing`.

    They run `python -c`, which looks for modules in the working directory first.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before
