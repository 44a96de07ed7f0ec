"""Whether a dataset can be had, asked before a session is created for it."""

from __future__ import annotations

import logging
import subprocess
from typing import NamedTuple

from vae_engine.dataset_names import NAMED_DATASETS, NAMED_TRAINING_IMAGES
from vae_engine.datasets.keras_cache import is_available
from vae_engine.datasets.loader import load_dataset
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.splits import BY_CONTENT, SplitMethod
from vae_engine.errors import DatasetError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.machine import module_command

EXIT_UNAVAILABLE = 3
"""Exit code of a download that the last line on its stderr explains."""

_logger = logging.getLogger(__name__)

# 30 MB: enough for a slow line, and an end for a server that trickles.
_DOWNLOAD_SECONDS = 900.0


class CheckedDataset(NamedTuple):
    """A dataset that a session can be trained on.

    Attributes:
        train_images: how many it has to train on.
        image_shape: height, width and channels of an image.
        description: `Dataset.description`; "" for `mnist` with limit 0, which is not read.
    """

    train_images: int
    image_shape: ImageShape
    description: str


def check_dataset(
    name: str,
    limit: int = 0,
    method: SplitMethod = BY_CONTENT,
    preparation: Preparation = AUTO,
    report: Report | None = None,
) -> CheckedDataset:
    """Check that a session on this dataset can start; Fashion-MNIST is downloaded if need be.

    `mnist` with limit 0 returns at once, since the package has a copy. A download runs Keras in a
    process of its own, takes 10 s and more, and prints nothing.

    Args:
        name: of the dataset, or its path.
        limit: number of training images to use; 0 for all.
        method: how splits that a path does not bring are made.
        preparation: what the images are brought to.
        report: told about progress.

    Raises:
        DatasetError: the data are missing, damaged or unfit, or cannot be downloaded.
        SettingError: there are fewer training images than `limit`.
    """
    if name == "mnist" and limit == 0 and preparation == AUTO:
        return CheckedDataset(NAMED_TRAINING_IMAGES, GREY_28, "")
    if name in NAMED_DATASETS and not is_available(name):
        _download(name)
    dataset = load_dataset(name, method, preparation, report).limited(limit)
    return CheckedDataset(len(dataset.train_images), dataset.image_shape, dataset.description())


def _download(name: str) -> None:
    _logger.info("downloading %s", name)
    try:
        done = subprocess.run(
            module_command("vae_engine.datasets.download", name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatasetError(
            f"{name} was not downloaded within {_DOWNLOAD_SECONDS:.0f} s: "
            "wanted a faster network, or the path of its images"
        ) from error
    if done.returncode != 0:
        raise DatasetError(_failure(name, done))


def _failure(name: str, done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    if done.returncode == EXIT_UNAVAILABLE and lines:
        return lines[-1]
    return (
        f"{name} was not downloaded (the download ended with code {done.returncode}): "
        "try again, or give the path of its images"
    )
