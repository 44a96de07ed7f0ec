"""What arrays of images must look like: checked by header first, then brought to (n, 28, 28).

The checks by header need no data, so a file that declares too much is refused before any memory
is spent on it. `to_images` is the whole check for an array in memory, as the Python API takes it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.files import MAX_ARRAY_BYTES, shortened
from vae_engine.datasets.values import measure
from vae_engine.errors import ArrayError

AnyArray: TypeAlias = npt.NDArray[Any]
Images: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64]

IMAGE_SIDE = 28
_PIXELS = IMAGE_SIDE * IMAGE_SIDE
_SQUARE = (IMAGE_SIDE, IMAGE_SIDE)
_COLOURS = (1, 2, 3, 4)
_ALPHA = (2, 4)
_CHUNK = 4096

_REMEDY_BY_KIND = {
    "O": "`images = np.stack(list(images)).astype('uint8')`",
    "c": "`images = np.abs(images)`",
    "V": "`images = images.astype('float32')`",
}


def to_images(images: object, name: str = "images") -> Images:
    """Check an array of images and bring it to the shape and range that the networks expect.

    Taken are (n, 28, 28), (n, 28, 28, 1), (n, 1, 28, 28) and (n, 784), and colour arrays
    (n, 28, 28, 3 or 4) whose channels are equal. Integers, and floats of whole numbers above 1,
    are greys from 0 to 255; other floats lie in [0, 1] (a rounding error outside is clipped);
    booleans are black and white.

    Args:
        images: an array, or what NumPy makes one of.
        name: of the argument, for messages.

    Returns:
        (n, 28, 28), uint8, or float32 in [0, 1].

    Raises:
        ArrayError: a `DatasetError` and a `ValueError`: the type, shape or range does not fit, or
            it is ambiguous: integers 0 and 1 may be a mask, or nearly black.
    """
    array = _as_array(images, name)
    if array.dtype.kind in "OSU":
        raise _no_numbers(images, array, name)
    check_image_type(name, array.dtype, array.shape)
    return measure(name, one_channel(name, array)).alone()


def check_image_header(what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Check that a file's images of this type and shape can be used; `what` names them.

    Raises:
        ArrayError: as `check_image_type`, or they are too large.
    """
    check_image_type(what, dtype, shape)
    check_size(what, dtype, shape, "image")


def check_image_type(what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Check that images of this type and shape can be used; `what` names them in the message.

    Raises:
        ArrayError: not of numbers, not 28x28, or none at all.
    """
    if dtype.hasobject:
        raise ArrayError(
            f"{what} holds pickled Python objects, which are never loaded: wanted numbers; "
            f"where you trust them, try {_REMEDY_BY_KIND['O']} and save again"
        )
    if dtype.kind not in "buif":
        remedy = _REMEDY_BY_KIND.get(dtype.kind, "`images = images.astype('uint8')`")
        raise ArrayError(
            f"{what} has the type {shortened(dtype.name)}: wanted uint8, another integer type with "
            f"values from 0 to 255, floats from 0 to 1, or bool; try {remedy}"
        )
    if not fits(shape):
        raise ArrayError(
            f"{what} has the shape {shortened(str(shape))}: wanted (n, 28, 28), (n, 28, 28, 1), "
            f"(n, 1, 28, 28) or (n, 784){_shape_remedy(shape)}"
        )
    if shape[0] < 1:
        raise ArrayError(f"{what} holds no image: wanted at least one; try an array with images")


def check_size(what: str, dtype: np.dtype[Any], shape: tuple[int, ...], noun: str) -> None:
    """Check that an array that a file declares may be read.

    Raises:
        ArrayError: it is above 2 GiB.
    """
    if math.prod(shape) * dtype.itemsize > MAX_ARRAY_BYTES:
        raise ArrayError(
            f"{what} declares {shortened(str(shape[0]))} {noun}s of {shortened(dtype.name)}: "
            f"wanted at most {MAX_ARRAY_BYTES / 1024**3:g} GiB; "
            "try fewer images, or `images.astype('uint8')`"
        )


def fits(shape: tuple[int, ...]) -> bool:
    """Whether this is a shape of images: 28x28 with or without channels, or flat."""
    if len(shape) == 2:
        return shape[1] == _PIXELS
    if len(shape) == 3:
        return shape[1:] == _SQUARE
    if len(shape) != 4:
        return False
    last = shape[1:3] == _SQUARE and shape[3] in _COLOURS
    return last or (shape[2:] == _SQUARE and shape[1] in _COLOURS)


def one_channel(what: str, images: AnyArray) -> AnyArray:
    """Images of a checked shape as (n, 28, 28); their values stay as they are.

    Raises:
        ArrayError: they are in colour, or transparent.
    """
    if images.ndim < 4:
        return images.reshape(len(images), *_SQUARE)
    if images.shape[1:3] != _SQUARE:
        images = np.moveaxis(images, 1, -1)
    channels = images.shape[-1]
    first = images[..., 0]
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK]
        if channels in _ALPHA and not _opaque(part[..., -1]):
            raise ArrayError(
                f"{what} is transparent: wanted grey without alpha; "
                "try `images = images[..., 0] * (images[..., -1] > 0)`"
            )
        colours = part[..., : channels - (channels in _ALPHA)]
        if not (colours == colours[..., :1]).all():
            raise ArrayError(
                f"{what} is in colour: wanted grey, as (n, 28, 28); "
                f"try `images = images[..., :3].mean(-1).astype('{images.dtype.name}')`"
            )
    return first


def _opaque(alpha: AnyArray) -> bool:
    low = alpha.min()
    return bool(low == alpha.max() and low in (1, 255))


def _as_array(images: object, name: str) -> AnyArray:
    try:
        return np.asarray(images)
    # Other libraries raise what they like, such as PyTorch of a tensor that needs a gradient.
    except (ValueError, TypeError, RuntimeError) as error:
        tensor = hasattr(images, "detach") or "ensor" in str(error)
        line = f"{name}.detach().cpu().numpy()" if tensor else f"np.stack({name})"
        raise ArrayError(
            f"{name} is no array ({shortened(str(error))}): wanted images of one shape, "
            f"(n, 28, 28); try `{name} = {line}`"
        ) from None


def _no_numbers(images: object, array: AnyArray, name: str) -> ArrayError:
    wanted = "wanted an array of images, (n, 28, 28)"
    if isinstance(images, (str, bytes, os.PathLike)):
        line = "vae_engine.load_dataset(path).test_images"
        return ArrayError(f"{name} is a path or a text: {wanted}; try `{line}`")
    if array.ndim == 0:
        several = isinstance(images, Iterable) and not isinstance(images, Mapping)
        line = f"np.stack(list({name}))" if several else "vae_engine.load_dataset(path).test_images"
        return ArrayError(f"{name} is of the type {type(images).__name__}: {wanted}; try `{line}`")
    line = f"np.stack(list({name})).astype('uint8')"
    found = "Python objects" if array.dtype.kind == "O" else "texts"
    return ArrayError(f"{name} holds {found}, not numbers: {wanted}; try `{line}`")


def _shape_remedy(shape: tuple[int, ...]) -> str:
    if shape in (_SQUARE, (_PIXELS,), (*_SQUARE, 1)):
        return "; for one image try `images[np.newaxis]`"
    if shape[:2] == _SQUARE:
        return "; try `np.moveaxis(images, -1, 0)`"
    if len(shape) == 5 and shape[-1] == 1 and fits(shape[:-1]):
        return "; try `images[..., 0]`"
    if len(shape) == 2 and shape[1] == _PIXELS + 1:
        return "; where the first column is a label, try `images[:, 1:]`"
    if len(shape) in (3, 4) and min(shape) > 0:
        return (
            "; try `np.stack([PIL.Image.fromarray(image).convert('L').resize((28, 28)) "
            "for image in images])`"
        )
    return "; try `images.reshape(-1, 28, 28)`"
