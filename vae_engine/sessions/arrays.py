"""Read NumPy arrays from foreign files: the header first, then at most the expected size."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic
from vae_engine.text import error_line

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""Exceptions of `zipfile` for damaged archives."""

COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""With other methods, the archive could determine how much memory reading it takes."""

# The header as NumPy writes it. Its own reader evaluates a literal of any kind and size.
_HEADER = re.compile(
    rb"\{'descr': '([^']{2,16})', 'fortran_order': (False|True), 'shape': \(([0-9, ]*)\), \} *\n"
)


# The end of a zip without a comment, and the locator of the directory of a zip above 4 GiB.
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR_64, _LOCATOR_64_SIZE = b"PK\x06\x07", 20
_MOST_DIRECTORY = 64 * 2**10


@dataclass(frozen=True)
class ArraySpec:
    """Expected dtype and shape of an array; None in the shape is any length up to `longest`."""

    dtype: str
    shape: tuple[int | None, ...]
    longest: int = 1024

    def admits(self, descr: str, shape: tuple[int, ...]) -> bool:
        """Whether an array of this dtype, such as `<f4`, and this shape is allowed."""
        return (
            descr == np.dtype(self.dtype).str
            and len(shape) == len(self.shape)
            and all(
                size == wanted if wanted is not None else 0 < size <= self.longest
                for size, wanted in zip(shape, self.shape, strict=True)
            )
        )

    def __str__(self) -> str:
        shape = ", ".join("n" if size is None else str(size) for size in self.shape)
        return f"{self.dtype} ({shape})"


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool = True) -> None:
    """Replace `path` atomically by an `.npz` of these arrays, and sync it."""
    save = np.savez_compressed if compress else np.savez

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            save(file, allow_pickle=False, **arrays)

    atomic.replace_file(path, write)


def read_arrays(
    path: Path, specs: Mapping[str, ArraySpec], *, limit: int
) -> dict[str, NDArray[Any]]:
    """Read the named arrays of an `.npz`, without unpickling; skip the others.

    Args:
        path: a regular file.
        specs: the arrays to read, by name.
        limit: bytes the file may have.

    Raises:
        FileNotFoundError: there is no such file.
        SessionDamagedError: it is too large or no npz, or an array is missing or differs from its
        spec.
    """
    return parse_npz(atomic.read_bounded(path, limit), specs, name=path.name)


def parse_npz(data: bytes, specs: Mapping[str, ArraySpec], *, name: str) -> dict[str, NDArray[Any]]:
    """Like `read_npz`, from bytes in memory; `name` is for the error."""
    try:
        _check_directory(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {key: _read_array(archive, key, spec) for key, spec in specs.items()}
    except ZIP_ERRORS as error:
        reason = error_line(error)
        raise SessionDamagedError(f"{name} is damaged: {reason}") from None


def _check_directory(data: bytes) -> None:
    """Refuse a zip with an oversized directory, because `zipfile` reads all of it.

    Raises:
        ValueError: the directory is too large, or the file does not end like one of NumPy's.
    """
    end = data[-_END.size :]
    if len(end) < _END.size or end[:4] != _END_SIGNATURE:
        raise ValueError("it does not end like a zip of arrays")
    if _LOCATOR_64 in data[-_END.size - _LOCATOR_64_SIZE : -_END.size]:
        raise ValueError("its directory belongs to a zip above 4 GiB")
    size = _END.unpack(end)[5]
    if size > _MOST_DIRECTORY:
        raise ValueError(f"its directory has {size} bytes: at most {_MOST_DIRECTORY} are allowed")


def _read_array(archive: zipfile.ZipFile, key: str, spec: ArraySpec) -> NDArray[Any]:
    try:
        info = archive.getinfo(f"{key}.npy")
    except KeyError:
        raise ValueError(f"it has no array {key}") from None
    if info.compress_type not in COMPRESSIONS:
        raise ValueError(f"array {key} has a compression that NumPy never uses")
    with archive.open(info) as member:
        descr, fortran, shape = _read_header(member, key)
        if not spec.admits(descr, shape):
            raise ValueError(f"array {key} is {descr} {shape}: expected {spec}")
        dtype = np.dtype(spec.dtype)
        size = math.prod(shape) * dtype.itemsize
        # One byte more, to reach the member's end, where its checksum is verified.
        data = member.read(size + 1)
    if len(data) != size:
        raise ValueError(f"array {key} does not have the {size} bytes of its shape")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(member: IO[bytes], key: str) -> tuple[str, bool, tuple[int, ...]]:
    if npy.read_magic(member) != (1, 0):
        raise ValueError(f"array {key} has an unknown format")
    (length,) = struct.unpack("<H", member.read(2))
    header = _HEADER.fullmatch(member.read(length))
    if header is None:
        raise ValueError(f"array {key} has no header of a plain array")
    descr, order, sizes = (part.decode("latin-1") for part in header.groups())
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    return descr, order == "True", shape
