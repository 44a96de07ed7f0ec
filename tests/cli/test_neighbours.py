"""`vae neighbours`: the training images nearest to samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.sampling import draw_prior

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


def test_samples_have_their_nearest_images_with_what_is_usual(
    vae: Vae, recorder: Recorder, digits: Path, tmp_path: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    done = vae(
        *("neighbours", "small", "-n", 3, "--seed", 5, "--nearest", 2, "--json"),
        *("-o", "a.npz", "-o", "b.png"),
    )
    assert done.code == 0, done
    found = json.loads(done.out)
    dataset = session_dataset(session)
    assert found["images"] == len(dataset.train_images)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        arrays = dict(file)
    np.testing.assert_array_equal(arrays["z"], draw_prior(3, 2, seed=5))
    assert arrays["nearest_pixels"].shape == arrays["z_distances"].shape == (3, 2)
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(arrays["labels"], dataset.train_labels[arrays["nearest_pixels"]])
    for at, sample in enumerate(found["samples"]):
        indices = [one["index"] for one in sample["by_pixels"]]
        assert indices == arrays["nearest_pixels"][at].tolist()
        for one in sample["by_z"]:
            assert one["row"] == dataset.rows["train"][one["index"]]
    # The distance that is told is that of the images.
    nearest = dataset.train_images[arrays["nearest_pixels"][0, 0]] / 255
    distance = np.sqrt(np.square(arrays["samples"][0] - nearest).mean())
    assert arrays["pixel_distances"][0, 0] == pytest.approx(distance, abs=1e-3)
    assert found["test_distance"] == pytest.approx(float(np.median(arrays["test_distances"])))
    with Image.open(tmp_path / "b.png") as image:
        assert image.size == (3 * 30 - 2, 3 * 30 - 2)
    for name in (*found, *found["samples"][0], *found["samples"][0]["by_z"][0], *arrays):
        assert f"`{name}`" in DOCUMENT, name


def test_the_table_has_a_line_per_sample(vae: Vae, recorder: Recorder, digits: Path) -> None:
    recorder.session("small", dataset=str(digits))
    done = vae("neighbours", "small", "-n", 4)
    assert done.code == 0, done
    assert "training images" in done.lines[0]
    assert done.lines[1].startswith("nearest by pixels: samples ")
    assert [line.split()[0] for line in done.lines[3:]] == ["1", "2", "3", "4"]
