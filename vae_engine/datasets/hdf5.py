"""Read HDF5 files with h5py, in a separate process since damaged files may crash the library.

`python -m vae_engine.datasets.hdf5 PATH` lists the arrays; with NAME and OUTPUT it saves one as
.npy. Links to other files are not followed.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import brief, quoted
from vae_engine.datasets.naming import assemble
from vae_engine.datasets.npy import Header, HeaderCheck, npy_array
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.reader_process import read_apart
from vae_engine.datasets.source import Source

_MAX_ARRAYS = 1000
_CHUNK_BYTES = 64 * 1024 * 1024
_REMEDY = "try to copy it again, or `h5ls -r` to look at it"


class Listed(msgspec.Struct):
    """Name, type and shape of an array in a file."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Hdf5Array:
    """An array in an HDF5 file, read on demand."""

    path: Path
    listed: Listed

    @property
    def what(self) -> str:
        """Name of the array and its file, for messages."""
        return f"{brief(repr(self.listed.name))} in {quoted(self.path)}"

    @cached_property
    def header(self) -> Header:
        """Declared type and shape."""
        return Header(np.dtype(self.listed.dtype), self.listed.shape, False, 0)

    def read(self, check: HeaderCheck, new_array: NewArray = np.empty) -> AnyArray:
        """Check the header, then read the array into one that `new_array` allocates.

        Raises:
            DatasetError: `check` rejects the header, or the data are damaged.
        """
        check(self.what, self.header.dtype, self.header.shape)
        with tempfile.TemporaryDirectory(prefix="vae-hdf5-") as folder:
            output = Path(folder) / "array.npy"
            _run(self.path, self.listed.name, str(output))
            return npy_array(output).read(check, new_array)


def read_hdf5(path: Path, key: str | None = None, new_array: NewArray = np.empty) -> Source:
    """Read a dataset from an HDF5 file.

    Args:
        path: of the file.
        key: name of the array of images; None finds it by its name.
        new_array: allocates the arrays of images.

    Raises:
        DatasetError: the file is damaged or has no images.
    """
    listed = msgspec.msgpack.decode(_run(path), type=list[Listed])
    arrays = {each.name: Hdf5Array(path, each) for each in listed}
    return assemble(quoted(path), "hdf5", arrays, key, new_array)


def _run(path: Path, *arguments: str) -> bytes:
    return read_apart(
        "vae_engine.datasets.hdf5",
        path,
        *arguments,
        smaller="a smaller array; try `np.save('images.npy', images)`",
        undamaged=f"an undamaged HDF5 file; {_REMEDY}",
        environment={"HDF5_USE_FILE_LOCKING": "FALSE", "HDF5_PLUGIN_PATH": "::"},
    )


def main(arguments: list[str]) -> int:
    """List the arrays of a file, or save one as .npy."""
    import h5py

    try:
        with h5py.File(arguments[0], "r") as file:
            if len(arguments) == 1:
                sys.stdout.buffer.write(msgspec.msgpack.encode(_list(file, h5py)))
            else:
                _save(file[arguments[1]], Path(arguments[2]), h5py)
    # h5py raises many types on damaged files.
    except Exception as error:  # noqa: BLE001
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _list(file: Any, h5py: Any) -> list[Listed]:
    """List the arrays of numbers and texts in all groups, but not those in other files."""
    found: list[Listed] = []
    pending = [file]
    seen: set[Any] = set()
    while pending and len(found) < _MAX_ARRAYS:
        group = pending.pop(0)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            if isinstance(item, h5py.Group) and item.id not in seen and len(seen) < _MAX_ARRAYS:
                seen.add(item.id)
                pending.append(item)
            elif isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
                text = h5py.check_string_dtype(item.dtype) is not None
                if item.shape is not None and (text or item.dtype.kind in "buifSU"):
                    kind = "<U1" if text else item.dtype.str
                    found.append(Listed(item.name.lstrip("/"), kind, tuple(item.shape)))
    return found


def _save(item: Any, output: Path, h5py: Any) -> None:
    if h5py.check_string_dtype(item.dtype) is not None:
        np.save(output, np.array(item.asstr()[()], "U"), allow_pickle=False)
        return
    saved = np.lib.format.open_memmap(output, "w+", item.dtype, item.shape)
    if not item.shape:
        return
    row = max(1, item.dtype.itemsize * int(np.prod(item.shape[1:], dtype=np.int64)))
    step = max(1, _CHUNK_BYTES // row)
    for start in range(0, item.shape[0], step):
        saved[start : start + step] = item[start : start + step]
    saved.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
