"""CSV tables, read by the standard library and NumPy."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import MAX_ARRAY_BYTES, open_regular, quoted, reading
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import Source
from vae_engine.datasets.tables import Table, path_column, resolve_paths, table_source
from vae_engine.errors import DatasetError

WANTED = "a CSV table with a column per pixel, or with a column of paths"
_DELIMITERS = ",;\t "
_LOOKED_AT = 20
_LONGEST_FIELD = 4 * 1024 * 1024


def read_csv(path: Path, how: Reading) -> Source:
    """Read a table of pixels, or of the paths of image files.

    Raises:
        DatasetError: it holds no images, or is damaged.
    """
    with reading(path, WANTED, "try to save it again, with the same columns in every row"):
        with open_regular(path) as file:
            if file.seek(0, 2) > MAX_ARRAY_BYTES:
                raise DatasetError(
                    f"{quoted(path)} is larger than {MAX_ARRAY_BYTES / 1024**3:g} GiB: wanted a "
                    "smaller table; try `np.savez('data.npz', images=images)`"
                )
            file.seek(0)
            with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                table = _read(path, text)
        return table_source(quoted(path), "csv", table, how)


def _read(path: Path, file: IO[str]) -> Table:
    csv.field_size_limit(_LONGEST_FIELD)
    delimiter = _delimiter(file.readline(_LONGEST_FIELD))
    file.seek(0)
    rows = list(islice(csv.reader(file, delimiter=delimiter), _LOOKED_AT + 1))
    rows = [row for row in rows if row]
    named = bool(rows) and not all(_is_number(value) for value in rows[0])
    if path_column(rows[0], rows) is not None:
        named = False
    names = rows[0] if named else [f"column {index}" for index in range(len(rows[0]))]
    body = rows[named:]
    if not body:
        raise DatasetError(f"{quoted(path)} has no rows: wanted {WANTED}; try another file")
    names = _distinct(names)
    file.seek(0)
    found = path_column(names, body)
    numeric = [
        index
        for index in range(len(names))
        if all(len(row) > index and _is_number(row[index]) for row in body)
    ]
    if found is None and len(numeric) == len(names):
        numbers = _numbers(file, delimiter, named)
        return Table(names, numbers, names, named=named)
    return _mixed(path, file, delimiter, names, numeric, found, named)


def _mixed(
    path: Path,
    file: IO[str],
    delimiter: str,
    names: list[str],
    numeric: Sequence[int],
    found: int | None,
    named: bool,
) -> Table:
    """A table with texts among its columns."""
    rows = [row for row in csv.reader(file, delimiter=delimiter) if row][named:]
    if any(len(row) != len(names) for row in rows):
        line = next(index for index, row in enumerate(rows, 1 + named) if len(row) != len(names))
        raise DatasetError(
            f"{quoted(path)} has another number of columns in row {line}: wanted {len(names)} in "
            "every row; try to save it again"
        )
    texts = {
        names[index]: [row[index] for row in rows]
        for index in range(len(names))
        if index not in numeric and index != found
    }
    numbers = np.array([[float(row[index]) for index in numeric] for row in rows], np.float32)
    numbers = numbers.reshape(len(rows), len(numeric))
    table = Table(names, _narrow(numbers), [names[index] for index in numeric], texts, named=named)
    if found is not None:
        table.files[names[found]] = resolve_paths(path.parent, [row[found] for row in rows])
        return table
    for name, values in list(texts.items()):
        if all(_is_row(value) for value in values[:_LOOKED_AT]):
            table.lists[name] = _narrow(
                np.array([np.fromstring(value, np.float32, sep=" ") for value in values])
            )
            del table.texts[name]
    return table


def _numbers(file: IO[str], delimiter: str, named: bool) -> AnyArray:
    values = np.loadtxt(
        file,
        np.float32,
        comments=None,
        delimiter=None if delimiter == " " else delimiter,
        skiprows=int(named),
        ndmin=2,
        quotechar='"',
    )
    return _narrow(values)


def _narrow(values: AnyArray) -> AnyArray:
    """Whole numbers as the smallest integers that hold them."""
    if not values.size or not np.isfinite(values).all() or (values != np.rint(values)).any():
        return values
    low, high = values.min(), values.max()
    if low >= 0 and high <= 255:
        return values.astype(np.uint8)
    return values.astype(np.int32) if low >= -(2**24) and high <= 2**24 else values


def _delimiter(line: str) -> str:
    counts = {each: line.count(each) for each in _DELIMITERS}
    # Texts hold spaces, and so do numbers after a comma.
    return (
        ","
        if not any(counts[each] for each in ",;\t") and not counts[" "]
        else max(
            ",;\t" if any(counts[each] for each in ",;\t") else " ", key=lambda each: counts[each]
        )
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of which none is there twice."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_row(text: str) -> bool:
    parts = text.split()
    return len(parts) >= 16 and all(_is_number(part) for part in parts[:_LOOKED_AT])
