"""Versions that must be equal on all workers of a session."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("tensorflow", "keras", "numpy", "vae-workbench")


def compared_versions() -> dict[str, str]:
    """Return the versions by name: Python, the numerical packages, and this package."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # Another distribution, such as tensorflow-cpu.
        return "not installed"
