"""`vae data`: the description of a dataset, and the cache of decoded images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Vae
from vae_engine.datasets import cache


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """24 colour images of two classes and sizes, one of them twice, and one damaged."""
    noise = np.random.default_rng(3).integers(0, 256, (24, 40, 30, 3), np.uint8)
    for index, image in enumerate(noise):
        folder = tmp_path / "pets" / ("cat" if index % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[:30] if index < 8 else image).save(folder / f"{index:02}.png")
    (tmp_path / "pets/cat/copy.png").write_bytes((tmp_path / "pets/cat/23.png").read_bytes())
    (tmp_path / "pets/cat/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / "pets"


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.startswith(name)).removeprefix(name).strip()


def test_it_says_what_a_folder_holds(vae: Vae, pets: Path) -> None:
    done = vae("data", str(pets))
    assert (done.code, done.err) == (0, "")
    assert done.lines[0].startswith("data: ")
    assert "images of 2 sizes from 30x30 to 40x30 are resized to 16x16, cropped" in done.lines[0]
    assert row(done.lines, "source").startswith("25 images from 25 PNG files in folders by class")
    assert row(done.lines, "sizes") == "40x30 17, 30x30 8"
    assert row(done.lines, "modes") == "RGB 25"
    assert row(done.lines, "labels") == "cat 13, dog 12"
    assert row(done.lines, "duplicates") == "1"
    assert row(done.lines, "unusable") == "1 file"
    assert any(line.startswith(f"  {pets}/cat/bad.png: ") for line in done.lines)
    assert row(done.lines, "trains on") == "16x16 RGB as uint8"
    assert "batch_size 8" in row(done.lines, "settings")
    assert row(done.lines, "duration")


def test_json_has_the_same(vae: Vae, pets: Path) -> None:
    found: dict[str, Any] = json.loads(vae("data", str(pets), "--json").out)
    assert found["images"] == 25
    assert sum(found["splits"].values()) == 25
    assert found["image_shape"] == [16, 16, 3]
    assert found["labels"] == {"cat": 13, "dog": 12}
    assert (found["copies"], found["copies_across"]) == (1, 0)
    assert found["bad"][0][0] == str(pets / "cat/bad.png")
    assert found["training"]["changed"]["batch_size"] == "8"
    grey = json.loads(
        vae("data", str(pets), "--json", "--image-size", "8x12", "--color", "grey").out
    )
    assert grey["image_shape"] == [8, 12, 1]
    assert grey["sha256"] != found["sha256"]


def test_copies_across_splits_are_counted(vae: Vae, tmp_path: Path) -> None:
    images = np.random.default_rng(3).integers(0, 256, (30, 9, 9), np.uint8)
    np.savez(tmp_path / "d.npz", x_train=images, x_test=images[:4])
    found = json.loads(vae("data", str(tmp_path / "d.npz"), "--json").out)
    assert (found["copies"], found["copies_across"]) == (4, 4)


def test_what_cannot_be_used_is_one_line(vae: Vae, tmp_path: Path) -> None:
    for arguments in (("data", str(tmp_path / "none")), ("data",), ("data", "--clear")):
        done = vae(*arguments)
        assert done.code != 0
        assert done.out == ""
        assert len(done.err.splitlines()) == 1


def test_the_cache_is_listed_and_cleared(
    vae: Vae, pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CACHE", str(tmp_path / "cache"))
    assert vae("data", "--cache").out.startswith("the cache is empty")
    monkeypatch.setattr(cache, "WORTH_FILES", 10)
    assert vae("data", str(pets)).code == 0
    listed = vae("data", "--cache").lines
    assert listed[0].split() == ["DATASET", "IMAGES", "SHAPE", "SIZE", "LAST", "USED"]
    assert listed[1].split()[1:3] == ["25", "16x16x3"]
    assert json.loads(vae("data", "--cache", "--json").out)[0]["images"] == 25
    assert vae("data", "--cache", "--clear").out.startswith("cache cleared")
    assert vae("data", "--cache").out.startswith("the cache is empty")
