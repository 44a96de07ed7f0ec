"""How modules of this package are run in processes of their own."""

from __future__ import annotations

import sys


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module as `__main__`.

    `-P` keeps the working directory off the path: it may be a stranger's dataset with a `json.py`.
    """
    return [sys.executable, "-P", "-m", module, *arguments]
