"""The wheel in an environment of its own, outside the clone: `python -m pytest -m wheel`.

With `VAE_WHEEL_FULL=1` pip installs everything anew, which takes minutes and needs an index;
otherwise the environment borrows the dependencies of this one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.packaging.builds import build
from tests.packaging.project import PROJECT, ROOT

pytestmark = pytest.mark.wheel

SMALL = ("--limit", "256", "--epochs", "1", "--filters", "4,8", "--dense-units", "16")


class Installation:
    """A virtual environment with the wheel, used from an empty folder with an empty home."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "environment" / "bin" / "python"
        self._folder = folder / "elsewhere"
        (self._folder / "home").mkdir(parents=True)
        self._run(sys.executable, "-m", "venv", folder / "environment")
        wheel = build("wheel", ROOT, folder / "dist")
        install = (self.python, "-m", "pip", "install", "--quiet")
        if os.environ.get("VAE_WHEEL_FULL"):
            self._run(*install, "--constraint", ROOT / "constraints.txt", wheel)
            self._run(self.python, "-m", "pip", "check")
        else:
            self._run(*install, "--no-deps", wheel)
            (site,) = (folder / "environment").glob("lib/python*/site-packages")
            (site / "borrowed.pth").write_text("\n".join(_site_packages()))

    def vae(self, *arguments: str) -> str:
        return self._run(self.python.with_name("vae"), *arguments)

    def evaluate(self, expression: str) -> str:
        """What an expression is, in its Python."""
        return self._run(self.python, "-c", f"print({expression})").strip()

    def _run(self, *command: str | Path) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={**kept, "HOME": str(self._folder / "home")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout


def _site_packages() -> list[str]:
    """Where this environment's packages lie, the clone aside."""
    found = [*sys.path, sysconfig.get_paths()["purelib"]]
    return [path for path in dict.fromkeys(found) if path.endswith("site-packages")]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("wheel"))


def test_the_modules_are_those_of_the_wheel(installed: Installation) -> None:
    for module in ("tui", "vae_engine", "vae_workbench"):
        file = Path(installed.evaluate(f"__import__({module!r}).__file__"))
        assert installed.python.parents[1] in file.parents
    assert installed.vae("--version") == f"vae {PROJECT['version']}\n"


def test_it_trains_on_mnist(installed: Installation) -> None:
    assert "completed after 1 epoch" in installed.vae("train", *SMALL, "--plain")
    listed = json.loads(installed.vae("sessions", "--json"))
    assert [session["status"] for session in listed] == ["completed"]
    assert installed.vae("show", "latest")


def test_it_samples_the_example(installed: Installation) -> None:
    assert installed.vae("sample", "example", "-o", "samples.png") == (
        "wrote 64 samples of seed 0 to samples.png\n"
    )
    assert "example" in installed.vae("sessions")


def test_it_has_the_notice_of_mnist_and_types(installed: Installation) -> None:
    folder = "__import__('pathlib').Path(__import__('vae_engine').__file__).parent"
    assert installed.evaluate(f"({folder} / 'py.typed').is_file()") == "True"
    notice = installed.evaluate(f"({folder} / 'datasets/MNIST-NOTICE.md').read_text()")
    assert "CC BY-SA 3.0" in notice or "Attribution-Share Alike 3.0" in notice
