"""The range of a dataset's values: detected and reported, or refused if implausible."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.datasets.samples import digits, write_npz, write_pngs
from vae_engine.datasets import load_dataset
from vae_engine.datasets.preparation import Preparation, Range
from vae_engine.errors import DatasetError

D = digits(train=40, test=10)
X, T = D["x_train"], D["x_test"]
MASK = X > 99
Array = npt.NDArray[Any]


ONE_BRIGHT = np.concatenate([X[:7], X[7:] // 17])


def one(images: Array) -> dict[str, Array]:
    return {"images": images}


def two(train: Array, test: Array) -> dict[str, Array]:
    return {"x_train": train, "x_test": test}


REFUSED: dict[str, tuple[dict[str, Array], str]] = {
    "scaled twice": (one(X / 65025.0), r"from 0 to 0.0039\d+, all of it black, as if scaled tw"),
    "scaled to 16 bits": (one(X / 65535.0), r"as if scaled twice.*try `images / 0.0038"),
    "scaled three times": (two(X / 255**3, T / 255**3), "as if scaled twice"),
    "all of one grey": (one(np.full_like(X, 127)), "holds nothing but the value 127"),
    "all white": (one(np.full_like(X, 255)), "holds nothing but the value 255"),
    "all black": (one(np.zeros_like(X)), "holds nothing but the value 0"),
    "signed but not by 1": (one(X / 255 - 0.5), r"from -0.5 to 0.5.*`images \+ 0.5`"),
    "below 0": (one(X / 255 - 1), r"from -1 to .*`images \+ 1` where"),
    "standardized": (one((X - 33.3) / 78.6), r"from -0.42\d+ to 2.8\d+.*`\(images \+ 0.42"),
    "negative counts": (one(X.astype("i4") - 9), r"from -9 to 246.*`\(images \+ 9\) / 255`"),
    "test scaled by integers": (
        two(X, (T // 255).astype("u1")),
        "test split .* from 0 to 1, but the training split .* from 0 to 255: wanted one range",
    ),
    "test of 4 bits": (two(X, T // 17), "test split .* 0 to 15, but the training .* 0 to 255"),
    "test scaled twice": (two(X / 255, T / 65025), "test .* to 0.0039.*, but the training"),
    "training of 4 bits": (two(X // 17, T), "training .* 0 to 15, but the test split .* 0 to 255"),
    "mask beside greys": (two(MASK.astype("u1"), T), "from 0 to 1, but the test .* to 255"),
    "signed beside unsigned": (
        two(X / 127.5 - 1, T / 255),
        "test .* from 0 to 1, but the training .* from -1 to 1.*`images / 0.5 - 1` for the first",
    ),
    "NaN in the test": (
        two(X / 255, np.where(T > 250, np.nan, 0.5)),
        "the test split .* holds NaN",
    ),
    "inf": (one(np.where(X > 250, np.inf, 0.5)), "to inf.*nan_to_num"),
    "-inf": (one(np.where(X > 250, -np.inf, 0.5)), "from -inf.*nan_to_num"),
}


@pytest.mark.parametrize(("arrays", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_implausible_ranges_are_refused_with_a_remedy(
    tmp_path: Path, arrays: dict[str, Array], words: str
) -> None:
    with pytest.raises(DatasetError, match=words) as caught:
        load_dataset(str(write_npz(tmp_path / "data.npz", arrays)))
    assert "wanted" in str(caught.value)
    assert re.search(r"[,;] try ", str(caught.value))


GREYS = X
BITS = np.where(MASK, 255, 0)
TAKEN: dict[str, tuple[dict[str, Array], Array, str]] = {
    "greys": (one(X), GREYS, ""),
    "dark images among others": (
        one(np.concatenate([X[:20] // 50, X[20:]])),
        np.concatenate([X[:20] // 50, X[20:]]),
        "",
    ),
    "sparse": (one(np.where(X > 253, X, 0)), np.where(X > 253, X, 0), ""),
    "not quite white": (one(np.minimum(X, 180)), np.minimum(X, 180), ""),
    "bool": (one(MASK), BITS, ""),
    "mask of 1": (one(MASK.astype("u1")), BITS, "values 0 and 1 are taken as black and white"),
    "mask of int64": (one(MASK.astype("i8")), BITS, "values 0 and 1 are taken as black and white"),
    "mask of 255": (one(BITS), BITS, ""),
    "mask of 9": (one(MASK * 9), BITS, "values 0 and 9 are taken as black and white"),
    "mask of 127": (one(MASK * 127), BITS, "values 0 and 127 are taken as black and white"),
    "whole floats": (one(X.astype("f4")), GREYS, "floats from 0 to 255 are taken as greys"),
    "whole doubles": (one(X.astype("f8")), GREYS, "floats from 0 to 255 are taken as greys"),
    "floats": (one(X / 255), X / 255, ""),
    "float mask": (one(MASK.astype("f4")), MASK, ""),
    "a little above 1": (one(X / 255 * np.float32(1.0000002)), X / 255, ""),
    "a little below 0": (one(np.maximum(X / 255, 1e-7) - 1e-7), X / 255, ""),
    "half": (one((X / 255).astype("f2")), (X / 255).astype("f2"), ""),
    "dim floats": (one(X / 255 / 10), X / 2550, "the images are dark: no value is above 0.1 of 1"),
    "signed": (one(X / 127.5 - 1), X / 255, "floats from -1 to 1 are taken as black to white"),
    "resized greys": (one(X * 0.99), X * 0.99 / 255, "floats from 0 to 252.45 are taken as greys"),
    "bytes and floats": (two(X, T / 255), X / 255, "all are taken as floats from 0 to 1"),
    "floats and greys": (two(X / 255, T.astype("f4")), X / 255, "floats from 0 to 1"),
    "bytes and whole floats": (two(X, T.astype("f4")), GREYS, "floats from 0 to 255 are taken"),
    "bool and mask": (two(MASK, (T > 99).astype("u1")), BITS, "values 0 and 1"),
    "darker test": (two(X, T // 4), GREYS, "from 0 to 63, 4 times darker than the training split"),
    "few dark test images": (two(X, T[:2] // 40), GREYS, "times darker than the training split"),
    "one bright image": (one(ONE_BRIGHT), ONE_BRIGHT, "most images are dark: half of the trai"),
    "copies of one image": (one(X[:1].repeat(70, 0)), X[:1].repeat(70, 0), "images are equal"),
    "black test": (two(X, np.zeros_like(T)), GREYS, ""),
}


def stretched(images: Array, black: float, white: float) -> Array:
    return np.rint((images.astype("f8") - black) / (white - black) * 255)


GUESSED: dict[str, tuple[Array, Array, str]] = {
    "4 bits": (X // 17, stretched(X // 17, 0, 15), "values from 0 to 15 are taken as black to wh"),
    "3 bits": (X // 32, stretched(X // 32, 0, 7), "values from 0 to 7 are"),
    "7 bits": (X // 2, stretched(X // 2, 0, 127), "from 0 to 127 .*`range=0-1` keeps them dark"),
    "16 levels as floats": ((X // 16).astype("f8"), stretched(X // 16, 0, 15), "from 0 to 15 are"),
    "classes": (X % 10, stretched(X % 10, 0, 9), "values from 0 to 9 are"),
    "dark floats": (X / 100, X / 255, "values from 0 to 2.55 are"),
    "a mask of 1 and 2": (MASK.astype("u1") + 1, BITS, "values from 1 to 2 are"),
    "12 bits": (
        X.astype("u2") * 16,
        X.astype("f8") * 16 / 4095,
        "taken as 12 bits, with 4095 as white; `range=",
    ),
    "16 bits": (
        X.astype("u2") * 256,
        X.astype("f8") * 256 / 65535,
        "taken as 16 bits, with 65535 as white",
    ),
    "dim 16 bits": (X.astype("u2") * 70, X / 255, "taken as black to white, 0 to 17850"),
    "12 bits as floats": (X.astype("f4") * 16, X.astype("f8") * 16 / 4095, "taken as 12 bits"),
    "counts": (X.astype("i8") * 1000, X / 255, "black to white, 0 to 255000; `range=minmax`"),
    "large floats": (X * 1.5, X / 255, "taken as black to white, 0 to 382.5"),
}


@pytest.mark.parametrize(("images", "expected", "note"), GUESSED.values(), ids=GUESSED.keys())
def test_what_is_guessed_is_reported_with_the_option_that_says_otherwise(
    tmp_path: Path, images: Array, expected: Array, note: str
) -> None:
    dataset = load_dataset(str(write_npz(tmp_path / "data.npz", one(images))))
    wanted = expected[dataset.rows["train"]]
    np.testing.assert_allclose(dataset.train_images, wanted, atol=1e-6)
    assert re.search(note, dataset.description())


RANGES: dict[str, tuple[Array, Range, Array, str]] = {
    "keep dark": (X // 17, "0-1", X // 17, "values from 0 to 255 are taken as black to white"),
    "16 bits": (X.astype("u2"), "0-1", X / 65535, "from 0 to 65535 are"),
    "floats outside": (X / 200, "0-1", np.clip(X / 200, 0, 1), "values outside clipped"),
    "standardized": ((X - 33.3) / 78.6, "minmax", X / 255, "from -0.42.* to 2.82.* are taken as"),
    "integers below 0": (X.astype("i2") - 99, "minmax", X / 255, "values from -99 to 156 are"),
    "bytes": (np.maximum(X, 55), "minmax", stretched(np.maximum(X, 55), 55, 255), "from 55 to 255"),
    "mask": (MASK.astype("u1"), "0-1", BITS, "values from 0 to 1 are"),
}


@pytest.mark.parametrize(("images", "asked", "expected", "note"), RANGES.values(), ids=RANGES)
def test_the_range_that_is_asked_for_is_taken(
    tmp_path: Path, images: Array, asked: Range, expected: Array, note: str
) -> None:
    path = str(write_npz(tmp_path / "data.npz", one(images)))
    dataset = load_dataset(path, preparation=Preparation(range=asked))
    wanted = expected[dataset.rows["train"]]
    np.testing.assert_allclose(dataset.train_images, wanted, atol=1e-6)
    assert re.search(note, dataset.description())


def test_percentiles_clip_what_is_rare(tmp_path: Path) -> None:
    images = 100 + X.astype("f8")
    images[:, 0, 0] = 1e6
    path = str(write_npz(tmp_path / "data.npz", one(images)))
    dataset = load_dataset(path, preparation=Preparation(range="percentile"))
    assert (dataset.train_images[:, 0, 0] == 1).all()
    np.testing.assert_allclose(
        dataset.train_images[:, 9, 9],
        np.clip((X[dataset.rows["train"], 9, 9] - 2) / 250, 0, 1),
        atol=0.02,
    )
    assert "values outside clipped" in dataset.description()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("asked", ["auto", "0-1", "minmax", "percentile"])
def test_no_range_makes_pixels_of_what_is_no_number(
    tmp_path: Path, value: float, asked: Range
) -> None:
    images = np.where(X > 250, value, 0.5)
    path = str(write_npz(tmp_path / "data.npz", one(images)))
    with pytest.raises(DatasetError, match="nan_to_num"):
        load_dataset(path, preparation=Preparation(range=asked))


TAKEN["few dark test images"] = (two(X, T[:2] // 40), GREYS, "times darker than")


@pytest.mark.parametrize(("arrays", "expected", "note"), TAKEN.values(), ids=TAKEN.keys())
def test_plausible_ranges_are_taken_and_reported(
    tmp_path: Path, arrays: dict[str, Array], expected: Array, note: str
) -> None:
    dataset = load_dataset(str(write_npz(tmp_path / "data.npz", arrays)))
    wanted = expected[dataset.rows["train"]]
    if expected.max() > 1:
        assert dataset.train_images.dtype == np.uint8
        np.testing.assert_array_equal(dataset.train_images, wanted)
    else:
        assert dataset.train_images.dtype == np.float32
        assert 0 <= dataset.train_images.min() <= dataset.train_images.max() <= 1
        np.testing.assert_allclose(dataset.train_images, wanted, atol=1e-6)
    types = {dataset.train_images.dtype, dataset.val_images.dtype, dataset.test_images.dtype}
    assert len(types) == 1
    if note:
        assert note in dataset.description()
    else:
        assert dataset.notes == ()


WRITTEN: dict[str, tuple[Callable[[Array], Array], str]] = {
    "white": (lambda x: x * 0 + 255, "nothing but the value 255"),
    "black": (lambda x: x * 0, "nothing but the value 0"),
}


@pytest.mark.parametrize(("change", "words"), WRITTEN.values(), ids=WRITTEN.keys())
def test_ranges_of_image_files_are_checked_too(
    tmp_path: Path, change: Callable[[Array], Array], words: str
) -> None:
    folder = write_pngs(tmp_path / "pngs", change(X).astype(np.uint8))
    with pytest.raises(DatasetError, match=words):
        load_dataset(str(folder))


def test_a_png_mask_of_0_and_9_is_black_and_white_and_reported(tmp_path: Path) -> None:
    dataset = load_dataset(str(write_pngs(tmp_path / "pngs", MASK.astype(np.uint8) * 9)))
    assert set(np.unique(dataset.train_images)) == {0, 255}
    assert "values 0 and 9 are taken as black and white" in dataset.description()
