"""Datasets as a folder of IDX files, the format that MNIST was first published in.

An IDX file is a big-endian magic number (two zero bytes, the type of the values, the number of
dimensions), the dimensions as 32-bit integers, then the values (LeCun, "The MNIST database").
"""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Arrays, check_image_header, check_label_header
from vae_engine.datasets.files import ByteStream, open_regular, quoted, read_exactly, reading
from vae_engine.errors import DatasetError

_Kind: TypeAlias = Literal["images", "labels"]
_Files: TypeAlias = dict[tuple[str, _Kind], Path]

_DIMENSIONS: dict[_Kind, int] = {"images": 3, "labels": 1}
_HEADER_CHECKS = {"images": check_image_header, "labels": check_label_header}
_UNSIGNED_BYTE = 0x08


def idx_files(folder: Path) -> _Files:
    """The IDX files in a folder by split (`train`, `t10k`) and kind, unpacked ones preferred."""
    found: _Files = {}
    for split in ("train", "t10k"):
        for kind, dimensions in _DIMENSIONS.items():
            for mark, end in (("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")):
                path = folder / f"{split}-{kind}{mark}idx{dimensions}-ubyte{end}"
                if path.exists():
                    found.setdefault((split, kind), path)
    return found


def read_idx(folder: Path, files: _Files) -> Arrays:
    """Read a folder's two image files and, where there are any, its two label files.

    Raises:
        DatasetError: a file is missing, damaged, too large, or not of bytes in the right shape.
    """
    labelled = ("train", "labels") in files or ("t10k", "labels") in files
    kinds: tuple[_Kind, ...] = ("images", "labels") if labelled else ("images",)
    missing = [
        f"{split}-{kind}-idx{_DIMENSIONS[kind]}-ubyte"
        for kind in kinds
        for split in ("train", "t10k")
        if (split, kind) not in files
    ]
    if missing:
        raise DatasetError(
            f"{quoted(folder)} has IDX files but no {' and no '.join(missing)}: "
            "wanted both image files, and both label files or neither"
        )
    return Arrays(
        x_train=_read_file(files["train", "images"], "images"),
        y_train=_read_file(files["train", "labels"], "labels") if labelled else None,
        x_test=_read_file(files["t10k", "images"], "images"),
        y_test=_read_file(files["t10k", "labels"], "labels") if labelled else None,
    )


def _read_file(path: Path, kind: _Kind) -> npt.NDArray[np.uint8]:
    packed = path.suffix == ".gz"
    wanted = f"a gzipped IDX file of {kind}" if packed else f"an IDX file of {kind}"
    with reading(path, wanted), open_regular(path) as file:
        if not packed:
            return _read_stream(file, kind, quoted(path))
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _read_stream(unpacked, kind, quoted(path))


def _read_stream(stream: ByteStream, kind: _Kind, what: str) -> npt.NDArray[np.uint8]:
    dimensions = _DIMENSIONS[kind]
    header = stream.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions:
        raise DatasetError(f"{what} is truncated in its header: wanted an IDX file of {kind}")
    found, *shape = struct.unpack(f">{1 + dimensions}I", header)
    magic = (_UNSIGNED_BYTE << 8) + dimensions
    if found != magic:
        raise DatasetError(
            f"{what} starts with the magic number {found}: "
            f"wanted {magic}, an IDX file of {kind} in unsigned bytes"
        )
    _HEADER_CHECKS[kind](what, np.dtype(np.uint8), tuple(shape))
    return read_exactly(stream, math.prod(shape), what).reshape(shape)
