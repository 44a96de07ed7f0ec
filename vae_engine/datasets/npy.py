"""Read arrays that NumPy saved, as .npy or in an .npz: the header first, then the data.

Only files as NumPy writes them are accepted. Each header is checked before the data are read, and
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
    brief,
    open_regular,
    quoted,
    read_exactly,
)
from vae_engine.datasets.parts import NewArray
from vae_engine.errors import DatasetError

HeaderCheck: TypeAlias = Callable[[str, np.dtype[Any], tuple[int, ...]], None]

_ENCRYPTED = 1
_MAX_COMPRESSION_RATIO = 50
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# NumPy accepts a declared header length of 4 GiB; headers of plain arrays take 128 bytes.
_MAX_HEADER_BYTES = 16 * 1024
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Header(NamedTuple):
    """Header of a .npy file, and its length in bytes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    length: int


@dataclass(frozen=True)
class StoredArray:
    """An array in a .npy or .npz file, read on demand.

    Attributes:
        what: name of the array, for messages.
        size: of the .npy file, in bytes.
        open: opens the .npy file.
        packed: compressed size in bytes, for a compressed array.
    """

    what: str
    size: int
    open: Callable[[], AbstractContextManager[ByteStream]]
    packed: int = MAX_ARRAY_BYTES

    @cached_property
    def header(self) -> Header:
        """Declared type, shape and memory order.

        Raises:
            DatasetError: the header is damaged, or of a version that plain arrays do not have.
        """
        with self.open() as stream:
            head = BytesIO(stream.read(min(_MAX_HEADER_BYTES, self.size)))
        try:
            version = np.lib.format.read_magic(head)
            # Version 3 is for structured types with Unicode field names, which are not images.
            if version in _READERS:
                shape, fortran_order, dtype = _READERS[version](head)
                return Header(dtype, shape, fortran_order, head.tell())
        # NumPy parses the header as a Python literal, which raises many types.
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
        """Check the header, then read the array into one that `new_array` allocates.

        Raises:
            DatasetError: `check` rejects the header, or the data do not match it.
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
        if wanted > MAX_PACKED_BYTES and self.packed * _MAX_COMPRESSION_RATIO < wanted:
            raise DatasetError(
                f"{self.what} declares {wanted / 1024**3:.1f} GiB in {self.packed} bytes: wanted "
                "images, which do not compress that well; try `np.savez` without compression"
            )
        with self.open() as stream:
            stream.read(header.length)
            data = read_exactly(stream, wanted, self.what, new_array)
        values: AnyArray = data.view(header.dtype)
        return values.reshape(header.shape, order="F" if header.fortran_order else "C")


def npy_array(path: Path) -> StoredArray:
    """Return the array of a .npy file, not read yet."""
    return StoredArray(quoted(path), path.stat().st_size, lambda: open_regular(path))


@contextmanager
def npz_arrays(path: Path) -> Iterator[dict[str, StoredArray]]:
    """Open an .npz file and list its arrays by name, to be read while it is open.

    Raises:
        DatasetError: it is not a regular file.
        zipfile.BadZipFile: it is damaged.
    """
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        yield {
            member.filename.removesuffix(".npy"): _member(path, archive, member)
            for member in archive.infolist()
            if member.filename.endswith(".npy")
        }


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
    what = f"{brief(repr(member.filename.removesuffix('.npy')))} in {quoted(path)}"

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
