"""Project rules: lint, format, types, spelling, and which way imports point."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=lambda command: " ".join(command),
)
def test_tool_finds_nothing(command: list[str]) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_spelling() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


HEAVY = (
    "vae_engine.model",
    "vae_engine.training",
    "vae_engine.worker.__main__",
    "vae_engine.sweeps.ray.runner",  # Ray is an extra.
)


def light_modules() -> list[str]:
    names = []
    for package in ("tui", "vae_engine"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not name.startswith(HEAVY):
                names.append(name.removesuffix(".__init__"))
    return names


def test_nothing_light_imports_tensorflow_or_scikit_learn() -> None:
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    heavy = {'tensorflow', 'keras', 'sklearn'} & set(sys.modules)\n"
        "    assert not heavy, f'{name} imports {heavy}'\n"
    )
    modules = light_modules()
    assert {"tui", "vae_engine", "vae_engine.api.saved", "vae_engine.worker.launcher"} <= set(
        modules
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# The Python API's, whose readers see no other; and the app's. Messages are nested in the widget
# that posts them, and always named with it.
TWICE = {"History", "SessionTable"}


def test_no_two_classes_have_one_name() -> None:
    found: dict[str, list[str]] = {}
    for package in ("tui", "vae_engine"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in found.items() if len(paths) > 1}
    assert twice.keys() == TWICE, twice
