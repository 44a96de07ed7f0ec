"""The documents: line width, and wordings that were replaced."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_project_rules import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WIDTH = 120
# CONTRIBUTING.md names the rules.
WORDINGS = {
    r"\b(nats|samples|bits|z) an? (image|dimension)\b": "per",
    r"\b(images|bytes|times|events|draws) a (second|minute|step)\b": "per",
    r"\b(an?|one) (row|line|file|entry|object) an? (epoch|image|session|trial|setting)\b": "per",
    r"\banew\b": "again",
    r"\blearnt\b": "learned",
    r"\bwithout a word\b": "without a message",
    r"\bso many (epochs|seconds|images|steps|trials|seeds|rows|pixels|of)\b": "the number of",
    r"\b(is|are|was|were) told\b": "is reported, is called with",
    r"\bthe pen\b|\bthe house\b|\blast words?\b": "the thing itself, no metaphor",
}


def prose(page: Path) -> list[tuple[int, str]]:
    """Return numbered lines outside code and tables, with code spans and link targets removed."""
    fenced, lines = False, []
    for number, line in enumerate(page.read_text().split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "    ", "![")):
            lines.append((number, line))
    return lines


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_fit(page: Path) -> None:
    assert [number for number, line in prose(page) if len(line) > WIDTH] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_wording(page: Path) -> None:
    text = re.sub(r"`[^`]*`", lambda code: "\n" * code[0].count("\n"), page.read_text())
    found = [
        f"{page.name}:{text[: match.start()].count(chr(10)) + 1}: {match[0]!r}, better: {better}"
        for wording, better in WORDINGS.items()
        for match in re.finditer(wording.replace(" ", r"\s+"), text, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize("package", ["tui", "vae_engine", "benchmarks"])
def test_wording_of_docstrings_and_comments(package: str) -> None:
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        for line, text in _written(path.read_text()):
            text = re.sub(r"`[^`]*`", "", text)
            found += [
                f"{path.relative_to(ROOT)}:{line}: {match[0]!r}, better: {better}"
                for wording, better in WORDINGS.items()
                for match in re.finditer(wording.replace(" ", r"\s+"), text, re.IGNORECASE)
            ]
    assert found == []


def _written(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings and comments, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.lineno, str(node.value.value)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_the_test_command_is_one_line() -> None:
    """`.ci/run` takes the first line of the block."""
    (block,) = re.findall(
        r"<!-- test command -->\n```sh\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert block.startswith("python3 -m venv .venv && ")
    assert block.endswith(" && .venv/bin/python -m pytest -n auto")
    assert "\n" not in block


def test_the_files_that_a_page_names_exist() -> None:
    """Old: docs/reliability.md named a module that had moved."""
    named = 0
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for path in re.findall(r"`((?:tui|vae_engine|benchmarks|tests|docs)/[\w/.-]+)`", text):
            named += 1
            # docs/reliability.md leaves out the folder of tests where it says so.
            assert (ROOT / path).exists() or (ROOT / "tests" / path).exists(), (page.name, path)
        for name in re.findall(r"`((?:[\w]+/)*test_\w+\.py)`", text):
            found = list((ROOT / "tests").rglob(Path(name).name))
            assert any(path.as_posix().endswith(name) for path in found), (page.name, name)
    assert named > 100
