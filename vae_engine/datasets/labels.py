"""Converts labels of any common form to whole numbers.

A VAE needs no labels: unreadable ones are left out with a note, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray, Labels, check_size
from vae_engine.datasets.files import brief
from vae_engine.datasets.source import SPLIT_NAMES, Split
from vae_engine.errors import ArrayError

MAX_LABEL = 65_535
NO_LABEL = -1
"""Of an image that has none."""
NUMBERED = "are numbered from 0"
"""The end of the note that says which texts are labels."""

_MAX_TEXT_BYTES = 4096
_SHOWN_NAMES = 4


def labels_or_none(labels: Labels | None, count: int) -> Labels:
    """Return labels (count,), `NO_LABEL` for each image where there are none."""
    return np.full(count, NO_LABEL, np.int64) if labels is None else labels


def check_label_header(what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Check that a file's labels of this type and shape can be read; `what` names them.

    Raises:
        ArrayError: pickled, no labels by their type or shape, or too large.
    """
    if dtype.hasobject:
        raise ArrayError(f"{what} holds pickled Python objects, which are never loaded")
    if dtype.kind not in "buifUS":
        raise ArrayError(f"{what} has the type {brief(dtype.name)}")
    if len(shape) not in (1, 2) or min(shape) < 1:
        raise ArrayError(f"{what} has the shape {brief(str(shape))}")
    if dtype.kind in "US" and dtype.itemsize > _MAX_TEXT_BYTES:
        raise ArrayError(f"{what} holds texts of {dtype.itemsize} bytes")
    check_size(what, dtype, shape, "label")


def read_labels(
    arrays: Mapping[Split, AnyArray], counts: Mapping[Split, int]
) -> tuple[dict[Split, Labels], tuple[str, ...], list[str]]:
    """Labels of the splits as whole numbers, equal labels the same number in every split.

    Args:
        arrays: the labels by split, in any form.
        counts: the number of images of each of these splits.

    Returns:
        The labels (n,) int64 of each split whose labels can be read, the names of 0, 1, ... where
        they have some, and notes.
    """
    found: dict[Split, npt.NDArray[Any]] = {}
    notes: list[str] = []
    for split, array in arrays.items():
        try:
            found[split] = _flat(array, counts[split])
        except ArrayError as error:
            notes.append(f"labels of the {SPLIT_NAMES[split]} split are left out: {error}")
    texts = [values for values in found.values() if values.dtype.kind == "U"]
    if not texts:
        return found, (), notes
    if len(texts) < len(found):
        return {}, (), [*notes, "labels are left out: texts in one split and numbers in another"]
    names = np.unique(np.concatenate(texts))
    if all(str(name).isascii() and str(name).isdecimal() for name in names):
        numbers, notes = _numbers(found, notes)
        return numbers, (), notes
    if len(names) > MAX_LABEL + 1:
        return {}, (), [*notes, f"labels are left out: they are {len(names)} different texts"]
    shown = ", ".join(brief(repr(str(name))) for name in names[:_SHOWN_NAMES])
    more = ", ..." if len(names) > _SHOWN_NAMES else ""
    notes.append(f"labels {shown}{more} {NUMBERED}")
    labels = {split: np.searchsorted(names, found[split]).astype(np.int64) for split in found}
    return labels, tuple(str(name) for name in names), notes


def _flat(array: AnyArray, count: int) -> npt.NDArray[Any]:
    """Labels (n,) as int64 or text.

    Raises:
        ArrayError: they cannot be read, in a few words.
    """
    check_label_header("the array", array.dtype, array.shape)
    if array.ndim == 2:
        array = _one_hot(array, count) if 1 not in array.shape else array.reshape(-1)
    if len(array) != count:
        raise ArrayError(f"{len(array)} labels for {count} images")
    if array.dtype.kind in "US":
        return _text(array)
    if array.dtype.kind == "f" and not (array == np.rint(array)).all():
        raise ArrayError("they are not whole numbers")
    low, high = array.min(), array.max()
    if low < 0 or high > MAX_LABEL:
        raise ArrayError(f"they go from {low} to {high}, not from 0 to {MAX_LABEL} at most")
    return np.ascontiguousarray(array, dtype=np.int64)


def _one_hot(array: AnyArray, count: int) -> AnyArray:
    """The column of the one 1 in each row."""
    if len(array) != count:
        raise ArrayError(f"{len(array)} labels for {count} images")
    if array.dtype.kind in "US" or not (
        ((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()
    ):
        raise ArrayError(f"{array.shape[1]} columns that are not one-hot")
    return np.asarray(array.argmax(axis=1))


def _numbers(
    found: dict[Split, npt.NDArray[Any]], notes: list[str]
) -> tuple[dict[Split, Labels], list[str]]:
    """Texts that are whole numbers, as these."""
    highest = max(int(name) for values in found.values() for name in np.unique(values))
    if highest > MAX_LABEL:
        return {}, [*notes, f"labels are left out: they go up to {highest:.6g}"]
    return {split: values.astype(np.int64) for split, values in found.items()}, notes


def _text(array: AnyArray) -> npt.NDArray[Any]:
    if array.dtype.kind == "U":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError:
        raise ArrayError("they are bytes, but not UTF-8 text") from None
