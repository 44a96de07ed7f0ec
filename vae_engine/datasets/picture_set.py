"""Read all image files of a dataset: first the headers, then one plan, then the pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import brief
from vae_engine.datasets.grids import as_grey
from vae_engine.datasets.image_record import file_key
from vae_engine.datasets.parallel_files import Report, map_files
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.picture_plan import make_decode_plan, probe_files
from vae_engine.datasets.pictures import DecodePlan, PictureHeader, decode
from vae_engine.datasets.preparation import Preparation, sides_text
from vae_engine.datasets.source import Split, counted, listed
from vae_engine.datasets.tiff import decode_tiffs
from vae_engine.errors import DatasetError

# At most these files, or this part of all files, may be unreadable.
_MAX_BAD, _MAX_BAD_PART = 3, 10


@dataclass
class PictureSet:
    """Decoded image files.

    Attributes:
        images: per split, (n, h, w) or (n, h, w, 3), of the files that could be read.
        kept: per split, indexes of these files in the list of files, (n,).
        keys: per split, hashes of the bytes of these files, (n,), if requested.
        formats: number of files per format.
        sizes: number of files per size.
        modes: number of files per mode of Pillow.
        bad: files that could not be read, each with the reason.
        notes: remarks for the user.
    """

    images: dict[Split, AnyArray] = field(default_factory=dict)
    kept: dict[Split, npt.NDArray[np.int64]] = field(default_factory=dict)
    keys: dict[Split, npt.NDArray[np.uint64]] = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def described(formats: Counter[str]) -> str:
    """Describe the number of files of each format."""
    return " and ".join(counted(count, f"{name} file") for name, count in formats.most_common())


def read_picture_set(
    files: Mapping[Split, Sequence[Path]],
    preparation: Preparation,
    *,
    report: Report | None = None,
    new_array: NewArray = np.empty,
    with_keys: bool = False,
) -> PictureSet:
    """Read the image files of a dataset's splits.

    Unreadable files are left out, unless they are too many.

    Args:
        files: per split, at least one.
        preparation: target size and colour.
        report: called with the progress.
        new_array: allocates the arrays of images.
        with_keys: whether to hash the files too.

    Raises:
        DatasetError: no file can be read, or too many cannot.
    """
    probes = probe_files(files, report)
    result = PictureSet()
    for split, found in probes.items():
        result.bad += [
            (path, str(each))
            for path, each in zip(files[split], found, strict=True)
            if isinstance(each, DatasetError)
        ]
    count = sum(map(len, files.values()))
    _check_bad(result.bad, count)
    plan, result.notes = make_decode_plan(files, probes, preparation)
    coloured = 0
    for split, found in probes.items():
        coloured += _decode_split(result, split, files[split], found, plan, report, new_array)
        if with_keys:
            paths = [files[split][index] for index in result.kept[split]]
            keys = list(map_files(file_key, paths, report, "hashing images"))
            result.keys[split] = np.array(keys, np.uint64)
    _check_bad(result.bad, count)
    if plan.channels == 3 and preparation.color == "auto":
        _choose_channels(result, coloured)
    if result.bad:
        result.notes.append(_bad_files_note(result.bad))
    return result


def _decode_split(
    result: PictureSet,
    split: Split,
    files: Sequence[Path],
    probes: Sequence[PictureHeader | DatasetError],
    plan: DecodePlan,
    report: Report | None,
    new_array: NewArray,
) -> int:
    """Decode the readable files of a split into `result`; returns how many images are coloured."""
    readable = [
        (index, found) for index, found in enumerate(probes) if isinstance(found, PictureHeader)
    ]
    paths = [files[index] for index, _ in readable]
    packed = {row for row, (_, header) in enumerate(readable) if header.packed}
    images = new_array((len(readable), *plan.shape), plan.values)
    coloured = 0
    kept = []
    for row, outcome in _decoded(paths, packed, plan, report):
        if isinstance(outcome, DatasetError):
            result.bad.append((paths[row], str(outcome)))
            continue
        images[row], is_coloured = outcome
        coloured += is_coloured
        kept.append(row)
        header = readable[row][1]
        result.formats[header.format] += 1
        result.sizes[sides_text(header.size)] += 1
        result.modes[header.mode] += 1
    kept.sort()
    for target, row in enumerate(kept):
        if target < row:
            images[target] = images[row]
    result.images[split] = images[: len(kept)]
    result.kept[split] = np.array([readable[row][0] for row in kept], np.int64)
    return coloured


def _choose_channels(result: PictureSet, coloured: int) -> None:
    """Convert the images to grey if none has a coloured pixel, whatever the format of the files."""
    count = sum(map(len, result.images.values()))
    if coloured == 0:
        result.images = {split: as_grey(images) for split, images in result.images.items()}
    elif coloured < count:
        result.notes.append(
            f"{counted(count - coloured, 'image')} of {count:,} are grey and are read as colour; "
            "`color=grey` converts all to grey"
        )


def _decoded(
    files: Sequence[Path], packed: set[int], plan: DecodePlan, report: Report | None
) -> Iterator[tuple[int, tuple[AnyArray, bool] | DatasetError]]:
    """Decode files; yields index and image, or index and error. TIFFs for libtiff come last."""

    def decode_or_error(path: Path) -> tuple[AnyArray, bool] | DatasetError:
        try:
            return decode(path, plan)
        except DatasetError as error:
            return error

    plain = [index for index in range(len(files)) if index not in packed]
    plain_files = [files[index] for index in plain]
    outcomes = map_files(decode_or_error, plain_files, report, "decoding images")
    yield from zip(plain, outcomes, strict=True)
    others = sorted(packed)
    yield from zip(others, decode_tiffs([files[index] for index in others], plan), strict=True)


def _check_bad(bad: Sequence[tuple[Path, str]], count: int) -> None:
    if len(bad) == count:
        raise DatasetError(bad[0][1])
    if len(bad) > max(_MAX_BAD, count // _MAX_BAD_PART):
        names = listed(path.name for path, _ in bad)
        raise DatasetError(
            f"{len(bad):,} of {counted(count, 'image file')} cannot be used ({names}): wanted at "
            f"most a tenth; the first of them: {bad[0][1]}"
        )


def _bad_files_note(bad: Sequence[tuple[Path, str]]) -> str:
    first = f"{bad[0][0].name!r} {_why(bad[0])}"
    more = f", {listed(path.name for path, _ in bad[1:])}" if len(bad) > 1 else ""
    return f"left out: {counted(len(bad), 'file')} that cannot be used ({first}{more})"


def _why(bad: tuple[Path, str]) -> str:
    """Extract the fault from an error message, without path and remedy."""
    text = bad[1].partition(": wanted")[0]
    return brief(text.rpartition("' ")[2] or text)
