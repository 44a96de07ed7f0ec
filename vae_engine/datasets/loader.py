"""Datasets by name or path, read without TensorFlow."""

from __future__ import annotations

import stat
from pathlib import Path

from vae_engine.datasets.dataset import Dataset, make_dataset
from vae_engine.datasets.files import quoted, reading
from vae_engine.datasets.idx import idx_files, read_idx
from vae_engine.datasets.keras_cache import fashion_mnist_folder, is_complete
from vae_engine.datasets.npz import read_npz
from vae_engine.datasets.png import png_files, read_pngs
from vae_engine.errors import DatasetError

_PACKAGED_MNIST = Path(__file__).with_name("mnist.npz")
_WANTED = (
    "mnist, fashion_mnist, an .npz file, a folder with the four IDX files, "
    "or a folder of 28x28 grey PNG images"
)


def load_dataset(name: str) -> Dataset:
    """Load `mnist` (the packaged copy), `fashion_mnist` (from the Keras cache) or a path.

    A path is an .npz file, a folder with IDX files, or a folder of PNG images. A file or folder
    that is named like a dataset is reached as `./mnist`.

    Raises:
        DatasetError: the data are missing, damaged, or not 28x28 grey images.
    """
    if name == "mnist":
        return make_dataset("mnist", "packaged", read_npz(_PACKAGED_MNIST))
    if name == "fashion_mnist":
        return _cached_fashion_mnist()
    return _load_path(name)


def _cached_fashion_mnist() -> Dataset:
    folder = fashion_mnist_folder()
    if not is_complete(folder):
        raise DatasetError(
            f"fashion_mnist is not in the Keras cache {quoted(folder)}: run `python -m "
            "vae_engine.datasets.download fashion_mnist` where there is a network, "
            "or give the path of a folder with its four IDX files"
        )
    try:
        return make_dataset("fashion_mnist", "keras cache", read_idx(folder, idx_files(folder)))
    except DatasetError as error:
        raise DatasetError(f"{error}; delete {quoted(folder)} to download it again") from error


def _load_path(name: str) -> Dataset:
    with reading(Path(name), _WANTED):
        path = Path(name).expanduser().absolute()
        mode = path.stat().st_mode
        files = idx_files(path) if stat.S_ISDIR(mode) else {}
        pngs = png_files(path) if stat.S_ISDIR(mode) else []
    if stat.S_ISREG(mode):
        return make_dataset(str(path), "npz", read_npz(path))
    if not stat.S_ISDIR(mode):
        raise DatasetError(f"{quoted(path)} is neither a file nor a folder: wanted {_WANTED}")
    if files:
        return make_dataset(str(path), "idx", read_idx(path, files))
    if pngs:
        return make_dataset(str(path), "png", read_pngs(path, pngs))
    raise DatasetError(f"{quoted(path)} has neither IDX files nor PNG images: wanted {_WANTED}")
