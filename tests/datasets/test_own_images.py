"""Images for `vae embed --images`: prepared as in training, not split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_engine.datasets import load_dataset
from vae_engine.datasets.own_images import load_images
from vae_engine.errors import DatasetError
from vae_engine.image_shape import ImageShape


def greys(count: int, top: int = 256) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(3).integers(0, top, (count, 28, 28), np.uint8)


@pytest.mark.parametrize("count", [1, 3, 50])
@pytest.mark.parametrize("form", ["npy", "npz", "folder"])
def test_every_image_comes_in_its_order(tmp_path: Path, count: int, form: str) -> None:
    images = greys(count)
    path = tmp_path / f"own.{form}"
    if form == "npy":
        np.save(path, images)
    elif form == "npz":
        np.savez(path, images=images, labels=np.arange(count))
    else:
        path.mkdir()
        for index, image in enumerate(images):
            Image.fromarray(image).save(path / f"{index:03}.png")
    own = load_images(str(path))
    assert np.array_equal(own.images, images)
    assert own.labels.tolist() == (list(range(count)) if form == "npz" else [-1] * count)


@pytest.mark.parametrize("suffix", ["png", "bmp", "pgm", "tiff"])
@pytest.mark.parametrize("top", [256, 20, 1])
def test_one_image_file_is_taken_however_dark(tmp_path: Path, suffix: str, top: int) -> None:
    (image,) = greys(1, top)
    Image.fromarray(image).save(tmp_path / f"one.{suffix}")
    assert np.array_equal(load_images(str(tmp_path / f"one.{suffix}")).images, [image])


def test_the_splits_of_a_dataset_follow_each_other(tmp_path: Path) -> None:
    train, test = greys(40), greys(12)[::-1]
    np.savez(tmp_path / "d.npz", x_test=test, x_train=train)
    own = load_images(str(tmp_path / "d.npz"))
    assert np.array_equal(own.images, np.concatenate([train, test]))


@pytest.mark.parametrize("scale", [1.0, 255.0, 2.0])
def test_values_are_brought_to_the_range_that_training_has(tmp_path: Path, scale: float) -> None:
    images = greys(40).astype(np.float32) / np.float32(255)
    stored = images * 2 - 1 if scale == 2.0 else images * np.float32(scale)
    np.save(tmp_path / "own.npy", stored.astype(np.float32))
    own = load_images(str(tmp_path / "own.npy"))
    dataset = load_dataset(str(tmp_path / "own.npy"))
    assert own.images.dtype == dataset.train_images.dtype
    rows = dataset.rows["train"]
    np.testing.assert_array_equal(own.images[rows], dataset.train_images)


@pytest.mark.parametrize("harm", ["missing", "empty folder", "text", "tiny", "dark floats", "nan"])
def test_what_is_no_image_is_refused_in_one_line(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "own"
    if harm == "empty folder":
        path.mkdir()
    elif harm == "text":
        path.write_text("a,b\n1,2\n")
    elif harm == "tiny":
        path = path.with_suffix(".png")
        Image.fromarray(np.zeros((1, 1), np.uint8)).save(path)
    elif harm in ("dark floats", "nan"):
        path = path.with_suffix(".npy")
        np.save(path, greys(9) / 65025.0 if harm == "dark floats" else np.full((9, 28, 28), np.nan))
    with pytest.raises(DatasetError) as caught:
        load_images(str(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    # The datasets by name are no images of one's own.
    assert "mnist" not in str(caught.value)


def test_a_refused_path_says_which_kinds_are_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# No image\n")
    for path in (tmp_path / "notes.md", tmp_path / "missing", "/dev/null", " "):
        with pytest.raises(DatasetError, match=r"PNG, JPEG, WebP.* or CSV|PNG.*Parquet"):
            load_images(str(path))


def test_images_are_brought_to_the_shape_that_the_model_takes(tmp_path: Path) -> None:
    photograph = np.random.default_rng(1).integers(0, 256, (60, 40, 3), np.uint8)
    Image.fromarray(photograph).save(tmp_path / "one.png")
    grey = load_images(str(tmp_path / "one.png"))
    assert grey.images.shape == (1, 28, 28)
    assert "converted to grey" in " ".join(grey.notes)
    colour = load_images(str(tmp_path / "one.png"), ImageShape(16, 24, 3))
    assert colour.images.shape == (1, 16, 24, 3)
    np.save(tmp_path / "many.npy", np.stack([photograph] * 2))
    assert load_images(str(tmp_path / "many.npy"), ImageShape(60, 40, 3)).images.shape == (
        2,
        60,
        40,
        3,
    )
