"""Weights from a `.weights.h5` file that a stranger may have written.

HDF5 files can link to others or keep their arrays there, tell any shape, and unpack to any size. So
Keras never sees the file: the arrays that the network has are taken out of it one by one, each only
if it lies in the file itself, plainly and of the very shape, and put into a file that Keras wrote.
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
"""What `h5py` raises on damaged files."""


def load_weights(model: keras.Model, path: Path, sha256: str) -> None:
    """Give a Keras model the weights of a `.weights.h5` file.

    Raises:
        FileNotFoundError: there is no such file.
        SessionDamagedError: it has another digest, or arrays of other names, shapes or kinds.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.weights.h5"
        with warnings.catch_warnings():
            # Keras says so of layers without weights.
            warnings.filterwarnings("ignore", "Skipping nested container", UserWarning)
            model.save_weights(own)
            # Twice: their metadata may be laid out in another way.
            content = atomic.read_bounded(path, 2 * own.stat().st_size)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise SessionDamagedError(f"{path.name} is not the file that was saved: refused")
            # A copy, so that what is checked is what is read.
            foreign = own.with_name("foreign.h5")
            foreign.write_bytes(content)
            try:
                with h5py.File(own, "r+") as target, h5py.File(foreign, "r") as source:
                    _copy(source, target)
            except _ERRORS as error:
                reason = error_line(error)
                raise SessionDamagedError(
                    f"{path.name} does not fit the settings: {reason}"
                ) from None
            model.load_weights(own)


def _copy(source: h5py.File, target: h5py.File) -> None:
    """Replace each array of `target` by the one of `source` at the same place.

    Raises:
        ValueError: there is none, or not a plain one of the same shape and type.
    """
    for name in _arrays(target):
        wanted = target[name]
        wanted[...] = _read(source, name, wanted.shape, wanted.dtype)


def _arrays(file: h5py.File) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if _is_array(item) else None)
    return names


def _is_array(item: object) -> bool:
    return isinstance(item, h5py.Dataset)


def _read(
    source: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    at: h5py.Group = source
    for part in name.split("/"):
        link = at.get(part, getlink=True) if isinstance(at, h5py.Group) else None
        if link is None:
            raise ValueError(f"it has no array {name}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} is a link")
        at = at[part]
    if not _is_array(at):
        raise ValueError(f"{name} is not an array")
    if at.shape != shape or at.dtype != dtype:
        raise ValueError(f"{name} is {at.dtype} {at.shape}: wanted is {dtype} {shape}")
    created = at.id.get_create_plist()
    if created.get_layout() not in _PLAIN or created.get_external_count():
        raise ValueError(f"{name} is packed, or lies in another file")
    if at.id.get_storage_size() != at.dtype.itemsize * at.size:
        raise ValueError(f"{name} does not have the bytes of its shape")
    return np.asarray(at[()])
