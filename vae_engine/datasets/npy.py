"""Arrays as NumPy stores them, a .npy file or a member of an .npz: the header first, then the data.

Only what NumPy itself writes is accepted, each header is read and checked before its data, and
nothing is ever unpickled.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import (
    MAX_ARRAY_BYTES,
    MAX_PACKED_BYTES,
    ByteStream,
    open_regular,
    quoted,
    read_exactly,
    shortened,
)
from vae_engine.datasets.parts import NewArray
from vae_engine.errors import DatasetError

HeaderCheck: TypeAlias = Callable[[str, np.dtype[Any], tuple[int, ...]], None]

_ENCRYPTED = 1
_MOST_PACKED = 50
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# NumPy believes a header that says it is 4 GiB long; those of plain arrays take 128 bytes.
_MAX_HEADER_BYTES = 16 * 1024
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Header(NamedTuple):
    """What a .npy file declares, and how many bytes that takes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    length: int


@dataclass(frozen=True)
class StoredArray:
    """An array that is not read yet.

    Attributes:
        what: it is, for messages.
        size: of the .npy file, in bytes.
        open: opens it.
        packed: the bytes that it takes where it is compressed.
    """

    what: str
    size: int
    open: Callable[[], AbstractContextManager[ByteStream]]
    packed: int = MAX_ARRAY_BYTES

    @cached_property
    def header(self) -> Header:
        """Type and shape that it declares.

        Raises:
            DatasetError: a damaged header, or one of another version than of plain arrays.
        """
        with self.open() as stream:
            head = BytesIO(stream.read(min(_MAX_HEADER_BYTES, self.size)))
        try:
            version = np.lib.format.read_magic(head)
            # Version 3 is for structured types with Unicode field names, which are no images.
            if version in _READERS:
                shape, fortran_order, dtype = _READERS[version](head)
                return Header(dtype, shape, fortran_order, head.tell())
        # Parsers of Python's literals raise many types.
        except Exception as error:
            raise DatasetError(
                f"{self.what} has no header of a .npy file, or a damaged one: "
                "wanted an array that NumPy saved; try to copy it again"
            ) from error
        raise DatasetError(
            f"{self.what} is in .npy format {version}: wanted (1, 0) or (2, 0); "
            "try `np.save('images.npy', images)` with an array of numbers"
        )

    def read(self, check: HeaderCheck, new_array: NewArray = np.empty) -> AnyArray:
        """The array, made by `new_array`, once `check` has nothing against its header.

        Raises:
            DatasetError: as `check` does, or its data are not what it declares.
        """
        header = self.header
        check(self.what, header.dtype, header.shape)
        wanted = math.prod(header.shape) * header.dtype.itemsize
        held = self.size - header.length
        if wanted != held:
            raise DatasetError(
                f"{self.what} declares {wanted} bytes of data but has {held}: "
                "wanted an undamaged array; try to copy or save it again"
            )
        if wanted > MAX_PACKED_BYTES and self.packed * _MOST_PACKED < wanted:
            raise DatasetError(
                f"{self.what} declares {wanted / 1024**3:.1f} GiB in {self.packed} bytes: wanted "
                "images, which are not packed so well; try `np.savez` without compression"
            )
        with self.open() as stream:
            stream.read(header.length)
            data = read_exactly(stream, wanted, self.what, new_array)
        values: AnyArray = data.view(header.dtype)
        return values.reshape(header.shape, order="F" if header.fortran_order else "C")


def npy_array(path: Path) -> StoredArray:
    """The array of a .npy file."""
    return StoredArray(quoted(path), path.stat().st_size, lambda: open_regular(path))


@contextmanager
def npz_arrays(path: Path) -> Iterator[dict[str, StoredArray]]:
    """The arrays of an .npz file by name, to be read while it is open.

    Raises:
        DatasetError: it is no regular file, or compressed as NumPy never does it.
        zipfile.BadZipFile: it is damaged.
    """
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        yield {
            member.filename.removesuffix(".npy"): _member(path, archive, member)
            for member in archive.infolist()
            if member.filename.endswith(".npy")
        }


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
    what = f"{shortened(repr(member.filename.removesuffix('.npy')))} in {quoted(path)}"

    def open_member() -> AbstractContextManager[ByteStream]:
        if member.flag_bits & _ENCRYPTED:
            raise DatasetError(
                f"{what} is encrypted: wanted an array that anyone can read; "
                f"try `unzip {quoted(path)}` with its password, and the folder"
            )
        if member.compress_type not in _COMPRESSIONS:
            raise DatasetError(
                f"{what} is not compressed as NumPy does it: wanted deflate; "
                "try `np.savez_compressed('images.npz', images=images)`"
            )
        return archive.open(member)

    return StoredArray(what, member.file_size, open_member, member.compress_size)
