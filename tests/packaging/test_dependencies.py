"""Bounds, lock and constraints agree; README's commands use the constraints."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.packaging.project import PROJECT, PYTHONS, ROOT, constraints, declared, pinned, toml

LOCKED = {(package["name"], package["version"]): package for package in toml("uv.lock")["package"]}
OWN = canonicalize_name(PROJECT["name"])


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    for extra, requirement in declared():
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators >= {">=", "<"}, f"{requirement} ({extra or 'dependencies'})"


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_each_dependency_once_and_within_its_bounds(python: str) -> None:
    versions = pinned(python)
    assert {name: found for name, found in versions.items() if len(found) != 1} == {}
    for _, requirement in declared():
        (version,) = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} and =={version}"


def test_constraints_are_what_the_lock_holds() -> None:
    pins = {
        (canonicalize_name(each.name), specifier.version)
        for each in constraints()
        for specifier in each.specifier
    }
    assert pins == {key for key in LOCKED if key[0] != OWN}


def test_lock_was_made_from_these_bounds() -> None:
    (project,) = (package for (name, _), package in LOCKED.items() if name == OWN)
    extras = {"": "", **{f"extra == '{name}'": name for name in PROJECT["optional-dependencies"]}}
    locked = {
        (extras[each.get("marker", "")], each["name"], SpecifierSet(each["specifier"]))
        for each in project["metadata"]["requires-dist"]
        if each["name"] != OWN
    }
    wanted = {(extra, canonicalize_name(each.name), each.specifier) for extra, each in declared()}
    assert locked == wanted, "the lock is older than pyproject.toml: see CONTRIBUTING.md"
    assert toml("uv.lock")["requires-python"].replace(" ", "") == PROJECT["requires-python"]


def test_lock_comes_from_the_public_index() -> None:
    for (name, _), package in LOCKED.items():
        if name != OWN:
            assert package["source"] == {"registry": "https://pypi.org/simple"}, name


def test_supported_pythons_are_those_of_the_classifiers_and_the_workflow() -> None:
    supported = SpecifierSet(PROJECT["requires-python"])
    tried = [f"3.{minor}" for minor in range(9, 20) if supported.contains(f"3.{minor}.1")]
    assert tuple(tried) == PYTHONS
    classifiers = (line.rpartition(" :: ") for line in PROJECT["classifiers"])
    named = [name for group, _, name in classifiers if group == "Programming Language :: Python"]
    assert named == tried
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    assert all(f'"{python}"' in workflow for python in tried)


def test_commands_of_the_readme_install_what_was_tested() -> None:
    installs = [
        line
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("python3 -m venv")
    ]
    assert len(installs) == 2
    for line in installs:
        assert "pip install --quiet --constraint constraints.txt --editable" in line
