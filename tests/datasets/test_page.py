"""The code of docs/datasets.md runs as written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vae_engine.datasets import load_dataset

PAGE = Path(__file__).parents[2] / "docs/datasets.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_rows_are_the_places_in_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(BLOCKS[0], {})
    assert (tmp_path / "faces.npy").exists()


def test_the_converters_make_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in BLOCKS[1:]:
        exec(block, names)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for index in range(10):
            pixels = np.random.default_rng(index).integers(0, 256, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{index}.png")
    names["from_folder"]("pets")
    told = load_dataset("data.npz").description()
    assert "images of 32x32 in colour" in told
    assert "labels of 2 classes" in told
