"""Recognise images, labels and splits among several arrays by their names.

Keras uses `x_train`, MedMNIST `train_images`, users of scikit-learn `X_test`, KMNIST a file
`kmnist-train-imgs.npz`, others `images` and `labels`. Each is a combination of words for a role and
for a split.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray, check_image_header, fits
from vae_engine.datasets.files import brief
from vae_engine.datasets.labels import check_label_header
from vae_engine.datasets.npy import Header, HeaderCheck
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.source import SPLIT_NAMES, SPLIT_WORDS, WORD, Source, Split, listed
from vae_engine.errors import ArrayError, DatasetError

_Role: TypeAlias = Literal["images", "labels"]
_Place: TypeAlias = tuple[_Role, Split | None]

_SPLIT_WORDS: dict[str, Split] = {**SPLIT_WORDS, "tr": "train", "te": "test"}
_ROLE_WORDS: dict[str, _Role] = {
    **dict.fromkeys(
        ("x", "image", "images", "img", "imgs", "data", "pixels", "input", "inputs"), "images"
    ),
    **dict.fromkeys(
        ("y", "label", "labels", "target", "targets", "class", "classes", "category", "categories"),
        "labels",
    ),
}
_GLUED = re.compile(
    rf"(?P<role>x|y)(?P<split>{'|'.join(_SPLIT_WORDS)})|(?P<first>{'|'.join(_SPLIT_WORDS)})(?P<last>x|y)"
)
_REMEDY = "try `np.savez('data.npz', x_train=images, y_train=labels)`"
_SHOWN_NAMES = 5


class _Match(NamedTuple):
    """A name for a role and a split; the fewer other words it has, the better it matches."""

    others: int
    name: str


class ReadableArray(Protocol):
    """An array that is read on demand."""

    @property
    def header(self) -> Header:
        """Declared type and shape."""

    def read(self, check: HeaderCheck, new_array: NewArray = np.empty) -> AnyArray:
        """Check the header, then read the array into one that `new_array` allocates."""


def assemble(
    what: str,
    kind: str,
    arrays: Mapping[str, ReadableArray],
    key: str | None = None,
    new_array: NewArray = np.empty,
) -> Source:
    """Read the images and labels among several arrays.

    Args:
        what: name of the file with the arrays, for messages.
        kind: kind of the source.
        arrays: by name.
        key: name of the array of images; None finds it by its name.
        new_array: allocates the arrays of images, in memory or in files.

    Raises:
        DatasetError: it is unclear which are the images, or they cannot be used.
    """
    matches = _matches(arrays)
    images = _image_names(what, arrays, matches) if key is None else _keyed(what, arrays, key)
    source = Source(
        kind,
        {split: arrays[name].read(check_image_header, new_array) for split, name in images.items()},
    )
    used = set(images.values())
    for split in images:
        label_split = _split_of(key) or split if key is not None else split
        name = _label_name(arrays, matches, label_split, alone=len(images) == 1)
        if name is None or name in used:
            continue
        used.add(name)
        try:
            source.labels[split] = arrays[name].read(check_label_header)
        except ArrayError as error:
            source.notes.append(f"labels are left out: {error}")
    shown = [brief(repr(name)) for name in images.values()]
    source.taken = f"the array{'s' * (len(shown) > 1)} {', '.join(shown)}"
    if unused := [name for name in arrays if name not in used]:
        source.notes.append(f"left out: the array{'s' * (len(unused) > 1)} {listed(unused)}")
    return source


def _keyed(what: str, arrays: Mapping[str, ReadableArray], key: str) -> dict[Split, str]:
    if key not in arrays:
        raise DatasetError(
            f"{what} has no array {brief(repr(key))}: wanted one of "
            f"{listed(arrays, _SHOWN_NAMES)}; try its name after ::"
        )
    return {"train": key}


def _split_of(name: str) -> Split | None:
    place, _ = _parse(name)
    return place[1] if place else None


def _matches(arrays: Mapping[str, ReadableArray]) -> dict[_Place, list[_Match]]:
    matches: dict[_Place, list[_Match]] = {}
    for name in arrays:
        place, others = _parse(name)
        if place is not None:
            matches.setdefault(place, []).append(_Match(others, name))
    return matches


def _parse(name: str) -> tuple[_Place | None, int]:
    """Find role and split in a name, and count its other words."""
    roles: list[_Role] = []
    splits: list[Split] = []
    others = 0
    for found in WORD.findall(name):
        word = found.lower()
        if glued := _GLUED.fullmatch(word):
            roles.append(_ROLE_WORDS[glued["role"] or glued["last"]])
            splits.append(_SPLIT_WORDS[glued["split"] or glued["first"]])
        elif word in _ROLE_WORDS:
            roles.append(_ROLE_WORDS[word])
        elif word in _SPLIT_WORDS:
            splits.append(_SPLIT_WORDS[word])
        else:
            others += 1
    if len(set(splits)) > 1 or not (roles or splits):
        return None, others
    # `train_data` and `x_images` are images; `image_labels` are labels.
    role: _Role = "labels" if "labels" in roles else "images"
    return (role, splits[0] if splits else None), others


def _image_names(
    what: str, arrays: Mapping[str, ReadableArray], matches: Mapping[_Place, list[_Match]]
) -> dict[Split, str]:
    """Find the array of images of each split.

    Raises:
        DatasetError: there is none, or several for one split.
    """
    names: dict[Split, str] = {}
    for split in SPLIT_NAMES:
        if (name := _best(what, arrays, matches.get(("images", split), []))) is not None:
            names[split] = name
    if "train" not in names:
        whole = _best(what, arrays, matches.get(("images", None), []))
        names = names if whole is None else {"train": whole, **names}
    if "train" in names:
        return names
    if len(names) == 1:
        return {"train": next(iter(names.values()))}
    if names:
        raise DatasetError(
            f"{what} holds {listed(names.values())} and no training images: "
            f"wanted x_train, or one array of images; {_REMEDY}"
        )
    # A single array is taken in any case, so that the error says what is wrong with it.
    alone = len(arrays) == 1 and not any(role == "labels" for role, _ in matches)
    possible = [name for name in arrays if alone or _may_be_images(arrays[name])]
    # Vectors may be flattened images; prefer arrays with more dimensions.
    grids = [name for name in possible if not alone and len(arrays[name].header.shape) > 2]
    possible = grids or possible
    if len(possible) == 1:
        return {"train": possible[0]}
    remedy = f"try PATH::{possible[0]}, or {_REMEDY.removeprefix('try ')}" if possible else _REMEDY
    raise DatasetError(
        f"{what} holds {_shown(arrays)}: wanted x_train, images, or one array of images; {remedy}"
    )


def _best(what: str, arrays: Mapping[str, ReadableArray], matches: list[_Match]) -> str | None:
    """Choose the best match; one with other words counts only if its shape fits images."""
    possible = [
        match for match in sorted(matches) if not match.others or _may_be_images(arrays[match.name])
    ]
    if not possible:
        return None
    best = [match.name for match in possible if match.others == possible[0].others]
    if len(best) > 1:
        exact = [name for name in best if name.startswith("x_")]
        if len(exact) != 1:
            raise DatasetError(
                f"{what} holds {listed(best)}, each of which may be the images: "
                f"wanted one; try PATH::{best[0]}, or {_REMEDY.removeprefix('try ')}"
            )
        best = exact
    return best[0]


def _label_name(
    arrays: Mapping[str, ReadableArray],
    matches: Mapping[_Place, list[_Match]],
    split: Split,
    *,
    alone: bool,
) -> str | None:
    places: list[_Place] = [("labels", split)]
    if split == "train":
        places.append(("labels", None))
    if alone:
        places += [("labels", "test"), ("labels", "val")]
    for place in places:
        if matches.get(place):
            # As for images, the names that Keras uses come first.
            best = min(matches[place], key=lambda match: (match.others, match.name[:2] != "y_"))
            return best.name
    # The names that `np.savez(file, images, labels)` gives.
    return "arr_1" if alone and "arr_1" in arrays and "arr_0" in arrays else None


def _may_be_images(array: ReadableArray) -> bool:
    try:
        header = array.header
    except DatasetError:
        return False
    return fits(header.shape) and header.dtype.kind in "buif"


def _shown(arrays: Mapping[str, ReadableArray]) -> str:
    if not arrays:
        return "no array"
    names = list(arrays)
    shown = [f"{brief(repr(name))}{_shape(arrays[name])}" for name in names[:_SHOWN_NAMES]]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"the array{'s' * (len(names) > 1)} {', '.join(shown)}{more}"


def _shape(array: ReadableArray) -> str:
    try:
        return f" {brief(str(array.header.shape))}"
    except DatasetError:
        return ""
