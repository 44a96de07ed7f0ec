"""All image files of a dataset: their headers first, then one plan, then all of them decoded."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import shortened
from vae_engine.datasets.grids import as_grey
from vae_engine.datasets.image_record import file_key
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.pictures import Plan, Probe, Values, decode, probe, visible_brightness
from vae_engine.datasets.preparation import Preparation, size_text, target_size
from vae_engine.datasets.source import Split, counted, listed
from vae_engine.datasets.tiff import decode_tiffs
from vae_engine.errors import DatasetError

Report: TypeAlias = Callable[[str, int, int], object]
"""Called with what is done, how many are done, and of how many."""

_T = TypeVar("_T")
_THREADS = 4
_AT_ONCE = 256
_FEW_BAD, _MOST_BAD = 3, 10
_JUDGED_TRANSPARENT = 64
_BRIGHT = 0.9
_TOLD_EACH = 1000


@dataclass
class PictureSet:
    """Image files decoded.

    Attributes:
        images: of each split (n, h, w) or (n, h, w, 3), of the files that could be read.
        kept: of each split, the places of these in its list of files.
        keys: of each split, a hash (n,) of each of these files' bytes, where they are asked for.
        formats: how many files there are of each format.
        sizes: how many there are of each size.
        modes: how many there are of each of Pillow's modes.
        bad: the files that could not be read, and what is wrong with them.
        notes: what is to be said.
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
    """How many files of which formats, in words."""
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

    Files that cannot be read are left out, unless they are too many.

    Args:
        files: of each split at least one.
        preparation: what they are brought to.
        report: told about progress.
        new_array: makes the arrays.
        with_keys: hash the files too.

    Raises:
        DatasetError: none can be read, or too many cannot.
    """
    probes = probe_files(files, report)
    result = PictureSet()
    good: dict[Split, list[int]] = {}
    for split, found in probes.items():
        good[split] = [place for place, each in enumerate(found) if isinstance(each, Probe)]
        result.bad += [
            (path, str(each))
            for path, each in zip(files[split], found, strict=True)
            if isinstance(each, DatasetError)
        ]
    count = sum(map(len, files.values()))
    _check_bad(result.bad, count)
    plan, result.notes = make_plan(files, probes, preparation)
    coloured = 0
    for split, places in good.items():
        chosen = [files[split][place] for place in places]
        packed = {
            index for index, place in enumerate(places) if _probed(probes, split, place).packed
        }
        images = new_array((len(chosen), *plan.shape), plan.values)
        kept = []
        for index, outcome in _decoded(chosen, packed, plan, report):
            if isinstance(outcome, DatasetError):
                result.bad.append((chosen[index], str(outcome)))
                continue
            images[index], in_colour = outcome
            coloured += in_colour
            kept.append(index)
            found_in = _probed(probes, split, places[index])
            result.formats[found_in.format] += 1
            result.sizes[size_text(found_in.size)] += 1
            result.modes[found_in.mode] += 1
        kept.sort()
        for place, index in enumerate(kept):
            if place < index:
                images[place] = images[index]
        result.images[split] = images[: len(kept)]
        result.kept[split] = np.array([places[index] for index in kept], np.int64)
        if with_keys:
            paths = [chosen[index] for index in kept]
            found_keys = list(_each(file_key, paths, report, "hashing images"))
            result.keys[split] = np.array(found_keys, np.uint64)
    _check_bad(result.bad, count)
    if plan.channels == 3 and preparation.color == "auto":
        _choose_channels(result, coloured)
    if result.bad:
        result.notes.append(_told_bad(result.bad))
    return result


def probe_files(
    files: Mapping[Split, Sequence[Path]], report: Report | None = None
) -> dict[Split, list[Probe | DatasetError]]:
    """What the header of each file tells, or what is wrong with it."""
    return {
        split: list(_each(_probe, paths, report, "reading headers"))
        for split, paths in files.items()
    }


def make_plan(
    files: Mapping[Split, Sequence[Path]],
    probes: Mapping[Split, Sequence[Probe | DatasetError]],
    preparation: Preparation,
) -> tuple[Plan, list[str]]:
    """How to decode all files, and what is to be said about it."""
    good = [each for found in probes.values() for each in found if isinstance(each, Probe)]
    size, notes = target_size(Counter(each.size for each in good), preparation)
    in_colour = sum(not each.grey for each in good)
    values: Values = "uint8"
    deep = Counter(each.values for each in good if each.values != "uint8")
    if deep and (preparation.color == "grey" or (preparation.color == "auto" and not in_colour)):
        kinds: tuple[Values, ...] = ("float32", "int32", "uint16")
        values = next(kind for kind in kinds if kind in deep)
        if deep.total() < len(good):
            notes.append(f"{counted(len(good) - deep.total(), 'image')} of 8 bits are scaled up")
    elif deep:
        notes.append(f"{counted(deep.total(), 'image')} of more than 8 bits are brought to 8")
    channels = 3 if preparation.color == "rgb" or (in_colour and preparation.color == "auto") else 1
    if preparation.color == "grey" and in_colour:
        notes.append(
            f"{counted(in_colour, 'image')} in colour are converted to grey (`color=grey`)"
        )
    white = True
    transparent = [
        path
        for split, found in probes.items()
        for path, each in zip(files[split], found, strict=True)
        if isinstance(each, Probe) and each.alpha
    ]
    if transparent:
        white, told = _background(transparent)
        notes += told
    return Plan(size, preparation.fit, channels, values, white), notes


def _background(paths: Sequence[Path]) -> tuple[bool, list[str]]:
    """Whether transparent parts are laid on white: not where all that is visible is white too."""
    step = max(1, len(paths) // _JUDGED_TRANSPARENT)
    seen = [
        found
        for found in _each(_brightness, paths[::step], None, "")
        if found is not None and found[1] > 0
    ]
    if all(share >= 1 for _, share in seen):
        return True, []
    bright = sum(value * share for value, share in seen) / max(
        sum(share for _, share in seen), 1e-9
    )
    white = bright < _BRIGHT
    return white, [
        f"transparent parts of {counted(len(paths), 'image')} are laid on "
        f"{'white' if white else 'black'}"
    ]


def _brightness(path: Path) -> tuple[float, float] | None:
    try:
        return visible_brightness(path)
    except DatasetError:
        return None


def _choose_channels(result: PictureSet, coloured: int) -> None:
    """Take the images as grey where none is in colour, whatever their files are."""
    count = sum(map(len, result.images.values()))
    if coloured == 0:
        result.images = {split: as_grey(images) for split, images in result.images.items()}
    elif coloured < count:
        result.notes.append(
            f"{counted(count - coloured, 'image')} of {count:,} are grey and are read as colour; "
            "`color=grey` converts all to grey"
        )


def _probed(
    probes: Mapping[Split, Sequence[Probe | DatasetError]], split: Split, place: int
) -> Probe:
    found = probes[split][place]
    if isinstance(found, DatasetError):
        raise found
    return found


def _probe(path: Path) -> Probe | DatasetError:
    try:
        return probe(path)
    except DatasetError as error:
        return error


def _decoded(
    files: Sequence[Path], packed: set[int], plan: Plan, report: Report | None
) -> Iterator[tuple[int, tuple[AnyArray, bool] | DatasetError]]:
    """Each file by its index, decoded, or what is wrong with it; those of libtiff at the end."""

    def one(path: Path) -> tuple[AnyArray, bool] | DatasetError:
        try:
            return decode(path, plan)
        except DatasetError as error:
            return error

    plain = [index for index in range(len(files)) if index not in packed]
    outcomes = _each(one, [files[index] for index in plain], report, "decoding images")
    yield from zip(plain, outcomes, strict=True)
    others = sorted(packed)
    yield from zip(others, decode_tiffs([files[index] for index in others], plan), strict=True)


def _each(
    work: Callable[[Path], _T], files: Sequence[Path], report: Report | None, what: str
) -> Iterator[_T]:
    """What `work` makes of each file, in their order, on several threads where it pays."""
    # The filters of warnings are the process's, so they are set once and for all threads.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if len(files) < _THREADS:
            yield from map(work, files)
            return
        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
            for start in range(0, len(files), _AT_ONCE):
                yield from pool.map(work, files[start : start + _AT_ONCE])
                if report is not None and len(files) > _TOLD_EACH:
                    report(what, min(start + _AT_ONCE, len(files)), len(files))


def _check_bad(bad: Sequence[tuple[Path, str]], count: int) -> None:
    if len(bad) == count:
        raise DatasetError(bad[0][1])
    if len(bad) > max(_FEW_BAD, count // _MOST_BAD):
        names = listed(path.name for path, _ in bad)
        raise DatasetError(
            f"{len(bad):,} of {counted(count, 'image file')} cannot be used ({names}): wanted at "
            f"most a tenth; the first of them: {bad[0][1]}"
        )


def _told_bad(bad: Sequence[tuple[Path, str]]) -> str:
    first = f"{bad[0][0].name!r} {_why(bad[0])}"
    more = f", {listed(path.name for path, _ in bad[1:])}" if len(bad) > 1 else ""
    return f"left out: {counted(len(bad), 'file')} that cannot be used ({first}{more})"


def _why(bad: tuple[Path, str]) -> str:
    """What is wrong with a file, without its path and the remedy."""
    text = bad[1].partition(": wanted")[0]
    return shortened(text.rpartition("' ")[2] or text)
