"""Where Keras keeps downloaded datasets, found out without importing Keras."""

from __future__ import annotations

import os
from pathlib import Path

_TEMPORARY_CACHE = Path("/tmp/.keras")
_FASHION_MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


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
