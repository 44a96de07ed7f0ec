"""One version, and project files that name only what exists."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from tests.packaging.project import PROJECT, ROOT, toml
from tui.cli.main import COMMANDS, cli

VERSION = PROJECT["version"]
RELEASE = re.compile(r"## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}")
GUIDES = [
    *(ROOT / ".github").rglob("*.*"),
    *ROOT.glob("*.md"),
    *(path for path in (ROOT / "docs").glob("*.md")),
]


def test_the_version_stands_in_pyproject_and_agrees_elsewhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [VERSION]
    headings = re.findall(r"^## .*$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "## Unreleased"
    releases = [RELEASE.fullmatch(heading) for heading in headings[1:]]
    assert all(releases), headings
    assert not releases or (releases[0] and releases[0][1] == VERSION)


def test_no_module_repeats_the_version() -> None:
    for package in ("tui", "vae_engine"):
        for path in (ROOT / package).rglob("*.py"):
            assert "__version__" not in path.read_text(), path


def test_the_licence_is_the_same_everywhere() -> None:
    assert f"license: {PROJECT['license']}\n" in (ROOT / "CITATION.cff").read_text()
    assert (ROOT / "LICENSE").read_text().startswith(f"{PROJECT['license']} License")
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file()


def test_addresses_are_named_everywhere_or_nowhere() -> None:
    """An address that one file names and another lacks is forgotten, or invented."""
    citation = (ROOT / "CITATION.cff").read_text()
    address = re.search(r"^repository-code: (.*)$", citation, re.MULTILINE)
    contact = re.search(r"https?://|\S+@\S+\.\w+", (ROOT / "SECURITY.md").read_text())
    assert bool(PROJECT.get("urls")) == bool(address) == bool(contact)
    if address:
        assert address[1] in PROJECT["urls"].values()


def commands(text: str) -> list[list[str]]:
    """The commands in code spans and code blocks."""
    text = text.replace("\\\n", " ")
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = [*spans, *(line for block in blocks for line in block.splitlines())]
    lines += re.findall(r"- run: (.*)", text)
    parts = [part for line in lines for part in re.split(r"&&|\|(?!\|)|;", line)]
    return [words for part in parts if (words := _words(part))]


def _words(part: str) -> list[str]:
    try:
        words = shlex.split(part, comments=True)
    except ValueError:
        return []
    while words and "=" in words[0]:
        words = words[1:]
    return words


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_in_a_guide_exists(guide: Path) -> None:
    for words in commands(guide.read_text()):
        program = Path(words[0]).name
        if program == "vae" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in COMMANDS, words
            found: click.Command | None = cli.get_command(click.Context(cli), words[1])
            if isinstance(found, click.Group) and len(words) > 2 and words[2].isalpha():
                found = found.commands.get(words[2])
            assert found is not None, words
            _require_options(found, words)
        if program.startswith("python") and words[1:2] == ["-m"] and not words[2].isupper():
            assert find_spec(words[2]) is not None, words
        if words[0].startswith(".ci"):
            assert (ROOT / words[0]).stat().st_mode & 0o111, words


def _require_options(command: click.Command, words: list[str]) -> None:
    # Click keeps the help option of the first context that asks: that of the commands.
    context = click.Context(command, help_option_names=["-h", "--help"])
    known = {name for one in command.get_params(context) for name in one.opts}
    for word in words:
        if match := re.match(r"\[?(--[a-z-]+)", word):
            assert match[1] in known, (match[1], words)


def test_every_marker_that_is_named_exists() -> None:
    markers = {
        line.split(":")[0]
        for line in toml("pyproject.toml")["tool"]["pytest"]["ini_options"]["markers"]
    }
    for guide in GUIDES:
        assert set(re.findall(r"pytest -m (\w+)", guide.read_text())) <= markers, guide


def test_hooks_before_a_commit_run_the_tools_of_the_tests() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    tools = set(re.findall(r"entry: \.venv/bin/([\w-]+)", hooks))
    rules = (ROOT / "tests/test_project_rules.py").read_text()
    assert tools
    assert all(re.search(rf'"{tool}(_lib)?"', rules) for tool in tools)


@pytest.mark.parametrize("template", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md")))
def test_issue_templates_have_what_github_wants(template: Path) -> None:
    head = re.match(r"---\n(.*?)\n---\n", template.read_text(), re.DOTALL)
    assert head is not None
    fields = dict(line.split(": ", 1) for line in head[1].splitlines())
    assert {"name", "about"} <= set(fields)
