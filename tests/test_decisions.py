"""The decisions: three parts each, and an index that lists them all.

`VAE_INDEX=write .venv/bin/python -m pytest tests/test_decisions.py` writes the index again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.test_project_rules import ROOT

FOLDER = ROOT / "docs" / "decisions"
INDEX = FOLDER / "README.md"
PAGES = sorted(
    path for path in FOLDER.glob("*.md") if path.name not in ("README.md", "template.md")
)
PARTS = ["Context", "Decision", "Consequences"]
_ENTRY = re.compile(r"^- \[(\d+)\]\(([^)]+)\): (.*(?:\n  .*)*)$", re.MULTILINE)


def title(page: Path) -> tuple[int, str]:
    """The number and the text of a page's first line."""
    found = re.fullmatch(r"# (\d+)\. (.+)", page.read_text().split("\n", 1)[0])
    assert found is not None, page.name
    return int(found[1]), found[2]


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "template.md"], ids=lambda page: page.name)
def test_a_decision_has_a_context_a_decision_and_consequences(page: Path) -> None:
    # A part is a heading, or a paragraph that begins with its name.
    found = re.findall(rf"^(?:## |\*\*)({'|'.join(PARTS)})\b", page.read_text(), re.MULTILINE)
    assert found == PARTS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_decision_is_numbered_once_as_its_file_is_called(page: Path) -> None:
    number, _ = title(page)
    assert page.name.startswith(f"{number:04}-")
    assert [other.name for other in PAGES if other.name[:4] == page.name[:4]] == [page.name]


def test_the_index_lists_every_decision() -> None:
    text = INDEX.read_text()
    wanted = [(title(page)[0], page.name, title(page)[1]) for page in PAGES]
    if os.environ.get("VAE_INDEX") == "write":
        lines = [f"- [{number}]({name}): {what}" for number, name, what in wanted]
        INDEX.write_text(_ENTRY.sub("", text).rstrip() + "\n\n" + "\n".join(lines) + "\n")
        text = INDEX.read_text()
    listed = [(int(number), name, what) for number, name, what in _ENTRY.findall(text)]
    assert listed == wanted, "run this test with VAE_INDEX=write"


@pytest.mark.parametrize("page", [*PAGES, INDEX], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
