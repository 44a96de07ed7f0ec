"""In a new environment two processes compile what the tests import, and the others read it.

All would compile the same at the same time: 72 s of processor time for four processes, not 45.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

FIRST = ("gw0", "gw1")
PATIENCE = 300.0
_FOLDER = pytest.StashKey[str]()


def is_compiled(package: str = "tensorflow") -> bool:
    """Whether Python has compiled a package before."""
    spec = find_spec(package)
    return spec is not None and spec.cached is not None and Path(spec.cached).exists()


def turns_folder(config: pytest.Config) -> str:
    """A folder of the run in which those who have compiled say so; empty if nobody needs to."""
    if _FOLDER not in config.stash:
        if is_compiled():
            config.stash[_FOLDER] = ""
        else:
            folder = tempfile.TemporaryDirectory(prefix="compiled-")
            config.add_cleanup(folder.cleanup)
            config.stash[_FOLDER] = folder.name
    return config.stash[_FOLDER]


@contextmanager
def in_turn(folder: str, worker: str) -> Iterator[None]:
    """Run the block, which imports the tests, in two processes first and then in the others.

    The second begins with TensorFlow while the first compiles all else.
    """
    if not folder:
        yield
        return
    if worker == FIRST[1]:
        import_module("vae_engine.training.export")
    if worker not in FIRST:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not all(
            (Path(folder) / one).exists() for one in FIRST
        ):
            time.sleep(0.1)
    try:
        yield
    finally:
        if worker in FIRST and Path(folder).exists():
            (Path(folder) / worker).touch()
