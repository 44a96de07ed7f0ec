"""Divide images into training, validation and test splits.

If a source has no test split, a seventh of its images becomes the test split; if it has no
validation split, 5,000 of the training images do, or a quarter of a small dataset. So 70,000 images
divide as MNIST does: 55,000, 5,000 and 10,000.

The content of an image decides, not its position: its key is a hash of its pixels, and each class
contributes the images with the lowest keys. So a folder that is sorted by class divides evenly, the
same images in another order divide in the same way, and equal images, which have equal keys, never
end up in two splits.

The first versions took the last images instead. Sessions of these versions, and datasets that Keras
divides by position, still do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.files import brief
from vae_engine.errors import DatasetError

SplitMethod: TypeAlias = Literal["position", "content"]
BY_POSITION: Final = "position"
BY_CONTENT: Final = "content"

Keys: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_VALIDATION_IMAGES = 5_000
_TEST_SHARE = 7
_CHUNK = 1024
# Seeds the hash; another value would divide every dataset differently.
_KEY = b"vae split 1"
# Bits of the golden ratio (Knuth, "The Art of Computer Programming", volume 3, 6.4).
_MIX = np.uint64(0x9E3779B97F4A7C15)


def recorded_method(recorded: Mapping[str, object] | None) -> SplitMethod:
    """Return how a session's dataset is split.

    Args:
        recorded: `dataset` of the session's `prepared` event, None before the first.

    Raises:
        DatasetError: the method is unknown to this version.
    """
    if recorded is None:
        return BY_CONTENT
    # Sessions that record no method are from before there was a second one.
    match recorded.get("split", BY_POSITION):
        case "position":
            return BY_POSITION
        case "content":
            return BY_CONTENT
        case other:
            raise DatasetError(
                f"the dataset is split by {brief(repr(other))}: wanted position or content; "
                "try a newer version of this package"
            )


def validation_count(training_images: int) -> int:
    """Number of training images to use for validation: min(5000, n // 4)."""
    return min(_VALIDATION_IMAGES, training_images // 4)


def count_for_test(images: int) -> int:
    """Number of images to use for the test split of a source that has none: n // 7."""
    return images // _TEST_SHARE


def image_keys(images: Images) -> Keys:
    """Hash the pixels of each image, (n,)."""
    little_endian = images.dtype.newbyteorder("<")
    digests: list[bytes] = []
    for start in range(0, len(images), _CHUNK):
        part = np.ascontiguousarray(images[start : start + _CHUNK], dtype=little_endian)
        if part.dtype.itemsize > 8:
            # NumPy hands out no bytes of long doubles, and some of them are padding.
            part = part.astype("<f8")
        rows = part.reshape(len(part), -1)
        digests += (hashlib.blake2b(row.data, digest_size=8, key=_KEY).digest() for row in rows)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def choose(keys: Keys, labels: Labels | None, count: int) -> Mask:
    """Choose `count` images, or slightly fewer, since copies of an image stay together.

    Args:
        keys: (n,), equal for equal images.
        labels: (n,); every class contributes its share, and its last image only if unavoidable.
        count: at most n.

    Returns:
        (n,), true for the images chosen; at least one if `count` is positive.
    """
    if count <= 0 or not len(keys):
        return np.zeros(len(keys), np.bool_)
    _, first, group, sizes = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    classes = np.zeros(len(first), np.int64)
    if labels is not None:
        classes = np.unique(labels[first], return_inverse=True)[1]
    chosen = _choose_shares(classes, sizes, count)
    _fill(chosen, classes, sizes, count)
    if chosen.any():
        return chosen[group]
    smallest = int(sizes.argmin())
    if 2 * sizes[smallest] <= len(keys):
        return np.asarray(group == smallest)
    # All are copies of one image or two, and at least one must be chosen.
    return np.arange(len(keys)) < count


def _choose_shares(
    classes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], count: int
) -> Mask:
    """Choose each class's share, taking its groups of equal images in the order of their keys."""
    chosen = np.zeros(len(classes), np.bool_)
    quotas = _quotas(np.bincount(classes, weights=sizes).astype(np.int64), count)
    order = np.argsort(classes, kind="stable")
    ends = np.cumsum(np.bincount(classes))
    for quota, members in zip(quotas, np.split(order, ends[:-1]), strict=True):
        chosen[_fitting(members, sizes, int(quota))] = True
    return chosen


def _quotas(totals: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Divide `count` among the classes in proportion to their sizes, by largest remainders."""
    exact = totals * (count / totals.sum())
    quotas: npt.NDArray[np.int64] = np.minimum(exact.astype(np.int64), totals - 1)
    rest = count - int(quotas.sum())
    # Break ties pseudo-randomly, so that the first labels are not favoured.
    ties = np.arange(len(totals), dtype=np.uint64) * _MIX
    by_remainder = np.lexsort((ties, quotas - exact))
    spare = by_remainder[(quotas < totals - 1)[by_remainder]]
    quotas[spare[:rest]] += 1
    return quotas


def _fitting(
    members: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Choose the first groups that together have no more than `count` images."""
    if (sizes[members] == 1).all():
        return members[:count]
    taken = []
    for member in members:
        if sizes[member] <= count:
            taken.append(member)
            count -= int(sizes[member])
        if count == 0:
            break
    return np.array(taken, np.int64)


def _fill(
    chosen: Mask, classes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], count: int
) -> None:
    """Choose more groups until there are `count` images; the last group of a class comes last."""
    for spare_only in (True, False):
        missing = count - int(sizes[chosen].sum())
        if missing <= 0:
            return
        open_groups = np.flatnonzero(~chosen)
        if spare_only:
            firsts = np.unique(classes[open_groups], return_index=True)[1]
            open_groups = np.delete(open_groups, firsts)
        chosen[_fitting(open_groups, sizes, missing)] = True
