"""Datasets in an .npz file, under the names that Keras uses or as one array of images.

Only what NumPy itself writes is accepted: stored or deflated .npy members. Each member's header is
read and checked before its data, and nothing is ever unpickled.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray, Arrays, check_image_header, check_label_header
from vae_engine.datasets.files import open_regular, quoted, read_exactly, reading, shortened
from vae_engine.datasets.splits import split_off_test
from vae_engine.errors import DatasetError

WANTED = "an .npz file with x_train and x_test (y_train and y_test), or with one array of images"

_Header: TypeAlias = tuple[np.dtype[Any], tuple[int, ...], bool]
_HeaderCheck: TypeAlias = Callable[[str, np.dtype[Any], tuple[int, ...]], None]
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# NumPy believes a header that says it is 4 GiB long; those of plain arrays take 128 bytes.
_MAX_HEADER_BYTES = 16 * 1024
_SHOWN_NAMES = 5


def read_npz(path: Path) -> Arrays:
    """Read a dataset; arrays beside x_train, y_train, x_test and y_test are left alone.

    One array alone, whatever its name, is divided into training and test split.

    Raises:
        DatasetError: missing, damaged, pickled, too large, or without the arrays wanted.
    """
    with reading(path, WANTED), open_regular(path) as file, zipfile.ZipFile(file) as archive:
        npz = _Npz(path, archive)
        names = npz.members.keys()
        if {"x_train", "x_test"} <= names:
            return Arrays(
                x_train=npz.images("x_train"),
                y_train=npz.labels("y_train") if "y_train" in names else None,
                x_test=npz.images("x_test"),
                y_test=npz.labels("y_test") if "y_test" in names else None,
            )
        if len(names) != 1:
            raise DatasetError(f"{quoted(path)} holds {_listed(list(names))}: wanted {WANTED}")
        return split_off_test(npz.images(*names))


@dataclass(frozen=True)
class _Npz:
    path: Path
    archive: zipfile.ZipFile

    @property
    def members(self) -> dict[str, zipfile.ZipInfo]:
        """The archive's arrays by name."""
        return {
            member.filename.removesuffix(".npy"): member
            for member in self.archive.infolist()
            if member.filename.endswith(".npy")
        }

    def images(self, name: str) -> AnyArray:
        return self._read(name, check_image_header)

    def labels(self, name: str) -> AnyArray:
        return self._read(name, check_label_header)

    def _read(self, name: str, check: _HeaderCheck) -> AnyArray:
        what = f"{shortened(repr(name))} in {quoted(self.path)}"
        member = self.members[name]
        if member.compress_type not in _COMPRESSIONS:
            raise DatasetError(f"{what} is not compressed as NumPy does it: wanted deflate")
        with self.archive.open(member) as stream:
            head = BytesIO(stream.read(_MAX_HEADER_BYTES))
        dtype, shape, fortran_order = _read_header(head, what)
        check(what, dtype, shape)
        size, held = math.prod(shape) * dtype.itemsize, member.file_size - head.tell()
        if size != held:
            raise DatasetError(
                f"{what} declares {size} bytes of data but has {held}: wanted an undamaged array"
            )
        with self.archive.open(member) as stream:
            stream.read(head.tell())
            data = read_exactly(stream, size, what)
        return data.view(dtype).reshape(shape, order="F" if fortran_order else "C")


def _read_header(head: BytesIO, what: str) -> _Header:
    version = np.lib.format.read_magic(head)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(head)
    elif version == (2, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(head)
    else:
        # Version 3 is for structured types with Unicode field names, which are no images.
        raise DatasetError(f"{what} is in .npy format {version}: wanted (1, 0) or (2, 0)")
    return dtype, shape, fortran_order


def _listed(names: list[str]) -> str:
    if not names:
        return "no array"
    shown = ", ".join(shortened(repr(name)) for name in names[:_SHOWN_NAMES])
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"the array{'s' if len(names) > 1 else ''} {shown}{more}"
