"""Contents of the wheel and the sdist."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.packaging.builds import STEM, build, unpack, wheel_contents
from tests.packaging.project import PROJECT, ROOT
from tests.sharing import made_once
from vae_engine.sessions.example import EXAMPLES

INFO = f"{STEM}.dist-info"
EXAMPLE = "vae_workbench_example"
MOST_BYTES = 25e6


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `wheel/`, `sdist/`, the sdist in `unpacked/`, and its wheel in `again/`."""

    def make(folder: Path) -> None:
        build("wheel", ROOT, folder / "wheel")
        source = unpack(build("sdist", ROOT, folder / "sdist"), folder / "unpacked")
        build("wheel", source, folder / "again")

    return made_once(tmp_path_factory, "builds", make)


@pytest.fixture(scope="module")
def contents(builds: Path) -> dict[str, bytes]:
    (wheel,) = (builds / "wheel").iterdir()
    assert wheel.stat().st_size < MOST_BYTES
    return wheel_contents(wheel)


def wanted() -> Iterator[str]:
    """The files of the repository that belong in the wheel, by their names in it."""
    for package in ("tui", "vae_engine"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()
    yield "vae_workbench.py"
    for example in EXAMPLES:
        for path in (ROOT / "sessions" / example.id).rglob("*"):
            if path.is_file():
                yield f"{EXAMPLE}/{path.relative_to(ROOT / 'sessions').as_posix()}"


def test_the_wheel_has_the_packages_the_example_and_nothing_else(
    contents: dict[str, bytes],
) -> None:
    installed = {name for name in contents if not name.startswith(f"{INFO}/")}
    assert installed == set(wanted())
    kinds = {Path(name).suffix for name in installed if not name.startswith(EXAMPLE)}
    assert kinds == {".py", ".tcss", ".typed", ".npz", ".md"}


def test_the_wheel_has_nothing_that_git_ignores(contents: dict[str, bytes]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a clone")
    names = listed.stdout.split("\0")
    known = {*names, *(name.replace("sessions/", "vae_workbench_example/", 1) for name in names)}
    assert {name for name in contents if not name.startswith(INFO)} <= known


def test_every_stylesheet_licence_and_marker_is_in(contents: dict[str, bytes]) -> None:
    notice = (ROOT / "vae_engine/datasets/MNIST-NOTICE.md").read_bytes()
    assert contents["vae_engine/datasets/MNIST-NOTICE.md"] == notice
    assert contents[f"{INFO}/licenses/vae_engine/datasets/MNIST-NOTICE.md"] == notice
    assert contents[f"{INFO}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert {
        "tui/py.typed",
        "vae_engine/py.typed",
        *(f"{EXAMPLE}/{example.id}/session.json" for example in EXAMPLES),
    } <= set(contents)
    styles = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tui").rglob("*.tcss")}
    assert len(styles) > 5
    assert styles <= set(contents)


def test_the_metadata_are_those_of_the_project(contents: dict[str, bytes]) -> None:
    metadata = BytesParser().parsebytes(contents[f"{INFO}/METADATA"])
    assert (metadata["Name"], metadata["Version"]) == (PROJECT["name"], PROJECT["version"])
    assert metadata["Requires-Python"].replace(" ", "") in {
        PROJECT["requires-python"],
        ",".join(reversed(PROJECT["requires-python"].split(","))),
    }
    required = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    plain = {str(one) for one in required if one.marker is None}
    assert plain == {str(Requirement(line)) for line in PROJECT["dependencies"]}
    assert "[console_scripts]\nvae = vae_workbench:main\n" in contents[
        f"{INFO}/entry_points.txt"
    ].decode().replace("\r", "")


def test_the_sdist_builds_the_same_wheel(builds: Path, contents: dict[str, bytes]) -> None:
    (wheel,) = (builds / "again").iterdir()
    assert wheel_contents(wheel) == contents
    source = builds / "unpacked" / STEM
    for name in ("tests/conftest.py", "docs/command-line.md", "constraints.txt", "uv.lock"):
        assert (source / name).is_file()
