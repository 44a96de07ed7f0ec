"""What arrays of images and labels must look like, checked first by header and then by value.

The checks by header need no data, so that a file which declares too much is refused before any
memory is spent on it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.files import MAX_ARRAY_BYTES, shortened
from vae_engine.errors import DatasetError

AnyArray: TypeAlias = npt.NDArray[Any]
Images: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64]

IMAGE_SIDE = 28
MAX_LABEL = 65_535
_WANTED_TYPE = "uint8, another integer type with values from 0 to 255, or floats from 0 to 1"


class Arrays(NamedTuple):
    """A dataset's arrays as a reader found them, under the names that Keras gives them."""

    x_train: AnyArray
    y_train: AnyArray | None
    x_test: AnyArray
    y_test: AnyArray | None


def check_image_header(what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Check that images of this type and shape can be used; `what` names them in the message.

    Raises:
        DatasetError: not (n, 28, 28) or (n, 28, 28, 1), none at all, not of numbers, or too large.
    """
    _check_not_pickled(what, dtype)
    if dtype.kind not in "uif":
        raise DatasetError(f"{what} has the type {dtype.name}: wanted {_WANTED_TYPE}")
    if shape[1:] not in ((IMAGE_SIDE, IMAGE_SIDE), (IMAGE_SIDE, IMAGE_SIDE, 1)):
        raise DatasetError(
            f"{what} has the shape {shortened(str(shape))}: wanted (n, 28, 28) or (n, 28, 28, 1)"
        )
    _check_count(what, dtype, shape, "image")


def check_label_header(what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Check that labels of this type and shape can be used; `what` names them in the message.

    Raises:
        DatasetError: not (n,), none at all, not integers, or too large.
    """
    _check_not_pickled(what, dtype)
    if dtype.kind not in "ui":
        raise DatasetError(f"{what} has the type {dtype.name}: wanted integer labels")
    if len(shape) != 1:
        raise DatasetError(
            f"{what} has the shape {shortened(str(shape))}: wanted (n,), one label an image"
        )
    _check_count(what, dtype, shape, "label")


def image_values(what: str, images: AnyArray) -> Images:
    """A view or copy of images as (n, 28, 28) uint8, or float32 in [0, 1] if they were floats.

    Raises:
        DatasetError: the wrong type or shape, NaN, or values out of range.
    """
    check_image_header(what, images.dtype, images.shape)
    images = images.reshape(len(images), IMAGE_SIDE, IMAGE_SIDE)
    low, high = images.min(), images.max()
    # A NaN among the values makes both NaN.
    if np.isnan(low):
        raise DatasetError(f"{what} holds NaN: wanted floats from 0 to 1")
    span = f"{what} holds {images.dtype.name} values from {low:.6g} to {high:.6g}"
    if images.dtype.kind == "f":
        if low < 0 or high > 1:
            raise DatasetError(f"{span}: wanted floats from 0 to 1, or integers from 0 to 255")
        return np.ascontiguousarray(images, dtype=np.float32)
    if low < 0 or high > 255:
        raise DatasetError(f"{span}: wanted integers from 0 to 255, or floats from 0 to 1")
    if high == 1:
        # Read as greys these would be black, and the training a silent failure.
        raise DatasetError(f"{span}, as a mask does: wanted greys from 0 to 255, or floats")
    return np.ascontiguousarray(images, dtype=np.uint8)


def label_values(what: str, labels: AnyArray) -> Labels:
    """A view or copy of labels as (n,) int64 from 0 to 65,535.

    Raises:
        DatasetError: the wrong type or shape, or a label out of range.
    """
    check_label_header(what, labels.dtype, labels.shape)
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > MAX_LABEL:
        raise DatasetError(
            f"{what} holds labels from {low} to {high}: wanted integers from 0 to {MAX_LABEL}"
        )
    return np.ascontiguousarray(labels, dtype=np.int64).view()


def _check_not_pickled(what: str, dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise DatasetError(
            f"{what} holds pickled Python objects, which are never loaded: wanted numbers"
        )


def _check_count(what: str, dtype: np.dtype[Any], shape: tuple[int, ...], noun: str) -> None:
    if shape[0] < 1:
        raise DatasetError(f"{what} holds no {noun}: wanted at least one")
    if math.prod(shape) * dtype.itemsize > MAX_ARRAY_BYTES:
        raise DatasetError(
            f"{what} declares {shortened(str(shape[0]))} {noun}s of {dtype.name}: "
            f"wanted at most {MAX_ARRAY_BYTES / 1024**3:g} GiB"
        )
