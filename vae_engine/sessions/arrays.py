"""Reading NumPy arrays that a stranger may have written: header first, then at most what fits."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic

_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
)


@dataclass(frozen=True)
class ArraySpec:
    """What an array must be: its dtype, and its shape with None for any length up to `longest`."""

    dtype: str
    shape: tuple[int | None, ...]
    longest: int = 1024

    def admits(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> bool:
        """Whether an array with this dtype and shape is wanted."""
        return (
            dtype == np.dtype(self.dtype)
            and len(shape) == len(self.shape)
            and all(
                size == wanted if wanted is not None else 0 < size <= self.longest
                for size, wanted in zip(shape, self.shape, strict=True)
            )
        )

    def __str__(self) -> str:
        shape = ", ".join("n" if size is None else str(size) for size in self.shape)
        return f"{self.dtype} ({shape})"


def write_npz(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    compress: bool = True,
    durable: bool = False,
) -> None:
    """Replace `path` by an `.npz` of these arrays, in one step."""
    save = np.savez_compressed if compress else np.savez

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            save(file, allow_pickle=False, **arrays)

    atomic.replace_file(path, write, durable=durable)


def read_npz(path: Path, specs: Mapping[str, ArraySpec], *, limit: int) -> dict[str, NDArray[Any]]:
    """Read the named arrays of an `.npz`; nothing is unpickled, others are left unread.

    Args:
        path: a regular file.
        specs: the wanted arrays by name.
        limit: bytes the file may have.

    Raises:
        FileNotFoundError: there is no such file.
        SessionDamagedError: it is too large, no npz, or an array is missing or another.
    """
    return parse_npz(atomic.read_bounded(path, limit), specs, name=path.name)


def parse_npz(data: bytes, specs: Mapping[str, ArraySpec], *, name: str) -> dict[str, NDArray[Any]]:
    """Like `read_npz`, from bytes in memory; `name` is for the error."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {key: _read_array(archive, key, spec) for key, spec in specs.items()}
    except _READ_ERRORS as error:
        reason = " ".join(str(error).split())[:160]
        raise SessionDamagedError(f"{name} is damaged: {reason}") from None


def _read_array(archive: zipfile.ZipFile, key: str, spec: ArraySpec) -> NDArray[Any]:
    with archive.open(f"{key}.npy") as member:
        version = npy.read_magic(member)
        read_header = {
            (1, 0): npy.read_array_header_1_0,
            (2, 0): npy.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise ValueError(f"array {key} has an unknown format")
        shape, fortran, dtype = read_header(member)
        if fortran or dtype.hasobject or not spec.admits(dtype, shape):
            raise ValueError(f"array {key} is {dtype} {shape}: wanted is {spec}")
        count = int(np.prod(shape, dtype=np.int64))
        data = member.read(count * dtype.itemsize)
    return np.frombuffer(data, dtype=dtype, count=count).reshape(shape)
