"""Datasets by name or path, read without TensorFlow."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.datasets.cache import Identity, cached, identify
from vae_engine.datasets.csv_file import read_binary_numbers, read_csv
from vae_engine.datasets.dataset import Dataset, make_dataset
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.folder import read_folder
from vae_engine.datasets.hdf5 import read_hdf5
from vae_engine.datasets.idx import read_idx_file, unpacked_head
from vae_engine.datasets.image_record import Recorded
from vae_engine.datasets.keras_cache import cifar_file, fashion_mnist_folder, is_complete
from vae_engine.datasets.kinds import (
    CSV,
    GZIP,
    HDF5,
    HEAD_BYTES,
    IDX,
    NPY,
    NPZ,
    NUMBERS,
    PARQUET,
    TEXT,
    kind_of,
    kind_of_gzip,
)
from vae_engine.datasets.naming import assemble
from vae_engine.datasets.npy import npy_array
from vae_engine.datasets.npz import read_npz
from vae_engine.datasets.packaged import PACKAGED_MNIST
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.parquet import read_parquet
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.reading import DEFAULT, Reading
from vae_engine.datasets.source import Source
from vae_engine.datasets.splits import BY_CONTENT, BY_POSITION, SplitMethod
from vae_engine.errors import ArgumentError, DatasetError

CIFAR: Final = ("cifar10", "cifar100")
"""The named datasets in colour."""

_CIFAR10 = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_TABLES = (".csv", ".tsv", ".txt")


def load_dataset(
    name: str | Path,
    method: SplitMethod = BY_CONTENT,
    preparation: Preparation = AUTO,
    report: Report | None = None,
    recorded: Recorded | None = None,
) -> Dataset:
    """Load `mnist` (the packaged copy), another named dataset (once downloaded) or a path.

    A path is an .npz, .npy or IDX file, or a folder of images, IDX files or arrays: see
    docs/datasets.md. A file or folder that is named like a dataset is reached as `./mnist`.

    Args:
        name: of the dataset.
        method: how splits that a path does not bring are made; sessions record it. The two
            datasets that come with Keras are always split by position.
        preparation: what the images are brought to.
        report: told about progress.
        recorded: what a session recorded of the images that it began with: of a path that has
            others beside these now, these are taken, in their order. A named dataset never changes.

    Raises:
        ArgumentError: the name is neither text nor a path.
        DatasetError: the data are missing, damaged, or no images.
    """
    if not isinstance(name, (str, Path)):
        raise ArgumentError(
            f"name is of the type {type(name).__name__}: it must be a dataset's name or path"
        )
    name = str(name)
    if name == "mnist":
        source = read_npz(PACKAGED_MNIST)
        return make_dataset("mnist", packaged(source, "packaged"), BY_POSITION, preparation)
    if name == "fashion_mnist":
        return _cached_fashion_mnist(preparation)
    if name in CIFAR:
        return _cached_cifar(name, preparation)
    how = Reading(preparation, method, report)
    if recorded is None or recorded.images is None:
        return _load_path(name, how)
    try:
        dataset = _load_path(name, how)
    except DatasetError:
        # What came since may be what is wrong; if it is not, the next line says it too.
        return _load_path(name, how._replace(recorded=recorded.images))
    if dataset.sha256 == recorded.sha256:
        return dataset
    return _load_path(name, how._replace(recorded=recorded.images))


def packaged(source: Source, kind: str) -> Source:
    """Return a source with the name of its origin, without notes."""
    return Source(kind, source.images, source.labels)


def _cached_cifar(name: str, preparation: Preparation) -> Dataset:
    path = cifar_file(name)
    if not path.exists():
        raise DatasetError(
            f"{name} is not in {quoted(path.parent)}: wanted its download, or a path with x_train",
            remedy="download",
            subject=name,
        )
    try:
        source = packaged(read_npz(path), "keras cache")
    except DatasetError as error:
        raise DatasetError(f"{error}; delete {quoted(path)} to download it again") from error
    if name == "cifar10":
        source.label_names = _CIFAR10
    return make_dataset(name, source, BY_POSITION, preparation)


def _cached_fashion_mnist(preparation: Preparation) -> Dataset:
    folder = fashion_mnist_folder()
    if not is_complete(folder):
        raise DatasetError(
            f"fashion_mnist is not in the Keras cache {quoted(folder)}: wanted its download, or "
            "the path of a folder with its four IDX files",
            remedy="download",
            subject="fashion_mnist",
        )
    try:
        source = packaged(read_folder(folder, Reading(method=BY_POSITION)), "keras cache")
        return make_dataset("fashion_mnist", source, BY_POSITION, preparation)
    except DatasetError as error:
        raise DatasetError(f"{error}; delete {quoted(folder)} to download it again") from error


def _load_path(name: str, how: Reading) -> Dataset:
    def identity() -> Identity:
        path, _ = split_key(name)
        return identify(path, _absolute(name), how)

    try:
        found = identity() if name else None
    # What is wrong with a path is said where it is read.
    except (OSError, RuntimeError, ValueError):
        found = None
    if found is None or not found.worth:
        return _read_dataset(name, how, None)
    return cached(
        found, identity, lambda new_array: _read_dataset(name, how, new_array), how.report
    )


def _read_dataset(name: str, how: Reading, new_array: NewArray | None) -> Dataset:
    if new_array is not None:
        how = how._replace(new_array=new_array)
    source = read_source(name, how)
    if how.method == BY_POSITION:
        # It was left alone when sessions were split so.
        source.images.pop("val", None)
    return make_dataset(
        _absolute(name), source, how.method, how.preparation, new_array, how.recorded
    )


def _absolute(name: str) -> str:
    return str(Path(name).expanduser().absolute())


def read_source(name: str, how: Reading = DEFAULT) -> Source:
    """The arrays of a path as they came; image files as they are prepared.

    Args:
        name: the path.
        how: it is read.

    Raises:
        DatasetError: it is missing, or holds no images.
    """
    if not name:
        raise DatasetError(f"the dataset's path is empty: wanted {how.wanted}; try another path")
    with reading(Path(name), how.wanted, "try another path"):
        path, key = split_key(name)
        if (meant := _named_dataset(name)) and not path.exists():
            raise DatasetError(f"{quoted(name)} does not exist: wanted {how.wanted}; try `{meant}`")
        mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        with reading(path, "a folder of images or IDX files"):
            return read_folder(path, how)
    if stat.S_ISREG(mode):
        return _read_file(path, key, how)
    raise DatasetError(
        f"{quoted(path)} is neither a file nor a folder: wanted {how.wanted}; "
        f"try `ls -l {quoted(path)}`"
    )


def split_key(name: str) -> tuple[Path, str | None]:
    """The absolute path of a file, and which of its arrays is meant: `data.npz::key`."""
    whole = Path(name).expanduser().absolute()
    path, mark, key = str(whole).rpartition("::")
    if not mark or not key or whole.exists():
        return whole, None
    return Path(path), key.strip("/")


def _named_dataset(name: str) -> str:
    """The named dataset that this spells in another way; "" if none."""
    spelled = name.lower().replace("-", "_").replace(" ", "_")
    spelled = "fashion_mnist" if spelled == "fashionmnist" else spelled.replace("cifar_", "cifar")
    return spelled if spelled in NAMED_DATASETS else ""


def _read_file(path: Path, key: str | None, how: Reading) -> Source:
    """Read a file, whose kind its first bytes tell and not its name."""
    with reading(path, how.wanted), open_regular(path) as file:
        head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind is NPZ:
        return read_npz(path, key, how.new_array)
    if kind is HDF5:
        return read_hdf5(path, key, how.new_array)
    if key is not None:
        raise DatasetError(
            f"{quoted(path)} is {kind.name}: wanted an .npz or HDF5 file before ::; "
            f"try {quoted(path)}"
        )
    if kind is NPY:
        with reading(
            path, "a .npy file", "try to copy it again, or `np.save('images.npy', images)`"
        ):
            return assemble(
                quoted(path), "npy", {path.stem: npy_array(path)}, new_array=how.new_array
            )
    if kind is PARQUET:
        return read_parquet(path, {path: None}, how)
    if kind is NUMBERS and (numbers := read_binary_numbers(path, how)) is not None:
        return numbers
    if kind in (CSV, NUMBERS) or (kind is TEXT and path.suffix.lower() in _TABLES):
        return read_csv(path, how)
    unpacked = unpacked_head(path, head)
    if kind_of(unpacked) is IDX:
        return read_idx_file(path)
    if kind is GZIP:
        kind = kind_of_gzip(unpacked)
    folder = f" {quoted(path.parent)}" if kind.image else ""
    raise DatasetError(
        f"{quoted(path)} is {kind.name}: wanted {how.wanted}; "
        f"{kind.remedy.replace('{name}', str(path))}{folder}"
    )
