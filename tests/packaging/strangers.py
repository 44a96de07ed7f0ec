"""A working directory whose files shadow modules, and leave a trace when imported."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

_PACKAGES = ("tui", "vae_engine", "numpy")


class Stranger:
    """A folder with a module for every name that this Python knows."""

    def __init__(self, parent: Path) -> None:
        """Make it: `folder` below `parent`, and the file of traces beside it."""
        self.folder = parent / "stranger"
        self.folder.mkdir(exist_ok=True)
        self._trace = parent / "imported"
        own = {"sitecustomize", "usercustomize", "vae_workbench", "ray", "mnist"}
        for name in sorted({*sys.stdlib_module_names, *packages_distributions(), *own}):
            file = self.folder / f"{name}.py"
            if name in _PACKAGES:
                file = self.folder / name / "__init__.py"
                file.parent.mkdir(exist_ok=True)
            if name.isidentifier():
                file.write_text(self._code(name))

    def _code(self, name: str) -> str:
        return (
            f"with open({str(self._trace)!r}, 'a') as trace: trace.write({name + chr(10)!r})\n"
            "import os\nos._exit(99)\n"
        )

    def imported(self) -> list[str]:
        """The names of the modules that somebody imported from here."""
        return self._trace.read_text().split() if self._trace.exists() else []
