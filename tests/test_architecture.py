"""docs/architecture.md: what it names exists, every package is on it, and its walks go one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.test_project_rules import ROOT

PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text()
TABLE = TEXT.partition("## Invariants")[0]
# A step behind which another process goes on: it imports nothing of the next one.
PROCESS = "vae_engine/worker/__main__.py"


def paths() -> list[str]:
    """The paths in code spans."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
    roots = ("tui/", "vae_engine/", "tests/", "vae_workbench.py", "pyproject.toml", ".importlinter")
    return [span for span in spans if span.startswith(roots)]


def walks() -> dict[str, list[str]]:
    """The modules of each walk, in order."""
    parts = re.split(r"^## Walk: (.*)$", TEXT, flags=re.MULTILINE)
    names, texts = parts[1::2], parts[2::2]
    return {
        name: re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)
        for name, text in zip(names, texts, strict=True)
    }


def imports(path: str) -> set[str]:
    """The paths of the modules of this project that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {f"{name.replace('.', '/')}.py" for name in found}


def test_what_the_page_names_exists() -> None:
    assert len(paths()) > 60
    assert [path for path in paths() if not (ROOT / path).exists()] == []


def steps() -> list[tuple[str, str]]:
    """The path and the text of each step of the walks."""
    parts = re.split(r"^\d+\. `([^`]+)`", TEXT, flags=re.MULTILINE)
    return [
        (path, text.partition("\n\n")[0])
        for path, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def defined(path: str) -> set[str]:
    """The names that a module defines; those in classes as `Class.name`, too."""
    found: set[str] = set()

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            names: list[str] = []
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names = [node.name]
            elif isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            found.update(f"{prefix}{name}" for name in names)
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{node.name}.")

    visit(ast.parse((ROOT / path).read_text()).body, "")
    return found


def test_names_in_the_code_exist() -> None:
    """`NAME` in `path`, and functions, classes and methods behind the path of a step."""
    named = re.findall(r"`(\w+)` (?:in|of) `([\w/.]+\.py)`", TEXT)
    for path, text in steps():
        spans = re.findall(r"`([^`]+)`", text)
        # Not commands and files.
        code = [span for span in spans if re.fullmatch(r"[A-Z]\w*(\.\w+)?|\w+_\w+", span)]
        named += [(name, path) for name in code]
    assert len(named) > 20
    for name, path in named:
        known = defined(path)
        inner = {one.partition(".")[2] for one in known}
        assert name in known | inner, (name, path)


def test_every_package_is_on_the_page() -> None:
    packages = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for top in ("tui", "vae_engine")
        for path in (ROOT / top).rglob("__init__.py")
    }
    rows = set(re.findall(r"^\| `([^`]+/)` \|", TABLE, re.MULTILINE))
    assert rows == packages


@pytest.mark.parametrize("walk", walks().values(), ids=walks().keys())
def test_a_walk_goes_one_way(walk: list[str]) -> None:
    """Each module was imported by one before it, and imports none that led to it."""
    assert len(walk) > 5
    assert len(set(walk)) == len(walk)
    for at, path in enumerate(walk[1:], 1):
        led = [before for before in walk[:at] if path in imports(before)]
        assert led or path == PROCESS, f"nothing leads to {path}"
        assert imports(path).isdisjoint(led), f"{path} goes back"


def test_others_lead_to_the_page() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        assert "docs/architecture.md" in (ROOT / name).read_text(), name
    for link in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (PAGE.parent / link).exists(), link


def test_the_page_is_where_tests_look() -> None:
    assert Path(__file__).name in TEXT
