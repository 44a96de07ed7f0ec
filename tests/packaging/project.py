"""Contents of `pyproject.toml`, `uv.lock` and `constraints.txt`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13")


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


PROJECT: dict[str, Any] = toml("pyproject.toml")["project"]


def environment(python: str) -> dict[str, str]:
    """What markers see under Linux with this Python."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def declared() -> list[tuple[str, Requirement]]:
    """Every requirement, with the extra that has it ("" for those of all installations)."""
    own = canonicalize_name(PROJECT["name"])
    groups = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    found = [(extra, Requirement(line)) for extra, lines in groups.items() for line in lines]
    return [(extra, each) for extra, each in found if canonicalize_name(each.name) != own]


def constraints() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def pinned(python: str) -> dict[str, list[str]]:
    """The versions that the constraints leave of each package under Linux with this Python."""
    found: dict[str, list[str]] = {}
    for each in constraints():
        if each.marker is None or each.marker.evaluate(environment(python)):
            (specifier,) = each.specifier
            assert specifier.operator == "==", each
            found.setdefault(canonicalize_name(each.name), []).append(specifier.version)
    return found
