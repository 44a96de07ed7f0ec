"""Read image files in subfolders, which are splits if they have such names, otherwise classes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.contents import Contents, Place
from vae_engine.datasets.files import quoted
from vae_engine.datasets.image_record import (
    added_note,
    recorded_files,
    relative_name,
    relative_names,
)
from vae_engine.datasets.labels import MAX_LABEL
from vae_engine.datasets.picture_set import described, read_picture_set
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import (
    SPLIT_NAMES,
    Facts,
    Source,
    Split,
    counted,
    listed,
    split_of,
)
from vae_engine.errors import DatasetError

_Tree: TypeAlias = dict[Place, list[Path]]


def picture_source(folder: Path, contents: Contents, reading: Reading) -> Source:
    """Read the image files of a folder, with splits and classes from its subfolders.

    Raises:
        DatasetError: none of a split's images can be used, or too many cannot.
    """
    source = Source("images", {})
    if reading.recorded is not None and reading.recorded.of_files:
        read_recorded(source, folder, list(contents.every_picture()), reading)
        return source
    tree = _splits_first(_unwrapped(contents.pictures))
    splits = _splits(folder, tree)
    if splits:
        inside = {name for names in splits.values() for name in names}
        _leave_out(
            source, [path for place in tree if not {*place[:1]} & inside for path in tree[place]]
        )
    files: dict[Split, list[Path]] = {}
    names: dict[Split, list[str]] = {}
    present: list[Split] = ["train", "val", "test"] if splits else ["train"]
    for split in present:
        part = _subtree(tree, splits[split]) if splits else tree
        if part:
            files[split], class_names = _by_class(part, source)
            if class_names:
                names[split] = class_names
    read_files(source, files, reading, folder)
    classes = sorted({name for part in names.values() for name in part})
    if len(classes) < 2:
        names = {}
    for split, labels in _labels(names).items():
        source.labels[split] = labels[source.rows[split]]
    if names:
        source.taken += f" in folders by class ({listed(classes)})"
    return source


def read_recorded(source: Source, base: Path, paths: list[Path], reading: Reading) -> None:
    """Read the images that a session recorded, in the recorded splits.

    Args:
        source: filled with the images; their labels are recorded too.
        base: folder that the recorded names are relative to.
        paths: files to find them among.
        reading: options, with the session's record of image files.

    Raises:
        DatasetError: some have changed, are missing, or can no longer be read.
    """
    record = reading.recorded
    assert record is not None
    chosen = recorded_files(quoted(base), record, relative_names(base, paths))
    read_files(source, chosen, reading)
    if source.facts.bad:
        raise DatasetError(source.facts.bad[0][1])
    source.rows = {split: part.rows for split, part in record.splits.items()}
    source.names = {split: part.names for split, part in record.splits.items()}
    source.keys = {split: part.keys for split, part in record.splits.items()}
    source.notes += added_note(len({*paths} - {path for part in chosen.values() for path in part}))


def read_files(
    source: Source,
    files: Mapping[Split, list[Path]],
    reading: Reading,
    base: Path | None = None,
) -> None:
    """Read the image files of each split into a source.

    Args:
        source: filled with the images.
        files: of each split.
        reading: options for reading images.
        base: folder that the names to record are relative to; None records none.

    Raises:
        DatasetError: none of a split's images can be used, or too many cannot.
    """
    found = read_picture_set(
        files,
        reading.preparation,
        report=reading.report,
        new_array=reading.new_array,
        with_keys=base is not None,
    )
    for split in files:
        if not len(found.images[split]):
            raise DatasetError(
                f"none of the {SPLIT_NAMES[split]} images can be used; the first: {found.bad[0][1]}"
            )
    source.images.update(found.images)
    source.rows.update(found.kept)
    if base is not None:
        for split, kept in found.kept.items():
            paths = [files[split][place] for place in kept]
            source.names[split] = tuple(map(partial(relative_name, base), paths))
            source.keys[split] = found.keys[split]
    source.facts = Facts(
        sizes=found.sizes,
        modes=found.modes,
        bad=tuple((str(path), problem) for path, problem in found.bad),
    )
    source.notes += found.notes
    source.taken = described(found.formats)


def _unwrapped(tree: _Tree) -> _Tree:
    """Strip leading folders that contain nothing but one folder."""
    while () not in tree and len({place[0] for place in tree}) == 1:
        tree = {place[1:]: files for place, files in tree.items()}
    return tree


def _splits(folder: Path, tree: _Tree) -> dict[Split, list[str]]:
    """Find the folders of each split; empty if they are classes, one of which may be `train`.

    Raises:
        DatasetError: there are splits, but no training images.
    """
    found: dict[Split, list[str]] = {"train": [], "val": [], "test": []}
    others = False
    for name in {place[0] for place in tree if place}:
        split = split_of(name)
        if split is None:
            others = True
        else:
            found[split].append(name)
    if not found["train"] and not others and () not in tree:
        names = listed(sorted(name for place in tree for name in place[:1]))
        raise DatasetError(
            f"{quoted(folder)} holds the folders {names} and none of training images: "
            "wanted train beside them; try the path of one of them"
        )
    return found if found["train"] and (found["val"] or found["test"]) else {}


def _splits_first(tree: _Tree) -> _Tree:
    """The tree with splits above classes, also where each class has its splits in it."""
    if any(len(place) < 2 for place in tree):
        return tree
    below = {split_of(place[1]) for place in tree}
    if None in below or "train" not in below or len(below) < 2:
        return tree
    if any(split_of(place[0]) for place in tree):
        return tree
    return {(place[1], place[0], *place[2:]): files for place, files in tree.items()}


def _subtree(tree: _Tree, names: list[str]) -> _Tree:
    subtree: _Tree = {}
    for place, files in tree.items():
        if place[:1] and place[0] in names:
            subtree.setdefault(place[1:], []).extend(files)
    return _unwrapped(subtree)


def _by_class(tree: _Tree, source: Source) -> tuple[list[Path], list[str]]:
    """List files and their classes; without classes if most files lie directly in the folder."""
    top = tree.get((), [])
    below = {place: files for place, files in sorted(tree.items()) if place}
    if len(top) >= sum(map(len, below.values())):
        _leave_out(source, [path for files in below.values() for path in files])
        return top, []
    _leave_out(source, top)
    files = [path for paths in below.values() for path in paths]
    return files, [place[0] for place, paths in below.items() for _ in paths]


def _labels(names: Mapping[Split, list[str]]) -> dict[Split, AnyArray]:
    """Make labels of class names: integers if all names are numbers, otherwise the names."""
    classes = {name for part in names.values() for name in part}
    if all(name.isascii() and name.isdecimal() and int(name) <= MAX_LABEL for name in classes):
        return {split: np.array(part, np.int64) for split, part in names.items()}
    return {split: np.array(part) for split, part in names.items()}


def _leave_out(source: Source, paths: list[Path]) -> None:
    if paths:
        shown = listed(f"{path.parent.name}/{path.name}" for path in paths)
        source.notes.append(f"left out: {counted(len(paths), 'image')} elsewhere ({shown})")
