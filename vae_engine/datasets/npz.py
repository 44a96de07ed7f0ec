"""Datasets in one .npz file, under the names that `vae_engine.datasets.naming` knows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.kinds import kind_of_zip
from vae_engine.datasets.naming import assemble
from vae_engine.datasets.npy import npz_arrays
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.source import Source
from vae_engine.errors import DatasetError

WANTED = "an .npz file with x_train, or with one array of images"
_REMEDY = "try to copy it again, or `np.savez('data.npz', x_train=images)`"


def read_npz(path: Path, key: str | None = None, new_array: NewArray = np.empty) -> Source:
    """Read a dataset; arrays that are neither images nor labels are left out.

    Args:
        path: of the file.
        key: the name of the array of images; None finds it.
        new_array: makes the arrays of images.

    Raises:
        DatasetError: missing, damaged, pickled, too large, or without the arrays wanted.
    """
    with reading(path, WANTED, _REMEDY), npz_arrays(path) as arrays:
        if not arrays and (names := _names(path)):
            kind = kind_of_zip(names)
            raise DatasetError(
                f"{quoted(path)} is {kind.name}: wanted {WANTED}; "
                f"{kind.remedy.replace('{name}', str(path))}"
            )
        return assemble(quoted(path), "npz", arrays, key, new_array)


def _names(path: Path) -> list[str]:
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        return archive.namelist()
