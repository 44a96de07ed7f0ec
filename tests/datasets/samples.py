"""Small datasets, and writers for every format."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Arrays = dict[str, npt.NDArray[Any]]

IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def digits(train: int = 40, test: int = 10) -> Arrays:
    """Random images (n, 28, 28) uint8 and labels (n,) uint8, the same at every call."""
    random = np.random.default_rng(0)
    return {
        "x_train": random.integers(0, 256, (train, 28, 28), dtype=np.uint8),
        "y_train": random.integers(0, 10, train, dtype=np.uint8),
        "x_test": random.integers(0, 256, (test, 28, 28), dtype=np.uint8),
        "y_test": random.integers(0, 10, test, dtype=np.uint8),
    }


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    """The IDX file of an array of bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_npz(path: Path, arrays: Arrays, compressed: bool = True) -> Path:
    """Write arrays under their names."""
    save = np.savez_compressed if compressed else np.savez
    save(path, allow_pickle=True, **arrays)
    return path


def write_idx(folder: Path, arrays: Arrays, packed: bool = False, mark: str = "-") -> Path:
    """Write a folder of IDX files; with `mark` "." they are named `train-images.idx3-ubyte`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        file_name = IDX_NAMES[name].replace("-idx", f"{mark}idx")
        data = idx_bytes(array)
        if packed:
            (folder / f"{file_name}.gz").write_bytes(gzip.compress(data, 1))
        else:
            (folder / file_name).write_bytes(data)
    return folder


def write_pngs(folder: Path, images: npt.NDArray[np.uint8]) -> Path:
    """Write images as 000.png, 001.png, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:03}.png")
    return folder
