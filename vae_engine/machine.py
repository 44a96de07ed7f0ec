"""This machine: its processors, its versions, commands that run modules in separate processes."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from vae_engine.settings import SETTINGS, Settings, usual_batch_parts

Kernels = Literal["auto", "onednn", "eigen"]

_SAFE_PATH = "PYTHONSAFEPATH"
_ONEDNN_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
_CPU_INFO = Path("/proc/cpuinfo")
_CGROUP = Path("/sys/fs/cgroup")
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


def usable_cores() -> float:
    """Return how many cores' time this process may use: by affinity, and its group's quota."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return min(float(usable), _quota() or float(usable))


def _quota() -> float | None:
    """Return the quota of this process's control group in cores; None if unlimited."""
    try:
        limit, period = (_CGROUP / "cpu.max").read_text(encoding="ascii").split()
        quota = int(limit) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None  # No control groups, or "max".
    return quota if quota > 0 else None


def memory_room() -> tuple[int, int]:
    """Return the memory that this process could still have, and may have in all, in bytes."""
    import psutil

    memory, limit = psutil.virtual_memory(), _group_number("memory.max")
    if limit is None:
        return memory.available, memory.total
    used = _group_number("memory.current") or 0
    # Of the group's memory the files' pages are given back first.
    room = limit - used + _inactive_files()
    return max(0, min(memory.available, room)), min(memory.total, limit)


def _inactive_files() -> int:
    try:
        words = (_CGROUP / "memory.stat").read_text(encoding="ascii").split()
        return int(words[words.index("inactive_file") + 1])
    except (OSError, ValueError, IndexError):
        return 0


def _group_number(name: str) -> int | None:
    """Return a number of this process's control group; None if there is none, or "max"."""
    try:
        return int((_CGROUP / name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def with_machine_settings(settings: Settings) -> Settings:
    """Replace `threads` 0, `batch_parts` 0 and `kernels` auto by what this machine uses.

    Equal bits need equal numbers of threads and parts and equal kernels, so all are recorded.
    """
    threads = settings.threads or usable_processors()
    return msgspec.structs.replace(
        settings,
        threads=threads,
        batch_parts=settings.batch_parts or usual_batch_parts(threads),
        kernels=_faster_kernels() if settings.kernels == "auto" else settings.kernels,
    )


def use_kernels(kernels: Kernels) -> None:
    """Have TensorFlow use these kernels; it reads the environment when it is imported.

    `auto` leaves it to TensorFlow, as for sessions from before the setting existed.
    """
    if kernels != "auto":
        os.environ[_ONEDNN_VARIABLE] = "1" if kernels == "onednn" else "0"


def _faster_kernels() -> Kernels:
    """oneDNN's on x86 with AVX2, where TensorFlow uses them only with AVX-512; see decision 41."""
    chosen = os.environ.get(_ONEDNN_VARIABLE)
    if chosen in ("0", "1"):
        return "onednn" if chosen == "1" else "eigen"
    try:
        flags = _CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return "auto"
    return "onednn" if " avx2 " in flags else "auto"


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
