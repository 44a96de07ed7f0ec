"""How images are divided into training, validation and test splits.

Where a source has no test split, a seventh of its images is the test split; where it has no
validation split, 5,000 of the training images are, or a quarter of a small dataset. So 70,000
images divide as MNIST does: 55,000, 5,000 and 10,000.

Which images these are follows from their content and not from their place: each image has a key, a
hash of its pixels, and every class gives those of its images whose keys are lowest. So a folder
that is sorted by class divides evenly, the same images in another order divide in the same way,
and equal images, which have equal keys, are never on both sides.

The first versions took the last images instead. Sessions of theirs, and the datasets that Keras
divides by position, keep that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.files import shortened
from vae_engine.errors import DatasetError

SplitMethod: TypeAlias = Literal["position", "content"]
BY_POSITION: Final = "position"
BY_CONTENT: Final = "content"

Keys: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_VALIDATION_IMAGES = 5_000
_TEST_SHARE = 7
_CHUNK = 1024
# The seed of the permutation; another value would divide every dataset in another way.
_KEY = b"vae split 1"
# The golden ratio's bits (Knuth, "The Art of Computer Programming", volume 3, 6.4).
_MIX = np.uint64(0x9E3779B97F4A7C15)


def recorded_method(recorded: Mapping[str, object] | None) -> SplitMethod:
    """How a session's dataset is split.

    Args:
        recorded: `dataset` of the session's `prepared` event, or None before its first.

    Raises:
        DatasetError: in a way that this version does not know.
    """
    if recorded is None:
        return BY_CONTENT
    # Sessions that record nothing are older than any other way.
    match recorded.get("split", BY_POSITION):
        case "position":
            return BY_POSITION
        case "content":
            return BY_CONTENT
        case other:
            raise DatasetError(
                f"the dataset is split by {shortened(repr(other))}: wanted position or content; "
                "try a newer version of this package"
            )


def validation_count(training_images: int) -> int:
    """How many of the training images are for validation: min(5000, n // 4)."""
    return min(_VALIDATION_IMAGES, training_images // 4)


def count_for_test(images: int) -> int:
    """How many images of a source without a test split are for the test: n // 7."""
    return images // _TEST_SHARE


def image_keys(images: Images) -> Keys:
    """A hash (n,) of each image's pixels."""
    little_endian = images.dtype.newbyteorder("<")
    digests: list[bytes] = []
    for start in range(0, len(images), _CHUNK):
        part = np.ascontiguousarray(images[start : start + _CHUNK], dtype=little_endian)
        rows = part.reshape(len(part), -1)
        digests += (hashlib.blake2b(row.data, digest_size=8, key=_KEY).digest() for row in rows)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def choose(keys: Keys, labels: Labels | None, count: int) -> Mask:
    """Choose `count` images, or somewhat fewer where copies of one image cannot be parted.

    Args:
        keys: (n,), equal for equal images.
        labels: (n,): every class gives its share, and its last image only where all must.
        count: at most n.

    Returns:
        (n,), true for the images chosen; at least one, if `count` is.
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
    # All are copies of an image or two, and something must be chosen.
    return np.arange(len(keys)) < count


def _choose_shares(
    classes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], count: int
) -> Mask:
    """Of each class its share, its groups taken in the order of their keys."""
    chosen = np.zeros(len(classes), np.bool_)
    quotas = _quotas(np.bincount(classes, weights=sizes).astype(np.int64), count)
    order = np.argsort(classes, kind="stable")
    ends = np.cumsum(np.bincount(classes))
    for quota, members in zip(quotas, np.split(order, ends[:-1]), strict=True):
        chosen[_fitting(members, sizes, int(quota))] = True
    return chosen


def _quotas(totals: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Shares of `count` in proportion to the classes, by largest remainders."""
    exact = totals * (count / totals.sum())
    quotas: npt.NDArray[np.int64] = np.minimum(exact.astype(np.int64), totals - 1)
    rest = count - int(quotas.sum())
    # Mixed, so that among equal remainders the first labels are not favoured.
    ties = np.arange(len(totals), dtype=np.uint64) * _MIX
    by_remainder = np.lexsort((ties, quotas - exact))
    spare = by_remainder[(quotas < totals - 1)[by_remainder]]
    quotas[spare[:rest]] += 1
    return quotas


def _fitting(
    members: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """The first of these groups that together have no more than `count` images."""
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
    """Choose further groups until there are `count` images, the last of a class at the end."""
    for spare_only in (True, False):
        missing = count - int(sizes[chosen].sum())
        if missing <= 0:
            return
        open_groups = np.flatnonzero(~chosen)
        if spare_only:
            firsts = np.unique(classes[open_groups], return_index=True)[1]
            open_groups = np.delete(open_groups, firsts)
        chosen[_fitting(open_groups, sizes, missing)] = True
