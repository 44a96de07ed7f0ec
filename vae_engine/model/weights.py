"""Load weights from a `.weights.h5` file of untrusted origin.

HDF5 files can link to other files, store their arrays in them, declare any shape, and decompress to
any size. So Keras never opens the file. Each array that the network needs is read from it only if
it is stored in the file itself, uncompressed and with the expected shape, and is copied into a file
that Keras wrote.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic
from vae_engine.text import error_line

if TYPE_CHECKING:
    import keras

_PLAIN = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
_ERRORS = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError)
"""What h5py raises on damaged files."""


def load_weights(model: keras.Model, path: Path, sha256: str) -> None:
    """Load the weights of a `.weights.h5` file into a Keras model.

    Raises:
        FileNotFoundError: the file does not exist.
        SessionDamagedError: its digest, or the name, shape or type of an array, does not match.
    """
    with tempfile.TemporaryDirectory() as folder:
        trusted = Path(folder) / "trusted.weights.h5"
        with warnings.catch_warnings():
            # Keras warns about layers without weights.
            warnings.filterwarnings("ignore", "Skipping nested container", UserWarning)
            model.save_weights(trusted)
            # Twice the size: the metadata may be laid out differently.
            content = atomic.read_bounded(path, 2 * trusted.stat().st_size)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise SessionDamagedError(
                    f"{path.name} is not the file that was saved: its SHA-256 differs"
                )
            # A copy, so that the file cannot change between the check and the read.
            foreign = trusted.with_name("foreign.h5")
            foreign.write_bytes(content)
            try:
                with h5py.File(trusted, "r+") as target, h5py.File(foreign, "r") as source:
                    _copy(source, target)
            except _ERRORS as error:
                reason = error_line(error)
                raise SessionDamagedError(
                    f"{path.name} does not fit the settings: {reason}"
                ) from None
            model.load_weights(trusted)


def _copy(source: h5py.File, target: h5py.File) -> None:
    """Overwrite each array of `target` with the array of the same name in `source`.

    Raises:
        ValueError: it is missing, not stored plainly, or of another shape or type.
    """
    for name in _array_names(target):
        array = target[name]
        array[...] = _read(source, name, array.shape, array.dtype)


def _array_names(file: h5py.File) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if _is_array(item) else None)
    return names


def _is_array(item: object) -> bool:
    return isinstance(item, h5py.Dataset)


def _read(
    source: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    item: h5py.Group = source
    for part in name.split("/"):
        link = item.get(part, getlink=True) if isinstance(item, h5py.Group) else None
        if link is None:
            raise ValueError(f"it has no array {name}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} is a link")
        item = item[part]
    if not _is_array(item):
        raise ValueError(f"{name} is not an array")
    if item.shape != shape or item.dtype != dtype:
        raise ValueError(f"{name} is {item.dtype} {item.shape}, expected {dtype} {shape}")
    properties = item.id.get_create_plist()
    if properties.get_layout() not in _PLAIN or properties.get_external_count():
        raise ValueError(f"{name} is compressed or stored in another file")
    if item.id.get_storage_size() != item.dtype.itemsize * item.size:
        raise ValueError(f"{name} does not have as many bytes as its shape needs")
    return np.asarray(item[()])
