"""The page on notebooks runs as written, from the first block to the last."""

import re
from pathlib import Path

import pytest

from tests.test_project_rules import ROOT

PAGE = ROOT / "docs/notebooks.md"


def test_the_page_on_notebooks_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 7
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "epoch 2/2" in printed
    assert "temperature is -1: it must be a finite number from 0 up" in printed
    assert names["session"].status == "completed"  # type: ignore[attr-defined]
    assert names["second"].status == "completed"  # type: ignore[attr-defined]
    losses = names["fitted"].history["loss"]  # type: ignore[attr-defined]
    assert 0 < losses[-1] < losses[0]
    assert (tmp_path / "tuned.keras").exists()
