"""`vae` where another package is called `tui` as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.project import PROJECT, ROOT

OTHERS = {
    "package": "tui/__init__.py",
    "package with the same modules": "tui/__main__.py",
    "module": "tui.py",
    "folder": "tui/notes.txt",
}
_SHOUT = "def main():\n    print('the other one')\nmain()\n"


def vae(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the script `vae` runs, with a folder that comes first on the path."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "vae_workbench", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_runs_what_is_tested_here() -> None:
    assert PROJECT["scripts"] == {"vae": "vae_workbench:main"}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_tui_on_the_path_is_ignored(tmp_path: Path, other: str) -> None:
    file = tmp_path / other
    file.parent.mkdir(exist_ok=True)
    file.write_text(_SHOUT)
    if file.name == "__main__.py":
        file.with_name("__init__.py").write_text(_SHOUT)
    done = vae(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"vae {PROJECT['version']}\n"), done.stderr


@pytest.mark.parametrize("found", ["another", "nothing"])
def test_another_tui_installed_over_ours_is_named(tmp_path: Path, found: str) -> None:
    (tmp_path / "vae_engine").symlink_to(ROOT / "vae_engine")
    (tmp_path / "tui").mkdir()
    if found == "another":
        (tmp_path / "tui" / "__init__.py").write_text("")
    done = vae(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    said = {
        "another": f"another package was installed over {tmp_path}/tui: install vae-workbench into",
        "nothing": f"{tmp_path}/tui is incomplete: install vae-workbench again",
    }
    assert line.startswith(f"vae: {said[found]}")
