"""Read tables as datasets: one column per pixel, a column of paths, or a column of images.

Kaggle's digit-recognizer has a label and 784 pixels per row, FER2013 all pixels in one text column,
Parquet files of Hugging Face an image file per row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.layout import read_files, read_recorded
from vae_engine.datasets.pictures import SUFFIXES
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import SPLIT_NAMES, SPLIT_WORDS, Source, Split, counted, listed
from vae_engine.datasets.splits import BY_CONTENT
from vae_engine.errors import DatasetError

_LABELS = ("label", "labels", "class", "class_name", "classname", "y", "target", "category")
_SPLITS = ("split", "usage", "subset", "set", "fold", "partition", "dataset")
_PIXEL = re.compile(
    r"(pixel|pix|px|p|x|f|feature|col|column)?[ _.-]?\d+([x_.,-]\d+)?", re.IGNORECASE
)
_SPLIT_WORDS: dict[str, Split] = {
    **SPLIT_WORDS,
    "publictest": "val",
    "privatetest": "test",
}
_FILE_NAME = re.compile(r"\b(id|image|img|file|filename|name|path)|_id\b")
_MAX_CLASSES = 65_536
_MIN_PIXELS = 16
_REMEDY = "try a table with a label and a column per pixel, or with a column of paths"


@dataclass
class Table:
    """Columns of a table, by type.

    Attributes:
        names: of all columns, in order.
        numbers: numeric columns, (rows, n).
        numeric: names of the numeric columns.
        texts: text columns.
        lists: columns with several numbers per row, (rows, ...).
        files: columns of paths, or of encoded images.
        named: whether the table has a header with names.
    """

    names: list[str]
    numbers: AnyArray
    numeric: list[str]
    texts: dict[str, list[str]] = field(default_factory=dict)
    lists: dict[str, AnyArray] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)
    named: bool = True

    def column(self, name: str) -> AnyArray:
        """Return a column of numbers or texts."""
        if name in self.texts:
            return np.array(self.texts[name])
        return np.asarray(self.numbers[:, self.numeric.index(name)])


def table_source(what: str, kind: str, table: Table, how: Reading) -> Source:
    """Find the images and labels of a table.

    Args:
        what: name of the table, for messages.
        kind: kind of the source.
        table: columns of the table.
        how: options for reading its images.

    Raises:
        DatasetError: it has no images.
    """
    label, split = _label_column(table), _named_column(table, _SPLITS)
    if table.files:
        name = next(iter(table.files))
        used = {name}
        others = [each for each in table.names if each not in (name, split)]
        if label is None and len(others) == 1 and _may_be_labels(table, others[0]):
            label = others[0]
        source = Source(kind, {})
        _split_files(source, table.files[name], _splits(table, split), how)
    elif table.lists:
        name = max(table.lists, key=lambda each: table.lists[each][0].size)
        used = {name}
        source = _split_array(Source(kind, {}), table.lists[name], _splits(table, split))
    else:
        pixels, label = _pixel_columns(what, table, label, how)
        used = set(pixels)
        indexes = [table.numeric.index(each) for each in pixels]
        whole = len(indexes) == len(table.numeric)
        array = table.numbers if whole else table.numbers[:, indexes]
        source = _split_array(Source(kind, {}), array, _splits(table, split))
        name = f"{len(pixels)} columns"
    if label is not None:
        values = table.column(label)
        for part, rows in source.rows.items():
            source.labels[part] = values[rows]
        used.add(label)
    source.taken = source.taken or f"{name} of {counted(len(table.numbers), 'row')}"
    unused = [each for each in table.names if each not in used and each != split]
    if unused:
        source.notes.append(f"left out: the column{'s' * (len(unused) > 1)} {listed(unused)}")
    return source


def joined(what: str, tables: Sequence[tuple[Table, Split | None]]) -> Table:
    """One table of several with the same columns, with the splits that they are of.

    Raises:
        DatasetError: they have other columns.
    """
    first = tables[0][0]
    if len(tables) == 1:
        return first
    for table, _ in tables:
        if (table.names, table.numeric, [*table.texts]) != (
            first.names,
            first.numeric,
            [*first.texts],
        ):
            raise DatasetError(
                f"{what} holds tables of other columns, {listed(first.names)} and "
                f"{listed(table.names)}: wanted one dataset; try the path of one of them"
            )
    every = [table for table, _ in tables]
    whole = Table(
        [*first.names],
        np.concatenate([table.numbers for table in every]),
        first.numeric,
        {name: [text for table in every for text in table.texts[name]] for name in first.texts},
        {name: np.concatenate([table.lists[name] for table in every]) for name in first.lists},
        {name: [path for table in every for path in table.files[name]] for name in first.files},
        named=first.named,
    )
    if all(split is not None for _, split in tables) and "split" not in whole.names:
        whole.names.append("split")
        whole.texts["split"] = [str(split) for table, split in tables for _ in table.numbers]
    return whole


def path_column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the column with paths of image files, if there is one."""
    for index in range(len(names)):
        values = [row[index] for row in rows if len(row) > index]
        if values and all(Path(value).suffix.lower() in SUFFIXES for value in values):
            return index
    return None


def files_without_suffix(
    folder: Path, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[int, str] | None:
    """Which column has names of image files without their suffix, if any, and the suffix."""
    for index, name in enumerate(names):
        values = [row[index] for row in rows[:1] if len(row) > index]
        if not values or not _FILE_NAME.search(name.lower()):
            continue
        for suffix in sorted(SUFFIXES):
            if resolve_paths(folder, [values[0] + suffix])[0].is_file():
                return index, suffix
    return None


def resolve_paths(folder: Path, values: Sequence[str]) -> list[Path]:
    """Resolve a table's paths relative to its folder, or to a subfolder that contains them."""
    base = folder
    if values and not (folder / values[0]).exists():
        subfolders = sorted(path for path in folder.iterdir() if path.is_dir())
        base = next((path for path in subfolders if (path / values[0]).exists()), folder)
    return [base / value for value in values]


def is_pixel(name: str) -> bool:
    """Whether a column's name is that of a pixel."""
    return _PIXEL.fullmatch(name.strip()) is not None


def _named_column(table: Table, names: Sequence[str]) -> str | None:
    found = {name.lower().strip(): name for name in [*table.numeric, *table.texts]}
    return next((found[name] for name in names if name in found), None)


def _label_column(table: Table) -> str | None:
    if (named := _named_column(table, (*_LABELS, "emotion", "digit", "species"))) is not None:
        return named
    # CIFAR-100 at Hugging Face has a fine_label and a coarse_label.
    columns = [name for name in table.names if re.fullmatch(r"\w+[_ -](label|class)", name.lower())]
    if columns and columns[0] in (*table.numeric, *table.texts):
        return columns[0]
    candidates = [
        name
        for name, values in table.texts.items()
        if 1 < len(set(values)) < len(table.numbers) and name.lower().strip() not in _SPLITS
    ]
    return candidates[0] if len(candidates) == 1 else None


def _pixel_columns(
    what: str, table: Table, label: str | None, how: Reading
) -> tuple[list[str], str | None]:
    """Return the names of the pixel columns, and the name of the label column."""
    candidates = [name for name in table.numeric if name != label]
    if table.named:
        pixels = [name for name in candidates if is_pixel(name)]
        others = [name for name in candidates if name not in pixels]
        if not pixels and len(candidates) >= _MIN_PIXELS:
            pixels, others = candidates, []
        if label is None and len(others) == 1 and pixels and _may_be_labels(table, others[0]):
            label = others[0]
    else:
        pixels = candidates
        if label is None and not _is_image(len(pixels), how) and _is_image(len(pixels) - 1, how):
            label = _label_at_an_end(table, pixels)
            pixels = [name for name in pixels if name != label]
    if len(pixels) < _MIN_PIXELS:
        raise DatasetError(
            f"{what} has the columns {listed(table.names)} and no images: wanted a column per "
            f"pixel, or a column of paths; {_REMEDY}"
        )
    return pixels, label


def _is_image(count: int, how: Reading) -> bool:
    size = how.preparation.size
    if size is not None and count in (size[0] * size[1], 3 * size[0] * size[1]):
        return True
    return any(round((count / c) ** 0.5) ** 2 * c == count for c in (1, 3))


def _label_at_an_end(table: Table, columns: Sequence[str]) -> str:
    """Choose the first or the last column: labels vary, but have fewer values than pixels."""
    ends = [columns[0], columns[-1]]
    counts = [len(np.unique(table.column(name))) for name in ends]
    if min(counts) < 2:
        return ends[counts.index(max(counts))]
    return ends[counts.index(min(counts))]


def _may_be_labels(table: Table, name: str) -> bool:
    if name not in table.numeric:
        return False
    values = table.column(name)
    distinct = len(np.unique(values))
    return bool((values == np.rint(values)).all()) and distinct < min(len(values), _MAX_CLASSES)


def _splits(table: Table, name: str | None) -> Mapping[Split, AnyArray]:
    """Return the rows of each split named in a column; without one all rows are for training."""
    all_rows = np.arange(len(table.numbers))
    if name is None or name not in table.texts:
        return {"train": all_rows}
    words = [_SPLIT_WORDS.get(value.lower().strip()) for value in table.texts[name]]
    if None in words or "train" not in words:
        return {"train": all_rows}
    return {
        split: np.flatnonzero([word == split for word in words])
        for split in SPLIT_NAMES
        if split in words
    }


def _split_array(source: Source, array: AnyArray, splits: Mapping[Split, AnyArray]) -> Source:
    for split, rows in splits.items():
        source.images[split] = array if len(rows) == len(array) else array[rows]
        source.rows[split] = rows
    return source


def _split_files(
    source: Source, files: Sequence[Path], splits: Mapping[Split, AnyArray], how: Reading
) -> None:
    base = Path(os.path.commonpath(files)) if len(files) > 1 else files[0].parent
    if how.recorded is not None and how.recorded.of_files:
        read_recorded(source, base, [*files], how)
        return
    chosen = {split: [files[row] for row in rows] for split, rows in splits.items()}
    read_files(source, chosen, how, base if how.method == BY_CONTENT else None)
    for split, rows in splits.items():
        source.rows[split] = rows[source.rows[split]]
