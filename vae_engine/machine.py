"""This machine: its processors, its versions, commands that run modules in separate processes."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterator

import msgspec

from vae_engine.settings import SETTINGS, Settings

_SAFE_PATH = "PYTHONSAFEPATH"
_COMPARED_PACKAGES = ("tensorflow", "keras", "numpy", "vae-workbench")


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


def usable_processors() -> int:
    """Count the processors that this process may use, up to the maximum of `threads`."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return min(usable, int(SETTINGS["threads"].high))


def with_threads(settings: Settings) -> Settings:
    """Replace `threads` 0 by a number: equal bits need equal numbers of threads."""
    if settings.threads:
        return settings
    return msgspec.structs.replace(settings, threads=usable_processors())


def compared_versions() -> dict[str, str]:
    """Return the versions by name: Python, the numerical packages, and this package."""
    packages = {name: _version(name) for name in _COMPARED_PACKAGES}
    return {"python": platform.python_version(), **packages}


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # Few need it, and it is slow.

    try:
        return version(name)
    except PackageNotFoundError:  # Another distribution, such as tensorflow-cpu.
        return "not installed"
