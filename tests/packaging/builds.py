"""Builds of this project, by the backend that pip uses."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.packaging.project import PROJECT

STEM = f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}"


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a `wheel` or an `sdist` of the project in `source`; returns its file in `target`."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (file,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return file


def wheel_contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpack(sdist: Path, target: Path) -> Path:
    """The folder of the project in an sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    return target / STEM
