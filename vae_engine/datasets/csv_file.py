"""CSV tables, read by the standard library and NumPy."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from vae_engine.datasets.arrays import AnyArray, check_image_header
from vae_engine.datasets.binary_text import BinaryText, NotBinaryError
from vae_engine.datasets.files import MAX_ARRAY_BYTES, brief, open_regular, quoted, reading
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import Source
from vae_engine.datasets.tables import (
    Table,
    files_without_suffix,
    is_pixel,
    path_column,
    resolve_paths,
    table_source,
)
from vae_engine.errors import DatasetError

WANTED = "a CSV table with a column per pixel, or with a column of paths"
_DELIMITERS = ",;\t "
_LOOKED_AT = 20
_WIDE = 16
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


def read_binary_numbers(path: Path, how: Reading) -> Source | None:
    """Read a table without a header that holds nothing but zeros and ones; None if it does not.

    Raises:
        DatasetError: its lines differ in length, or make no images.
    """
    text = BinaryText(path)
    with reading(path, WANTED, "try to save it again, with the same columns in every row"):
        try:
            numbers = text.read(check_image_header, how.new_array)
        except NotBinaryError:
            return None
        names = [f"column {index}" for index in range(numbers.shape[1])]
        table = Table(names, numbers, names, named=False)
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
    # pandas numbers columns that have no names.
    header = named or rows[0] == [str(index) for index in range(len(rows[0]))]
    names = rows[0] if named else [f"column {index}" for index in range(len(rows[0]))]
    body = rows[header:]
    if not body:
        raise DatasetError(f"{quoted(path)} has no rows: wanted {WANTED}; try another file")
    names = _distinct(names)
    file.seek(0)
    found, suffix = path_column(names, body), ""
    if found is None and (column := files_without_suffix(path.parent, names, body)):
        found, suffix = column
    numeric = [
        index
        for index in range(len(names))
        if all(len(row) > index and _is_number(row[index]) for row in body)
    ]
    if found is None and len(numeric) == len(names):
        # What is wrong with a row is said below.
        with contextlib.suppress(ValueError):
            return Table(names, _numbers(file, delimiter, header), names, named=named)
        file.seek(0)
    rows = [row for row in csv.reader(file, delimiter=delimiter) if row][header:]
    files = None if found is None else [row[found] + suffix for row in rows if len(row) > found]
    table = _mixed(path, rows, names, [i for i in numeric if i != found], 1 + header, named=named)
    if files is not None and found is not None:
        table.texts.pop(names[found], None)
        table.files[names[found]] = resolve_paths(path.parent, files)
    return table


def _mixed(
    path: Path,
    rows: list[list[str]],
    names: list[str],
    numeric: Sequence[int],
    first: int,
    *,
    named: bool,
) -> Table:
    """A table with texts among its columns; `first` is the number of its first row."""
    if any(len(row) != len(names) for row in rows):
        line = next(index for index, row in enumerate(rows, first) if len(row) != len(names))
        raise DatasetError(
            f"{quoted(path)} has another number of columns in row {line}: wanted {len(names)} in "
            "every row; try to save it again"
        )
    texts = {
        names[index]: [row[index] for row in rows]
        for index in range(len(names))
        if index not in numeric
    }
    # Pixels of which one is missing are no texts.
    for index in range(len(names)) if len(numeric) >= _WIDE else ():
        if index in numeric or is_pixel(names[index]) or not named:
            _check_numbers(
                path, names[index], [row[index] for row in rows], first, index in numeric
            )
    numbers = np.array([[float(row[index]) for index in numeric] for row in rows], np.float32)
    numbers = numbers.reshape(len(rows), len(numeric))
    table = Table(names, _narrow(numbers), [names[index] for index in numeric], texts, named=named)
    for name, values in list(texts.items()):
        if all(_is_row(value) for value in values[:_LOOKED_AT]):
            table.lists[name] = _narrow(
                np.array([np.fromstring(value, np.float32, sep=" ") for value in values])
            )
            del table.texts[name]
    return table


def _check_numbers(path: Path, name: str, values: Sequence[str], first: int, sure: bool) -> None:
    """Check a column of numbers, or, if not `sure`, one that may be of something else.

    Raises:
        DatasetError: it has numbers, and other things too.
    """
    wrong = [index for index, value in enumerate(values) if not _is_number(value)]
    if wrong and (sure or 2 * len(wrong) < len(values)):
        raise DatasetError(
            f"{quoted(path)} has {brief(repr(values[wrong[0]]))} in row {first + wrong[0]} of "
            f"column {brief(repr(name))}: wanted a number in each; "
            f"try `pandas.read_csv({quoted(path)}).fillna(0).to_csv('data.csv', index=False)`"
        )


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
