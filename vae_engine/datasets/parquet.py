"""Parquet tables, read by pyarrow in a process of its own, since a damaged one may crash it.

`python -m vae_engine.datasets.parquet PATH FOLDER` unpacks a table into a folder: the columns of
numbers as one array, images that are stored as files as files.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import MAX_ARRAY_BYTES, quoted, reading
from vae_engine.datasets.pictures import SUFFIXES
from vae_engine.datasets.reader_process import read_apart
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import Source, Split
from vae_engine.datasets.tables import Table, joined, resolve_paths, table_source
from vae_engine.errors import DatasetError

_WANTED = "a Parquet table with a column per pixel, of paths, or of images"
_NUMBERS = "numbers.npy"


class Unpacked(msgspec.Struct):
    """What the folder holds.

    Attributes:
        rows: of the table.
        names: of its columns.
        numeric: of those of numbers, in the order of the array.
        texts: those of texts.
        lists: those of lists, saved as list-INDEX.npy.
        images: those of images, saved as `INDEX/row ROW`.
    """

    rows: int
    names: list[str]
    numeric: list[str]
    texts: dict[str, list[str]]
    lists: list[str]
    images: list[str]


def read_parquet(what: Path, shards: Mapping[Path, Split | None], how: Reading) -> Source:
    """Read a table.

    Args:
        what: the file, or the folder that the shards lie in.
        shards: the files of the table in their order, each with the split that its name tells.
        how: it is read.

    Raises:
        DatasetError: it holds no images, is damaged, or pyarrow is not installed.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise DatasetError(
            f"{quoted(what)} is a Parquet file, which pyarrow reads: wanted it installed; "
            "it comes with the extra [parquet] of vae-workbench"
        )
    with tempfile.TemporaryDirectory(prefix="vae-parquet-") as name:
        try:
            tables = []
            for index, (path, split) in enumerate(shards.items()):
                folder = Path(name, f"shard {index}") if len(shards) > 1 else Path(name)
                folder.mkdir(exist_ok=True)
                found = _unpack(path, folder)
                with reading(path, _WANTED):
                    tables.append((_table(path, folder, found), split))
            with reading(what, _WANTED):
                source = table_source(quoted(what), "parquet", joined(quoted(what), tables), how)
        except DatasetError as error:
            raise DatasetError(_by_row(str(error), name)) from error
        source.notes = [_by_row(note, name) for note in source.notes]
        bad = tuple((_by_row(at, name), _by_row(why, name)) for at, why in source.facts.bad)
        source.facts = msgspec.structs.replace(source.facts, bad=bad)
        # The arrays are used when the folder is gone.
        source.images = {split: np.array(each) for split, each in source.images.items()}
        return source


def _by_row(text: str, folder: str) -> str:
    """A message that names an image by its row, not by the file that it was unpacked to."""
    return re.sub(rf"{re.escape(folder)}/(shard \d+/)?\d+/", r"\1", text)


def _row_name(row: int) -> str:
    return f"row {row}"


def _unpack(path: Path, folder: Path) -> Unpacked:
    listing = read_apart(
        "vae_engine.datasets.parquet",
        path,
        str(folder),
        smaller="a smaller table; try fewer rows",
        undamaged=f"{_WANTED}; try to copy it again",
    )
    return msgspec.msgpack.decode(listing, type=Unpacked)


def _table(path: Path, folder: Path, found: Unpacked) -> Table:
    numbers: AnyArray = np.zeros((found.rows, 0), np.uint8)
    if found.numeric:
        numbers = np.load(folder / _NUMBERS, allow_pickle=False)
    table = Table(found.names, numbers, found.numeric, found.texts)
    for name in found.lists:
        index = found.names.index(name)
        table.lists[name] = np.load(folder / f"list-{index}.npy", allow_pickle=False)
    for name in found.images:
        within = folder / str(found.names.index(name))
        table.files[name] = [within / _row_name(row) for row in range(found.rows)]
    if not table.files:
        for name, values in list(table.texts.items()):
            if values and all(Path(value).suffix.lower() in SUFFIXES for value in values[:20]):
                table.files[name] = resolve_paths(path.parent, values)
                del table.texts[name]
                break
    return table


def main(arguments: list[str]) -> int:
    """Unpack a table."""
    try:
        found = _save(arguments[0], Path(arguments[1]))
    # pyarrow raises many types on damaged files.
    except Exception as error:  # noqa: BLE001
        print(f"{type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
    return 0


def _save(path: str, folder: Path) -> Unpacked:
    import pyarrow
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    rows, names = file.metadata.num_rows, list(file.schema_arrow.names)
    found = Unpacked(rows, names, [], {}, [], [])
    types = pyarrow.types
    for index, name in enumerate(names):
        kind = file.schema_arrow.field(index).type
        if (
            (types.is_struct(kind) and kind.get_field_index("bytes") >= 0)
            or types.is_binary(kind)
            or types.is_large_binary(kind)
        ):
            found.images.append(name)
        elif types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
            found.numeric.append(name)
        elif types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
            found.texts[name] = [str(value) for value in file.read([name])[0].to_pylist()]
        elif types.is_list(kind) or types.is_fixed_size_list(kind) or types.is_large_list(kind):
            found.lists.append(name)
    if rows * max(1, len(found.numeric)) > MAX_ARRAY_BYTES:
        raise ValueError(f"{rows:,} rows are more than are read")
    if found.numeric:
        # An integer or float type that holds all of them; what is missing becomes NaN.
        columns = [file.read([name])[0].to_numpy() for name in found.numeric]
        np.save(folder / _NUMBERS, np.stack(columns, axis=1), allow_pickle=False)
    for name in found.lists:
        values = np.array(file.read([name])[0].to_pylist())
        np.save(folder / f"list-{names.index(name)}.npy", values, allow_pickle=False)
    for name in found.images:
        _save_images(file, name, folder / str(names.index(name)))
    return found


def _save_images(file: Any, name: str, folder: Path) -> None:
    folder.mkdir()
    row = 0
    for batch in file.iter_batches(batch_size=256, columns=[name]):
        for value in batch.column(0).to_pylist():
            data = value.get("bytes") if isinstance(value, dict) else value
            (folder / _row_name(row)).write_bytes(data or b"")
            row += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
