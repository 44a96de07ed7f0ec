"""Folders of images as people have them: formats, and classes and splits by folder names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.datasets.people import T, V, X, same_images
from tests.datasets.samples import write_pngs
from vae_engine.datasets import load_dataset
from vae_engine.errors import DatasetError


def as_rgb(image: Image.Image) -> Image.Image:
    return image.convert("RGB")


def as_palette(image: Image.Image) -> Image.Image:
    palette = image.convert("P")
    palette.putpalette([level for level in range(256) for _ in range(3)])
    return palette


IMAGE_FILES: dict[str, tuple[str, Callable[[Image.Image], Image.Image], dict[str, Any]]] = {
    "PNG": ("png", lambda image: image, {}),
    "PNG, RGB": ("png", as_rgb, {}),
    "PNG, RGBA": ("png", lambda image: image.convert("RGBA"), {}),
    "PNG, palette": ("png", as_palette, {}),
    "PNG, grey and alpha": ("png", lambda image: image.convert("LA"), {}),
    "PNG in capitals": ("PNG", lambda image: image, {}),
    "BMP": ("bmp", lambda image: image, {}),
    "GIF": ("gif", lambda image: image, {}),
    "TIFF": ("tif", lambda image: image, {}),
    "TIFF, deflated": ("tiff", lambda image: image, {"compression": "tiff_deflate"}),
    "TIFF, LZW, RGB": ("tiff", as_rgb, {"compression": "tiff_lzw"}),
    "PGM": ("pgm", lambda image: image, {}),
    "WebP": ("webp", as_rgb, {"lossless": True}),
}


@pytest.mark.parametrize(
    ("suffix", "change", "options"), IMAGE_FILES.values(), ids=IMAGE_FILES.keys()
)
def test_image_files_of_any_format_are_read(
    tmp_path: Path,
    suffix: str,
    change: Callable[[Image.Image], Image.Image],
    options: dict[str, Any],
) -> None:
    for index, image in enumerate(X):
        change(Image.fromarray(image)).save(tmp_path / f"{index:03}.{suffix}", **options)
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.notes == ()


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossy_images_are_nearly_the_same(tmp_path: Path, suffix: str, mode: str) -> None:
    smooth = np.cumsum(np.cumsum(np.ones((28, 28)), 0), 1) / 784 * 250
    for index in range(20):
        image = Image.fromarray(np.roll(smooth, index, 1).astype(np.uint8)).convert(mode)
        image.save(tmp_path / f"{index}.{suffix}", quality=95)
    dataset = load_dataset(str(tmp_path))
    assert abs(dataset.train_images.mean() - smooth.mean()) < 2


def test_every_format_of_a_folder_is_taken_and_what_is_no_image_is_reported(tmp_path: Path) -> None:
    for index, image in enumerate(X[:40]):
        suffix = ("png", "jpg", "bmp", "gif")[index % 4]
        Image.fromarray(image).save(tmp_path / f"{index}.{suffix}")
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "notes.txt").write_text("an accent: é")
    (tmp_path / "labels.csv").write_text("file,label,more\n1,2,3\n")
    dataset = load_dataset(str(tmp_path))
    assert sum(map(len, dataset.rows.values())) == 40
    line = dataset.description()
    for words in ("10 PNG files", "10 JPEG files", "10 BMP files", "10 GIF files", "no labels"):
        assert words in line
    assert "left out: 4 other files ('.DS_Store', 'Thumbs.db', 'labels.csv' and 1 more)" in line


def test_images_without_a_suffix_are_known_by_their_bytes(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(""))
    same_images(load_dataset(str(folder)), test=None)


def test_a_suffix_may_lie_about_the_format(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(".jpg"))
    same_images(load_dataset(str(folder)), test=None)


def test_of_several_frames_the_first_counts(tmp_path: Path) -> None:
    for index, image in enumerate(X[:20]):
        first, second = Image.fromarray(image), Image.fromarray(255 - image)
        first.save(tmp_path / f"{index:02}.gif", save_all=True, append_images=[second])
        first.save(tmp_path / f"{index + 20}.tif", save_all=True, append_images=[second])
    same_images(load_dataset(str(tmp_path)), np.concatenate([X[:20], X[:20]]), test=None)


def test_subfolders_are_classes(tmp_path: Path) -> None:
    for index, name in enumerate(("cat", "dog")):
        write_pngs(tmp_path / name, X[35 * index : 35 * index + 35])
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, dataset.rows["train"] // 35)
    assert "labels of 2 classes" in dataset.description()
    assert "labels 'cat', 'dog' are numbered from 0" in dataset.description()


def test_subfolders_that_are_numbers_are_the_labels(tmp_path: Path) -> None:
    for label in (2, 3, 10):
        write_pngs(tmp_path / str(label), X[label : label + 9])
    dataset = load_dataset(str(tmp_path))
    assert dataset.train_labels is not None
    assert set(dataset.train_labels.tolist()) == {2, 3, 10}


@pytest.mark.parametrize("validation", ["val", "valid", "validation", ""])
@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_subfolders_named_like_splits_are_the_splits(
    tmp_path: Path, validation: str, classes: bool, wrapped: bool
) -> None:
    top = tmp_path / "data" if wrapped else tmp_path
    for name, images in (("train", X), (validation, V), ("Test", T)):
        for label in range(2 if classes and name else 0):
            write_pngs(top / name / f"class {label}", images[label::2])
        if name and not classes:
            write_pngs(top / name, images)
    dataset = load_dataset(str(tmp_path))
    both = np.concatenate([T[::2], T[1::2]]) if classes else T
    np.testing.assert_array_equal(dataset.test_images, both)
    assert len(dataset.val_images) == (10 if validation else 17)
    assert len(dataset.train_images) == (70 if validation else 53)
    assert (dataset.test_labels is not None) == classes
    if dataset.test_labels is not None:
        assert dataset.test_labels.tolist() == [0] * 5 + [1] * 5


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("car", "plane", "train"):
        write_pngs(tmp_path / name, X[:20])
    dataset = load_dataset(str(tmp_path))
    assert "labels of 3 classes" in dataset.description()


def test_the_fewer_images_are_left_out_with_a_word(tmp_path: Path) -> None:
    write_pngs(tmp_path / "cat", X[:20])
    write_pngs(tmp_path / "dog", X[20:40])
    Image.fromarray(T[0]).save(tmp_path / "preview.png")
    dataset = load_dataset(str(tmp_path))
    assert "labels of 2 classes" in dataset.description()
    assert "left out: 1 image elsewhere" in dataset.description()
    assert "preview.png" in dataset.description()
    write_pngs(tmp_path, X)
    dataset = load_dataset(str(tmp_path))
    assert ", no labels; left out: 40 images elsewhere ('cat/000.png'" in dataset.description()


def test_links_to_folders_are_reported_and_not_followed(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "data", X)
    (folder / "round").symlink_to(folder)
    (folder / "linked.png").symlink_to(folder / "000.png")
    dataset = load_dataset(str(folder))
    assert sum(map(len, dataset.rows.values())) == 71
    assert "left out: folders that are links, deep or forbidden ('round')" in dataset.description()


@pytest.mark.parametrize("name", ["test", "val", "images"])
def test_one_folder_within_is_the_folder(tmp_path: Path, name: str) -> None:
    write_pngs(tmp_path / "data" / name, X)
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.train_labels is None


def test_splits_without_one_to_train_on_are_refused(tmp_path: Path) -> None:
    write_pngs(tmp_path / "test", X)
    write_pngs(tmp_path / "val", X)
    with pytest.raises(DatasetError, match="'test', 'val' and none of training images: wanted tra"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("compression", ["tiff_deflate", "tiff_lzw", "packbits"])
def test_damaged_tiffs_write_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], compression: str
) -> None:
    for index, image in enumerate(X[:20]):
        Image.fromarray(image).save(tmp_path / f"{index}.tif", compression=compression)
    path = tmp_path / "7.tif"
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(range(60))
    path.write_bytes(data)
    with contextlib.suppress(DatasetError):
        load_dataset(str(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_a_fifo_that_is_no_image_is_passed_over(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    os.mkfifo(folder / "pipe")
    assert "left out: 1 other file ('pipe')" in load_dataset(str(folder)).description()


def test_a_loop_of_links_is_passed_over(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    (folder / "loop").symlink_to(folder / "loop")
    assert "left out: 1 other file ('loop')" in load_dataset(str(folder)).description()


def test_classes_that_one_split_lacks_are_left_out_with_a_word(tmp_path: Path) -> None:
    for index, image in enumerate(X):
        write_pngs(tmp_path / "train" / f"c{index % 2}" / str(index), image[None])
    write_pngs(tmp_path / "test", T)
    description = load_dataset(str(tmp_path)).description()
    assert "no labels; labels are left out: there are none for the test split" in description
    assert "numbered" not in description
