"""Larochelle's fixed binarization: text files of zeros and ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from vae_engine.datasets import load_dataset
from vae_engine.datasets.arrays import check_image_header
from vae_engine.datasets.binary_text import BinaryText
from vae_engine.datasets.own_images import load_images
from vae_engine.errors import DatasetError

Bits = npt.NDArray[np.uint8]
NAMES = {
    "train": "binarized_mnist_train.amat",
    "val": "binarized_mnist_valid.amat",
    "test": "binarized_mnist_test.amat",
}
COUNTS = {"train": 50, "val": 12, "test": 11}


def bits(count: int, values: int = 784, seed: int = 0) -> Bits:
    return np.random.default_rng(seed).integers(0, 2, (count, values), np.uint8)


def text_of(images: Bits, *, gap: str = " ", end: str = "\n") -> str:
    return "".join(gap.join(map(str, row.tolist())) + end for row in images)


@pytest.fixture
def larochelle(tmp_path: Path) -> Path:
    folder = tmp_path / "binarized"
    folder.mkdir()
    for seed, (split, name) in enumerate(NAMES.items()):
        (folder / name).write_text(text_of(bits(COUNTS[split], seed=seed)))
    return folder


def test_the_three_files_are_the_three_splits(larochelle: Path) -> None:
    dataset = load_dataset(str(larochelle))
    splits = (dataset.train_images, dataset.val_images, dataset.test_images)
    for seed, (split, images) in enumerate(zip(NAMES, splits, strict=True)):
        wanted = bits(COUNTS[split], seed=seed).reshape(-1, 28, 28) * 255
        np.testing.assert_array_equal(images, wanted)
        assert images.dtype == np.uint8
    assert dataset.train_labels is None
    assert dataset.source == "amat"
    assert "50 training, 12 validation and 11 test images of 28x28" in dataset.description()
    assert "no labels" in dataset.description()


def test_one_file_is_divided_like_any_source(larochelle: Path) -> None:
    dataset = load_dataset(str(larochelle / NAMES["train"]))
    parts = (dataset.train_images, dataset.val_images, dataset.test_images)
    assert sum(map(len, parts)) == COUNTS["train"]
    for split, images in zip(("train", "val", "test"), parts, strict=True):
        rows = dataset.rows[split]  # type: ignore[index]
        np.testing.assert_array_equal(
            images.reshape(len(rows), -1), bits(COUNTS["train"])[rows] * 255
        )


def test_one_file_gives_images_of_ones_own(larochelle: Path) -> None:
    own = load_images(str(larochelle / NAMES["test"]))
    np.testing.assert_array_equal(
        own.images, bits(COUNTS["test"], seed=2).reshape(-1, 28, 28) * 255
    )


@pytest.mark.parametrize(
    ("gap", "end"), [(" ", " \n"), ("  ", "\r\n"), ("\t", "\n"), (" ", "\n\n"), (" ", "\n")]
)
def test_spaces_tabs_and_blank_lines_do_not_matter(tmp_path: Path, gap: str, end: str) -> None:
    path = tmp_path / "x.amat"
    path.write_text("\n" + text_of(bits(20), gap=gap, end=end).rstrip("\n"))
    np.testing.assert_array_equal(BinaryText(path).read(check_image_header), bits(20))


def test_lines_continue_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vae_engine.datasets.binary_text._BLOCK_BYTES", 1000)
    path = tmp_path / "x.amat"
    path.write_text(text_of(bits(30)))
    np.testing.assert_array_equal(BinaryText(path).read(check_image_header), bits(30))
    with path.open("a") as file:
        file.write("1 0\n")
    with pytest.raises(DatasetError, match=r"has 2 numbers in line 31: wanted 784 as in the first"):
        BinaryText(path).read(check_image_header)


def test_other_sides_and_labels_are_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "rectangles_train.amat"
    labels = np.arange(40)[:, None] % 2
    path.write_text(text_of(np.hstack([labels, bits(40, 144)]).astype(np.uint8)))
    dataset = load_dataset(str(path))
    assert dataset.image_shape.text == "12x12 grey"
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, dataset.rows["train"] % 2)


def test_greys_are_left_to_the_reader_of_tables(tmp_path: Path) -> None:
    path = tmp_path / "greys.amat"
    greys = np.random.default_rng(0).random((30, 144)).round(3)
    np.savetxt(path, greys, "%.3f")
    dataset = load_dataset(str(path))
    np.testing.assert_allclose(
        dataset.train_images.reshape(-1, 144), greys[dataset.rows["train"]], atol=1e-6
    )


DAMAGE: dict[str, tuple[Callable[[str], str], str]] = {
    "cut": (lambda text: text[:-101], "has 734 numbers in line 50: wanted 784 as in the first"),
    "too long": (lambda text: text + "0 " * 785 + "\n", "has 785 numbers in line 51: wanted 784"),
    "no spaces": (lambda text: text.replace(" ", ""), r"has '[01]{20}' in line 1: wanted nothing"),
    "greys": (lambda text: "0.25" + text[1:], "has '0.25' in line 1: wanted nothing but 0 and 1"),
    "other number": (lambda text: text[:-2] + "7\n", "has '7' in line 50: wanted nothing but 0"),
    "ten": (lambda text: text[:-1] + "0\n", r"has '[01]0' in line 50: wanted nothing but 0 and 1"),
    "escape": (lambda text: "\x1b[2J" + text, r"has '\\x1b\[2J[01]' in line 1: wanted nothing"),
    "page": (lambda _: "<html><body>404</body></html>\n", "has '<html><body>404</bod' in line 1"),
    "empty": (lambda _: "", "holds no numbers: wanted lines of 0 and 1"),
    "blank": (lambda _: "\n \n\n", "holds no numbers: wanted lines of 0 and 1"),
    "bytes": (lambda _: "\0\xff" * 99, "has .* in line 1: wanted nothing but 0 and 1"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_files_are_refused_in_one_line(
    larochelle: Path, damage: Callable[[str], str], message: str
) -> None:
    path = larochelle / NAMES["train"]
    path.write_bytes(damage(path.read_text()).encode("latin-1"))
    with pytest.raises(DatasetError, match=message) as refused:
        load_dataset(str(larochelle))
    line = str(refused.value)
    assert "binarized_mnist_train.amat" in line
    assert line.isprintable()
    assert "; try " in line


def test_a_file_without_lines_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_engine.datasets.binary_text._LONGEST_LINE", 5000)
    monkeypatch.setattr("vae_engine.datasets.binary_text._BLOCK_BYTES", 1000)
    path = tmp_path / "train.amat"
    path.write_text("0 " * 10_000)
    with pytest.raises(DatasetError, match="has a line of more than"):
        load_dataset(str(tmp_path))


def test_training_files_of_two_datasets_are_refused(larochelle: Path) -> None:
    (larochelle / "other_digits_train.amat").write_text(text_of(bits(20)))
    with pytest.raises(DatasetError, match="each of which may be the images"):
        load_dataset(str(larochelle))


def test_test_and_validation_images_alone_are_refused(larochelle: Path) -> None:
    (larochelle / NAMES["train"]).unlink()
    with pytest.raises(DatasetError, match="and no training images"):
        load_dataset(str(larochelle))
