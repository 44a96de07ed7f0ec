"""What arrays of images must look like: checked by header first, before any data are read.

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

from vae_engine.datasets.files import MAX_ARRAY_BYTES, brief
from vae_engine.datasets.preparation import SMALLEST_TAKEN
from vae_engine.datasets.values import measure
from vae_engine.errors import ArrayError
from vae_engine.image_shape import GREY_28, ImageShape

AnyArray: TypeAlias = npt.NDArray[Any]
Images: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64]

WANTED_SHAPES = "(n, h, w), (n, h, w, channels), (n, channels, h, w) or flat (n, h * w)"
CHANNELS = (1, 2, 3, 4)

_ALPHA = (2, 4)
_CHUNK = 4096
# Longer sides, and flat rows of fewer values, are not images.
_LONGEST_SIDE = 100_000
_SMALL = 64 * 1024**2
_FEWEST_VALUES = SMALLEST_TAKEN**2
_MNIST_VALUES = 784

_REMEDY_BY_KIND = {
    "O": "`images = np.stack(list(images)).astype('uint8')`",
    "c": "`images = np.abs(images)`",
    "V": "`images = images.astype('float32')`",
}


def to_images(images: object, name: str = "images", shape: ImageShape = GREY_28) -> Images:
    """Check an array of images and bring it to the shape and range that the networks expect.

    Taken are (n, h, w), (n, h, w, c), (n, c, h, w) and flat (n, h * w * c) of the height, width
    and channels of `shape`; for grey ones colour too where all channels are equal. Integers, and
    floats of whole numbers above 1, are values from 0 to 255; other floats lie in [0, 1] (a
    rounding error outside is clipped); booleans are black and white.

    Args:
        images: an array, or what NumPy makes one of.
        name: of the argument, for messages.
        shape: that the images must have.

    Returns:
        (n, h, w), or (n, h, w, 3) for colour; uint8, or float32 in [0, 1].

    Raises:
        ArrayError: a `DatasetError` and a `ValueError`: the type, shape or range does not fit, or
            it is ambiguous: integers 0 and 1 may be a mask, or nearly black.
    """
    array = _as_array(images, name, shape)
    if array.dtype.kind in "OSU":
        raise _no_numbers(images, array, name, shape)
    check_values_type(name, array.dtype)
    if not _has_shape(array.shape, shape):
        raise ArrayError(
            f"{name} has the shape {brief(str(array.shape))}: wanted {_shapes_of(shape)}"
            f"{_remedy_for(array.shape, shape)}"
        )
    if len(array) < 1:
        raise ArrayError(f"{name} holds no images: wanted at least one; try another array")
    return measure(name, _of_shape(name, array, shape)).alone()


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
        ArrayError: not of numbers, of no shape of images, or none at all.
    """
    check_values_type(what, dtype)
    if not fits(shape):
        raise ArrayError(
            f"{what} has the shape {brief(str(shape))}: wanted {WANTED_SHAPES}"
            f"{_shape_remedy(shape)}"
        )
    if shape[0] < 1:
        raise ArrayError(f"{what} holds no images: wanted at least one; try another array")


def check_values_type(what: str, dtype: np.dtype[Any]) -> None:
    """Check that values of this type can be pixels.

    Raises:
        ArrayError: they are not numbers.
    """
    if dtype.hasobject:
        raise ArrayError(
            f"{what} holds pickled Python objects, which are never loaded: wanted numbers; "
            f"where you trust them, try {_REMEDY_BY_KIND['O']} and save again"
        )
    if dtype.kind not in "buif":
        remedy = _REMEDY_BY_KIND.get(dtype.kind, "`images = images.astype('uint8')`")
        raise ArrayError(
            f"{what} has the type {brief(dtype.name)}: wanted uint8, another integer type, "
            f"floats, or bool; try {remedy}"
        )


def check_size(what: str, dtype: np.dtype[Any], shape: tuple[int, ...], noun: str) -> None:
    """Check that an array that a file declares may be read.

    Raises:
        ArrayError: it is above 16 GiB, or above the memory that is free.
    """
    declared = math.prod(shape) * dtype.itemsize
    if declared > MAX_ARRAY_BYTES:
        raise ArrayError(
            f"{what} declares {brief(str(shape[0]))} {noun}s of {brief(dtype.name)}: "
            f"wanted at most {MAX_ARRAY_BYTES / 1024**3:g} GiB; "
            "try fewer images, or `images.astype('uint8')`"
        )
    if declared > _SMALL and declared > (free := _free_memory()):
        raise ArrayError(
            f"{what} needs {declared / 1024**3:.1f} GiB of memory: wanted at most the "
            f"{free / 1024**3:.1f} GiB that are free; try fewer images, or a folder of image files"
        )


def _free_memory() -> int:
    import psutil  # Only large arrays need it, and viewers should start quickly.

    return psutil.virtual_memory().available


def fits(shape: tuple[int, ...]) -> bool:
    """Whether this may be a shape of images: with or without channels, or flat."""
    if len(shape) == 2:
        one_image = shape[0] == shape[1] != _MNIST_VALUES
        return shape[1] >= _FEWEST_VALUES and not one_image
    if len(shape) == 3:
        # Of (h, w, n), as MATLAB stores them, and of one colour image the last axis tells.
        return _are_sides(shape[1:]) and not shape[0] == shape[1] != shape[2]
    return len(shape) == 4 and channel_axis(shape) != 0


def channel_axis(shape: tuple[int, ...]) -> int:
    """Which of four axes has the channels: 3, 1, or 0 if none has."""
    if len(shape) != 4:
        return 0
    if shape[3] in CHANNELS and _are_sides(shape[1:3]):
        return 3
    return 1 if shape[1] in CHANNELS and _are_sides(shape[2:]) else 0


def _are_sides(sides: tuple[int, ...]) -> bool:
    return all(SMALLEST_TAKEN <= side <= _LONGEST_SIDE for side in sides)


def _has_shape(found: tuple[int, ...], shape: ImageShape) -> bool:
    """Whether an array of images has this shape, in one of the layouts that are taken."""
    size = (shape.height, shape.width)
    channels = (3, 4) if shape.channels == 3 else CHANNELS
    if len(found) == 4:
        last = found[1:3] == size and found[3] in channels
        return last or (found[2:] == size and found[1] in channels)
    if len(found) == 2:
        return found[1] == shape.values
    return len(found) == 3 and found[1:] == size and shape.channels == 1


def _shapes_of(shape: ImageShape) -> str:
    h, w, c = shape
    shapes = f"(n, {h}, {w}, {c}), (n, {c}, {h}, {w}) or (n, {shape.values})"
    return shapes if c == 3 else f"(n, {h}, {w}), {shapes}"


def _of_shape(what: str, images: AnyArray, shape: ImageShape) -> AnyArray:
    """Images of a checked shape as (n, h, w) or (n, h, w, 3); their values stay as they are.

    Raises:
        ArrayError: they are in colour where grey is wanted, or transparent.
    """
    if images.ndim < 4:
        return images.reshape(len(images), *shape.array)
    if images.shape[1:3] != (shape.height, shape.width):
        images = np.moveaxis(images, 1, -1)
    channels = images.shape[-1]
    colours = images[..., : channels - (channels in _ALPHA)]
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK]
        if channels in _ALPHA and not _opaque(part[..., -1]):
            raise ArrayError(
                f"{what} is transparent: wanted images without alpha; "
                "try `images = images[..., 0] * (images[..., -1] > 0)`"
            )
        part = colours[start : start + _CHUNK]
        if shape.channels == 1 and not (part == part[..., :1]).all():
            raise ArrayError(
                f"{what} is in colour: wanted grey, as (n, {shape.height}, {shape.width}); "
                f"try `images = images[..., :3].mean(-1).astype('{images.dtype.name}')`"
            )
    return colours if shape.channels == 3 else images[..., 0]


def _opaque(alpha: AnyArray) -> bool:
    low = alpha.min()
    return bool(low == alpha.max() and low in (1, 255, 65_535))


def _as_array(images: object, name: str, shape: ImageShape) -> AnyArray:
    try:
        return np.asarray(images)
    # Other libraries raise what they like, such as PyTorch of a tensor that needs a gradient.
    except (ValueError, TypeError, RuntimeError) as error:
        tensor = hasattr(images, "detach") or "ensor" in str(error)
        line = f"{name}.detach().cpu().numpy()" if tensor else f"np.stack({name})"
        raise ArrayError(
            f"{name} is not an array ({brief(str(error))}): wanted images of one shape, "
            f"{_wanted_array(shape)}; try `{name} = {line}`"
        ) from None


def _no_numbers(images: object, array: AnyArray, name: str, shape: ImageShape) -> ArrayError:
    wanted = f"wanted an array of images, {_wanted_array(shape)}"
    if isinstance(images, (str, bytes, os.PathLike)):
        line = "vae_engine.load_dataset(path).test_images"
        return ArrayError(f"{name} is a path or other text: {wanted}; try `{line}`")
    if array.ndim == 0:
        several = isinstance(images, Iterable) and not isinstance(images, Mapping)
        line = f"np.stack(list({name}))" if several else "vae_engine.load_dataset(path).test_images"
        return ArrayError(f"{name} is of the type {type(images).__name__}: {wanted}; try `{line}`")
    line = f"np.stack(list({name})).astype('uint8')"
    found = "Python objects" if array.dtype.kind == "O" else "text"
    return ArrayError(f"{name} holds {found}, not numbers: {wanted}; try `{line}`")


def _wanted_array(shape: ImageShape) -> str:
    return str(("n", *shape.array)).replace("'", "")


def _remedy_for(found: tuple[int, ...], shape: ImageShape) -> str:
    """What makes an array of another shape one of these images."""
    h, w, _ = shape
    if found in (shape.array, (shape.values,), (h, w, 1)):
        return "; for one image try `images[np.newaxis]`"
    if found[:2] == (h, w):
        return "; try `np.moveaxis(images, -1, 0)`"
    if len(found) == 5 and found[-1] == 1 and _has_shape(found[:-1], shape):
        return "; try `images[..., 0]`"
    if len(found) == 2 and found[1] == shape.values + 1:
        return "; where the first column is a label, try `images[:, 1:]`"
    if len(found) in (3, 4) and min(found) > 0:
        mode = "L" if shape.channels == 1 else "RGB"
        return (
            f"; try `np.stack([PIL.Image.fromarray(image).convert('{mode}').resize(({w}, {h})) "
            "for image in images])`"
        )
    return f"; try `images.reshape{('-1', *shape.array)}`".replace("'", "")


def _shape_remedy(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and max(shape[1:]) < SMALLEST_TAKEN:
        return f" of at least {SMALLEST_TAKEN} pixels per side; try another array"
    if (len(shape) == 2 and shape[0] == shape[1]) or (len(shape) == 3 and shape[2] in CHANNELS):
        return "; for one image try `images[np.newaxis]`"
    if len(shape) in (3, 4) and shape[0] == shape[1] >= SMALLEST_TAKEN:
        return "; try `np.moveaxis(images, -1, 0)`"
    if len(shape) == 5 and shape[-1] == 1 and fits(shape[:-1]):
        return "; try `images[..., 0]`"
    if len(shape) in (3, 4) and not _are_sides(shape[1:3]):
        return f" of at least {SMALLEST_TAKEN} pixels per side; try another array"
    return "; try `images.reshape(-1, height, width)`"
