"""Where Keras keeps downloaded datasets, found out without importing Keras."""

from __future__ import annotations

import os
from pathlib import Path

from vae_engine.datasets.cache import cache_folder

_TEMPORARY_CACHE = Path("/tmp/.keras")
_FASHION_MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def cifar_file(name: str) -> Path:
    """Where the arrays of `cifar10` or `cifar100` are kept once Keras has loaded them.

    Keras keeps them as pickles, which only its own loader reads.
    """
    return cache_folder() / f"{name}.npz"


def is_available(name: str) -> bool:
    """Whether a named dataset can be read without a download."""
    if name == "fashion_mnist":
        return is_complete(fashion_mnist_folder())
    return not name.startswith("cifar") or os.access(cifar_file(name), os.R_OK)


def fashion_mnist_folder() -> Path:
    """The folder where Keras keeps, or would keep, Fashion-MNIST's four gzipped IDX files."""
    # Unlike Path.expanduser, this one copes with users who have no home.
    home = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras"))  # noqa: PTH111
    folder = home / "datasets" / "fashion-mnist"
    writable = os.access(home if os.access(home, os.F_OK) else home.parent, os.W_OK)
    # Keras downloads elsewhere then; files that are there already are used all the same.
    if not writable and not is_complete(folder):
        return _TEMPORARY_CACHE / "datasets" / "fashion-mnist"
    return folder


def is_complete(folder: Path) -> bool:
    """Whether all four files are there and may be read."""
    return all(os.access(folder / name, os.R_OK) for name in _FASHION_MNIST_FILES)
