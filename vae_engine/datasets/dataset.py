"""A dataset as training and evaluation use it: checked, split, and known by its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray, Arrays, Images, Labels, image_values, label_values
from vae_engine.datasets.splits import MIN_TRAINING_IMAGES, validation_count
from vae_engine.errors import DatasetError, SettingError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels in three splits; all arrays are read-only.

    Images are (n, 28, 28), uint8 or, where the source had floats, float32 in [0, 1]. Labels are
    (n,) int64, or None in every split of a dataset without labels.

    Attributes:
        name: `mnist`, `fashion_mnist`, or the absolute path.
        source: `keras`, `packaged` or `keras cache`; of a path `npz`, `idx` or `png`.
        sha256: digest of the whole dataset's values, equal for equal data whatever the source.
    """

    name: str
    source: str
    sha256: str
    train_images: Images
    train_labels: Labels | None
    val_images: Images
    val_labels: Labels | None
    test_images: Images
    test_labels: Labels | None

    def limited(self, limit: int) -> Dataset:
        """The dataset with its first `limit` training images only; 0 keeps them all.

        Validation and test split stay whole, and so does `sha256`, which tells the data's origin.

        Raises:
            SettingError: `limit` is negative, or above the number of training images.
        """
        count = len(self.train_images)
        if not 0 <= limit <= count:
            raise SettingError(
                f"limit is {limit}: {self.name!r} has {count} training images, "
                f"so it must be a whole number from 1 to {count}, or 0 for all"
            )
        if limit == 0:
            return self
        labels = None if self.train_labels is None else self.train_labels[:limit]
        return replace(self, train_images=self.train_images[:limit], train_labels=labels)


def make_dataset(name: str, source: str, arrays: Arrays) -> Dataset:
    """Check the arrays that a reader found, and split them.

    Raises:
        DatasetError: wrong types, shapes, values or counts; the message names the split.
    """
    training, test = f"the training split of {name!r}", f"the test split of {name!r}"
    x_train, y_train = _checked(training, arrays.x_train, arrays.y_train)
    if len(x_train) < MIN_TRAINING_IMAGES:
        raise DatasetError(
            f"{training} has {len(x_train)} images: wanted at least {MIN_TRAINING_IMAGES}"
        )
    x_test, y_test = _checked(test, arrays.x_test, arrays.y_test)
    if x_train.dtype != x_test.dtype:
        raise DatasetError(
            f"{training} has {x_train.dtype.name} images but {test} has {x_test.dtype.name} "
            "images: wanted one type"
        )
    if (y_train is None) != (y_test is None):
        raise DatasetError(f"{name!r} has labels for one split only: wanted them for both or none")
    first_val = len(x_train) - validation_count(len(x_train))
    return Dataset(
        name=name,
        source=source,
        sha256=_digest(
            {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
        ),
        train_images=x_train[:first_val],
        train_labels=None if y_train is None else y_train[:first_val],
        val_images=x_train[first_val:],
        val_labels=None if y_train is None else y_train[first_val:],
        test_images=x_test,
        test_labels=y_test,
    )


def to_float(images: Images) -> npt.NDArray[np.float32]:
    """Images (n, 28, 28) as the network takes them: (n, 28, 28, 1) float32 in [0, 1]."""
    values = images.astype(np.float32)
    if images.dtype == np.uint8:
        values /= np.float32(255)
    return values[..., np.newaxis]


def _checked(what: str, images: AnyArray, labels: AnyArray | None) -> tuple[Images, Labels | None]:
    checked_images = image_values(what, images)
    checked_images.flags.writeable = False
    if labels is None:
        return checked_images, None
    checked_labels = label_values(f"the label array of {what}", labels)
    checked_labels.flags.writeable = False
    if len(checked_labels) != len(checked_images):
        raise DatasetError(
            f"{what} has {len(checked_labels)} labels for {len(checked_images)} images: "
            "wanted one label an image"
        )
    return checked_images, checked_labels


def _digest(arrays: dict[str, Images | Labels | None]) -> str:
    """SHA-256 over each array's name, type, shape and little-endian bytes, in the order given."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        if array is None:
            continue
        stored = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{name} {stored.dtype.str} {stored.shape}\n".encode())
        digest.update(stored.data)
    return digest.hexdigest()
