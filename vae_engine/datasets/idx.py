"""Read IDX files, plain or gzipped: the format in which MNIST was first published.

An IDX file has a big-endian magic number (two zero bytes, the type of the values, the number of
dimensions), the dimensions as 32-bit integers, then the values (LeCun, "The MNIST database").
Files are recognised by these bytes, and their split by their names: `train-images-idx3-ubyte`,
`emnist-letters-test-images-idx3-ubyte.gz`.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray, check_image_header
from vae_engine.datasets.files import (
    MAX_ARRAY_BYTES,
    MAX_PACKED_BYTES,
    ByteStream,
    open_regular,
    quoted,
    read_exactly,
    reading,
)
from vae_engine.datasets.kinds import GZIP, HEAD_BYTES, IDX, kind_of
from vae_engine.datasets.labels import check_label_header
from vae_engine.datasets.source import SPLIT_NAMES, SPLIT_WORDS, Source, Split, counted, listed
from vae_engine.errors import ArrayError, DatasetError

_Role: TypeAlias = Literal["images", "labels"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 4
_NAME = re.compile(r"(images|labels)[-._]idx[0-9]", re.IGNORECASE)
_WORD = re.compile(r"t10k|[a-z]+", re.IGNORECASE)
_REMEDY = "try a folder with train-images-idx3-ubyte, t10k-images-idx3-ubyte and their labels"


@dataclass(frozen=True)
class IdxFile:
    """An IDX file in a folder, with what its name and its first bytes tell.

    Attributes:
        path: of the file.
        role: whether it holds images or labels.
        split: it belongs to.
        series: start of its name, common to the files of one dataset; may be empty.
    """

    path: Path
    role: _Role
    split: Split
    series: str


def find_idx(path: Path, head: bytes) -> IdxFile | None:
    """Recognise an IDX file by its first bytes or its name; None if it is not one."""
    named = _NAME.search(path.name)
    dimensions = _dimensions(head)
    if not named and not dimensions:
        return None
    role: _Role = (
        "images" if dimensions > 1 or (named and named[1].lower() == "images") else "labels"
    )
    if named:
        role = "labels" if named[1].lower() == "labels" else "images"
    words = [word.lower() for word in _WORD.findall(path.name)]
    splits = [SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS]
    series = re.split(r"[-._]?(?:" + "|".join(SPLIT_WORDS) + r")[-._]", path.name.lower())[0]
    split: Split = splits[0] if splits else "train"
    return IdxFile(path, role, split, series if series != path.name.lower() else "")


def read_idx_folder(folder: Path, files: Iterable[IdxFile]) -> Source:
    """Read the IDX files of a folder: images, and labels if there are any.

    Raises:
        DatasetError: files of several datasets, no training images, or a damaged file.
    """
    chosen, unused = _chosen(folder, files)
    images = {split: path for (role, split), path in chosen.items() if role == "images"}
    if "train" not in images:
        raise DatasetError(
            f"{quoted(folder)} has IDX files but none of training images, "
            f"train-images-idx3-ubyte: wanted it beside {listed(p.name for p in chosen.values())}; "
            f"{_REMEDY}"
        )
    source = Source("idx", {split: _read(path, "images") for split, path in images.items()})
    source.taken = counted(len(images), "IDX file")
    for split in images:
        path = chosen.get(("labels", split))
        if path is None:
            continue
        try:
            source.labels[split] = _read(path, "labels")
        except ArrayError as error:
            source.notes.append(f"labels are left out: {error}")
    unused += [path.name for (role, split), path in chosen.items() if split not in images]
    if unused:
        source.notes.append(f"left out: {listed(unused)}")
    return source


def read_idx_file(path: Path) -> Source:
    """Read a single IDX file of images.

    Raises:
        DatasetError: it is damaged, or holds labels.
    """
    return Source("idx", {"train": _read(path, "images")}, taken="1 IDX file")


def unpacked_head(path: Path, head: bytes) -> bytes:
    """Decompress the first bytes of a gzip file; return those of any other file as they are."""
    if kind_of(head) is not GZIP:
        return head
    try:
        with open_regular(path) as file, gzip.GzipFile(fileobj=file) as unpacked:
            return unpacked.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return head


def _chosen(
    folder: Path, files: Iterable[IdxFile]
) -> tuple[dict[tuple[_Role, Split], Path], list[str]]:
    """Choose one file per role and split, uncompressed ones first; also return the other names."""
    chosen: dict[tuple[_Role, Split], Path] = {}
    unused: list[str] = []
    found = sorted(files, key=lambda file: (file.path.suffix == ".gz", file.path.name))
    series = {file.series for file in found if file.role == "images"}
    if len(series) > 1:
        first = min(series)
        raise DatasetError(
            f"{quoted(folder)} holds the IDX files of {len(series)} datasets, "
            f"{listed(sorted(series))}: wanted one; "
            f"try `mkdir one && cp {first}* one` and give that folder"
        )
    for file in found:
        place = (file.role, file.split)
        if place in chosen:
            if file.role == "images" and _same_name(file.path) != _same_name(chosen[place]):
                raise DatasetError(
                    f"{quoted(folder)} holds {listed((chosen[place].name, file.path.name))}, each "
                    f"of which may be the {SPLIT_NAMES[file.split]} images: wanted one; {_REMEDY}"
                )
            unused.append(file.path.name)
        else:
            chosen[place] = file.path
    return chosen, unused


def _same_name(path: Path) -> str:
    """Normalise a name, so that a gzipped file and its uncompressed copy have the same one."""
    return re.sub(r"[-._]", "-", path.name.lower().removesuffix(".gz"))


def _read(path: Path, role: _Role) -> AnyArray:
    with reading(path, f"an IDX file of {role}"), open_regular(path) as file:
        packed = kind_of(file.read(4)) is GZIP
        file.seek(0)
        if not packed:
            return _read_stream(file, role, quoted(path))
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _read_stream(unpacked, role, quoted(path), MAX_PACKED_BYTES)


def _read_stream(
    stream: ByteStream, role: _Role, what: str, most: int = MAX_ARRAY_BYTES
) -> AnyArray:
    magic = stream.read(4)
    dimensions = _dimensions(magic)
    wanted = f"wanted an IDX file of {role}; try to download it again"
    if len(magic) < 4:
        raise DatasetError(f"{what} is truncated in its header: {wanted}")
    if not dimensions:
        kind = kind_of(magic)
        found = kind.name if kind is not IDX else "an IDX file"
        raise DatasetError(f"{what} is {found} with the first bytes {magic.hex(' ')}: {wanted}")
    header = stream.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DatasetError(f"{what} is truncated in its header: {wanted}")
    shape = struct.unpack(f">{dimensions}I", header)
    dtype = np.dtype(_TYPES[magic[2]])
    if role == "images":
        check_image_header(what, dtype, shape)
    else:
        check_label_header(what, dtype, shape)
    if math.prod(shape) * dtype.itemsize > most:
        raise DatasetError(
            f"{what} declares more than {most / 1024**3:g} GiB: wanted at most that in a gzip "
            f"file; try `gunzip {what}`"
        )
    data = read_exactly(stream, math.prod(shape) * dtype.itemsize, what)
    return data.view(dtype).reshape(shape)


def _dimensions(head: bytes) -> int:
    """Read the number of dimensions from the first bytes; 0 if this is not an IDX file."""
    return head[3] if kind_of(head) is IDX and head[3] <= _MAX_DIMENSIONS else 0
