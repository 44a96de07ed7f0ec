from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tui.decoders import LoadedDecoder
from tui.sampler.model import Sheet
from tui.sampler.saving import Shown, save
from vae_engine.errors import EngineError
from vae_engine.inference.sampling import to_uint8

IMAGES = np.linspace(0, 1, 3 * 28 * 28, dtype=np.float32).reshape(3, 28, 28)


class Decoder:
    """Decodes any z to these images."""

    def decode(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.resize(IMAGES, (len(z), 28, 28))


DECODER = cast("LoadedDecoder", Decoder())
SHEET = Sheet(np.linspace(0, 1, 6, dtype=np.float32).reshape(3, 2), to_uint8(IMAGES), DECODER)
SHOWN = Shown("samples-seed7", SHEET, 2, {"seed": 7, "temperature": 0.5})


def test_a_picture_and_the_numbers_behind_it_are_saved(tmp_path: Path) -> None:
    png, npz = save(SHOWN, "20260101-000000-abcd", 12, tmp_path)
    assert png.name == "20260101-000000-abcd-epoch12-samples-seed7.png"
    assert npz == png.with_suffix(".npz")
    pixels = np.asarray(Image.open(png))
    assert pixels.shape == (58, 58)
    assert np.array_equal(pixels[:28, 30:], SHEET.pixels[1])
    with np.load(npz, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["images"], IMAGES)
        assert np.array_equal(arrays["z"], SHEET.z)
        assert arrays["seed"] == 7
        assert arrays["temperature"] == 0.5
        assert arrays["session"] == "20260101-000000-abcd"
        assert arrays["epoch"] == 12


def test_nothing_that_exists_is_replaced(tmp_path: Path) -> None:
    names = [save(SHOWN, "one", 1, tmp_path)[0].name for _ in range(3)]
    stem = "one-epoch1-samples-seed7"
    assert names == [f"{stem}.png", f"{stem}-2.png", f"{stem}-3.png"]
    assert len(list(tmp_path.iterdir())) == 6


def test_a_walk_moves_there_and_back_through_all_rows(tmp_path: Path) -> None:
    sheet = Sheet(np.zeros((6, 2), np.float32), np.repeat(SHEET.pixels, 2, axis=0), DECODER)
    files = save(Shown("walk", sheet, 2, {}, steps=3), "one", 1, tmp_path)
    assert [path.name for path in files] == [
        f"one-epoch1-walk.{end}" for end in ("png", "npz", "gif")
    ]
    with Image.open(files[2]) as moving:
        assert getattr(moving, "n_frames", 1) == 4
        assert moving.size == (58 * 8, 28 * 8)


def test_a_strange_session_name_stays_in_the_folder(tmp_path: Path) -> None:
    png, _npz = save(SHOWN, "../\x1b[31m evil", 1, tmp_path)
    assert png.parent == tmp_path
    assert png.name == "..___31m_evil-epoch1-samples-seed7.png"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"missing cannot be written: No such file"):
        save(SHOWN, "one", 1, tmp_path / "missing")
