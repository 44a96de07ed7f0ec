"""A folder as a dataset: image files, in subfolders or not, IDX files, or arrays."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from vae_engine.datasets.binary_text import SUFFIX, BinaryText
from vae_engine.datasets.contents import Contents, scan
from vae_engine.datasets.files import quoted, reading
from vae_engine.datasets.idx import find_idx, read_idx_folder
from vae_engine.datasets.kinds import IDX, NPY, NPZ, TEXT, UNKNOWN
from vae_engine.datasets.layout import picture_source, read_files
from vae_engine.datasets.naming import assemble
from vae_engine.datasets.npy import StoredArray, npy_array, npz_arrays
from vae_engine.datasets.parquet import read_parquet
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import Source, Split, counted, listed, split_of
from vae_engine.datasets.splits import BY_POSITION
from vae_engine.errors import DatasetError

_DATA_SUFFIXES = (".npy", ".npz", ".amat", ".h5", ".hdf5", ".csv", ".parquet")
# Each is a dataset by itself.
_ALONE = (".h5", ".hdf5", ".csv", ".parquet")
_SHARD = re.compile(r"-\d+-of-\d+.*")
WANTED = "images, IDX files, or .npy and .npz arrays"


def read_folder(folder: Path, how: Reading) -> Source:
    """Read a folder, and say what in it was passed over.

    Args:
        folder: of the dataset.
        how: the sessions that split by position knew PNG files of the folder itself only.

    Raises:
        DatasetError: nothing in it is a dataset, or what is one cannot be used.
    """
    contents = scan(folder)
    if how.recorded is not None and how.recorded.of_files and contents.pictures:
        return picture_source(folder, contents, how)
    if any(file.role == "images" for file in contents.idx) or (
        contents.idx and not contents.pictures and not contents.arrays
    ):
        source = read_idx_folder(folder, contents.idx)
        contents.others += [path.name for path in (*contents.every_picture(), *contents.arrays)]
    elif how.method == BY_POSITION and contents.pictures:
        return _old_pngs(folder, contents, how)
    elif contents.pictures:
        source = picture_source(folder, contents, how)
        contents.others += [path.name for path in contents.arrays]
    elif contents.arrays:
        source = _read_arrays(folder, contents.arrays, how.new_array)
    elif found := shards(folder, contents):
        source = read_parquet(folder, found, how)
        names_of_shards = {str(path.relative_to(folder)) for path in found}
        contents.others = [name for name in contents.others if name not in names_of_shards]
    else:
        raise _nothing(folder, contents)
    if contents.others:
        names, count = listed(contents.others), len(contents.others)
        source.notes.append(f"left out: {counted(count, 'other file')} ({names})")
    if contents.unread:
        source.notes.append(
            f"left out: folders that are links, deep or forbidden ({listed(contents.unread)})"
        )
    return source


def _old_pngs(folder: Path, contents: Contents, how: Reading) -> Source:
    files = [path for path in contents.pictures.get((), []) if path.suffix.lower() == ".png"]
    if not files:
        raise _nothing(folder, contents)
    source = Source("images", {})
    read_files(source, {"train": files}, how)
    return source


def _read_arrays(folder: Path, paths: list[Path], new_array: NewArray) -> Source:
    """Arrays of one dataset in several files, or in one."""
    with ExitStack() as stack:
        arrays: dict[str, StoredArray | BinaryText] = {}
        for path in paths:
            with reading(path, "a .npy, .npz or .amat file"):
                if path.suffix.lower() == SUFFIX:
                    arrays[path.stem] = text = BinaryText(path)
                    # Read here, so that a damaged file is named.
                    _ = text.header
                    continue
                if path.suffix.lower() == ".npy":
                    arrays[path.stem] = npy_array(path)
                    continue
                members = stack.enter_context(npz_arrays(path))
                if len(paths) == 1:
                    arrays.update(members)
                elif len(members) == 1:
                    arrays[path.stem] = next(iter(members.values()))
                else:
                    raise DatasetError(
                        f"{quoted(folder)} holds {listed(p.name for p in paths)}: "
                        f"wanted one dataset; try the path of one file, {quoted(path)}"
                    )
        with reading(folder, "undamaged arrays"):
            source = assemble(quoted(folder), "npz", arrays, new_array=new_array)
        if all(isinstance(array, BinaryText) for array in arrays.values()):
            source.kind = "amat"
        return source


def shards(folder: Path, contents: Contents) -> dict[Path, Split | None]:
    """The Parquet files of a dataset as Hugging Face lays it out, in the folder or in `data`."""
    names = [name for name in contents.others if Path(name).suffix.lower() == ".parquet"]
    places = {Path(name).parent for name in names}
    if len(places) != 1:
        return {}
    found = {folder / name: split_of(_SHARD.sub("", Path(name).stem)) for name in sorted(names)}
    if "train" not in found.values():
        return dict.fromkeys(found)
    return {path: split for path, split in found.items() if split is not None}


def _is_data_below(name: str) -> bool:
    """Whether a file in a subfolder has the name of arrays, which only its own folder gives."""
    path = Path(name)
    arrays = path.suffix.lower() in _DATA_SUFFIXES or find_idx(path, b"") is not None
    return arrays and len(path.parts) > 1 and not path.name.startswith(".")


def _nothing(folder: Path, contents: Contents) -> DatasetError:
    if not contents.others and not contents.unread:
        return DatasetError(f"{quoted(folder)} is empty: wanted {WANTED}; try another folder")
    found = listed([*contents.others, *contents.unread])
    remedy = "try the path of a folder with images"
    known = [
        name
        for kind, name in zip(contents.kinds, contents.kind_names, strict=True)
        if kind in (IDX, NPY, NPZ)
    ]
    known += [name for name in contents.others if _is_data_below(name)]
    if inner := next(iter(known), None):
        remedy = f"try its folder, {quoted((folder / inner).parent)}"
        if Path(inner).suffix.lower() in _ALONE:
            remedy = f"try {quoted(folder / inner)}"
    elif contents.kinds:
        is_known = [kind not in (TEXT, UNKNOWN) for kind in contents.kinds]
        index = is_known.index(True) if any(is_known) else 0
        kind = contents.kinds[index]
        found += f" ({kind.name})"
        remedy = kind.remedy.replace("{name}", str(folder / contents.kind_names[index]))
    return DatasetError(
        f"{quoted(folder)} has neither IDX files nor images nor arrays, but {found}: "
        f"wanted {WANTED}; {remedy}"
    )
