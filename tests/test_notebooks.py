"""The page on notebooks runs as written, from the first block to the last."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas
import pytest

import vae_engine
from tests.test_project_rules import ROOT
from vae_engine.sessions.session import Session

PAGE = ROOT / "docs/notebooks.md"
# What neither trains nor evaluates nor loads Keras.
QUICK = ("List sessions", "Read the history", "Sample, reconstruct, embed")


def blocks(heading: str = "") -> list[str]:
    """The blocks of code in a section of the page, or in all of it."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    wanted = "\n".join(section for section in sections if section.startswith(heading))
    return re.findall(r"^```python\n(.*?)^```", wanted, re.DOTALL | re.MULTILINE)


def run(code: str, names: dict[str, object]) -> None:
    exec(compile(code, str(PAGE), "exec"), names)


@pytest.mark.slow
def test_the_page_on_notebooks_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(blocks()) >= 7
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks():
        run(block, names)
    printed = capsys.readouterr().out
    assert "epoch 2/2" in printed
    assert "temperature is -1: it must be a finite number from 0 up" in printed
    assert names["session"].status == "completed"  # type: ignore[attr-defined]
    assert names["second"].status == "completed"  # type: ignore[attr-defined]
    losses = names["fitted"].history["loss"]  # type: ignore[attr-defined]
    assert 0 < losses[-1] < losses[0]
    assert (tmp_path / "tuned.keras").exists()


def test_what_the_page_does_with_a_trained_session_runs(
    own_trained_session: Session,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = own_trained_session.folder.parent
    monkeypatch.setenv("VAE_SESSIONS", str(root))
    session = vae_engine.load_session("trained")
    names: dict[str, object] = {"vae_engine": vae_engine, "pandas": pandas, "session": session}
    for heading in QUICK:
        (block,) = blocks(heading)
        run(block, names)
    assert "trained" in capsys.readouterr().out
    assert len(names["frame"]) == 1  # type: ignore[arg-type]
    shapes = [names[name].shape for name in ("images", "reconstructions", "halfway")]  # type: ignore[attr-defined]
    assert shapes == [(16, 28, 28), (100, 28, 28), (1, 28, 28)]


def test_what_the_page_names_exists() -> None:
    nodes = [node for block in blocks() for node in ast.walk(ast.parse(block))]
    named = {
        (node.value.id, node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert named >= {("vae_engine", "train"), ("session", "sample"), ("second", "resume")}
    for owner, name in named:
        if owner == "vae_engine":
            assert name in vae_engine.__all__, name
        elif owner in ("session", "second"):
            assert hasattr(vae_engine.SavedSession, name), name
