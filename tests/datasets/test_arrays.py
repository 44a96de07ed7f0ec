"""`to_images`: one check for every array of images, whatever its origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.datasets.samples import digits
from vae_engine.datasets import to_images
from vae_engine.errors import ArrayError, DatasetError

X = digits()["x_train"]
Change = Callable[[npt.NDArray[Any]], Any]

AS_BYTES: dict[str, Change] = {
    "uint8": lambda x: x,
    "int64": lambda x: x.astype("int64"),
    "big-endian": lambda x: x.astype(">u2"),
    "channel last": lambda x: x[..., np.newaxis],
    "channel first": lambda x: x[:, np.newaxis],
    "flat": lambda x: x.reshape(-1, 784),
    "RGB of equal channels": lambda x: np.stack([x] * 3, -1),
    "RGB, channels first": lambda x: np.stack([x] * 3, 1),
    "RGBA, opaque": lambda x: np.stack([x, x, x, np.full_like(x, 255)], -1),
    "grey and alpha, opaque": lambda x: np.stack([x, np.full_like(x, 255)], -1),
    "floats of whole numbers": lambda x: x.astype("float32"),
    "doubles of whole numbers": lambda x: x.astype("float64"),
    "fortran": np.asfortranarray,
    "lists": lambda x: x.tolist(),
    "read-only": lambda x: np.broadcast_to(x, x.shape),
}


@pytest.mark.parametrize("change", AS_BYTES.values(), ids=AS_BYTES.keys())
def test_forms_of_the_same_greys_are_the_same_bytes(change: Change) -> None:
    images = to_images(change(X))
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, X)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f8"])
def test_floats_from_0_to_1_keep_their_values(dtype: str) -> None:
    floats = (X / 255).astype(dtype)
    images = to_images(floats)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(images, floats.astype(np.float32))


def test_a_rounding_error_outside_is_clipped() -> None:
    floats = X.astype(np.float32) / 255
    floats[0, 0, 0], floats[0, 0, 1] = 1.0000002, -1e-7
    images = to_images(floats)
    assert (images.min(), images.max()) == (0, 1)


def test_greys_between_whole_numbers_have_255_as_white() -> None:
    np.testing.assert_allclose(to_images(X * 0.99), X * 0.99 / 255, atol=1e-7)


def test_booleans_are_black_and_white() -> None:
    np.testing.assert_array_equal(to_images(X > 99), np.where(X > 99, 255, 0))


def test_black_images_are_images() -> None:
    assert to_images(np.zeros((2, 28, 28), np.int64)).dtype == np.uint8
    assert to_images(np.zeros((2, 28, 28))).dtype == np.float32


REFUSED: dict[str, tuple[Any, str]] = {
    "one image": (X[0], r"shape \(28, 28\).*try `images\[np.newaxis\]`"),
    "one flat image": (X[0].ravel(), r"shape \(784,\).*np.newaxis"),
    "images last": (np.moveaxis(X, 0, -1), r"\(28, 28, 40\).*moveaxis\(images, -1, 0\)"),
    "another size": (np.zeros((3, 32, 32)), r"shape \(3, 32, 32\).*resize\(\(28, 28\)\)"),
    "no image": (X[:0], "holds no image"),
    "colour": (np.random.default_rng(0).random((3, 28, 28, 3)), "in colour.*mean"),
    "transparent": (np.stack([X, X], -1), "transparent"),
    "NaN": (np.where(X > 250, np.nan, 0.5), "holds NaN.*nan_to_num"),
    "infinite": (np.where(X > 250, np.inf, 0.5), "to inf.*nan_to_num"),
    "signed": (X / 127.5 - 1, r"from -1 to 1.*\(images \+ 1\) / 2"),
    "standardized": ((X - X.mean()) / X.std(), r"from -1\..*try `\(images \+ 1\."),
    "16 bits": (X.astype("u2") * 257, r"from 0 to 65535.*images / 65535"),
    "12 bits": (X.astype("u2") * 16, r"from 0 to 4080.*images / 4095"),
    "above 1": (X / 100, r"from 0 to 2.55.*images / 2.55"),
    "mask of bytes": ((X > 99).astype("u1"), r"from 0 to 1.*astype\(bool\).*images / 255"),
    "text": (X.astype(str), "holds text, not numbers"),
    "complex": (X.astype(complex), "complex128.*np.abs"),
    "objects": (np.array([None] * 3), "Python objects"),
    "ragged": ([[1, 2], [3]], "is not an array"),
    "nothing": (None, "of the type NoneType.*load_dataset"),
}


@pytest.mark.parametrize(("array", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_image_is_a_value_error_that_names_the_argument(array: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        to_images(array, "images")
    assert isinstance(caught.value, ArrayError)
    assert isinstance(caught.value, DatasetError)
    message = str(caught.value)
    assert message.startswith("images ")
    assert message.isprintable()
    assert "wanted" in message
    assert "try " in message
