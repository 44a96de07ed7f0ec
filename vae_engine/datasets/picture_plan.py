"""Read the headers of a dataset's image files, and decide how to decode all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from vae_engine.datasets.parallel_files import Report, map_files
from vae_engine.datasets.pictures import (
    DecodePlan,
    PictureHeader,
    Values,
    probe,
    visible_brightness,
)
from vae_engine.datasets.preparation import Preparation, target_size
from vae_engine.datasets.source import Split, counted
from vae_engine.errors import DatasetError

_TRANSPARENT_SAMPLE = 64
_BRIGHT = 0.9


def probe_files(
    files: Mapping[Split, Sequence[Path]], report: Report | None = None
) -> dict[Split, list[PictureHeader | DatasetError]]:
    """Read the header of each file; a DatasetError says what is wrong with a file."""
    return {
        split: list(map_files(_probe, paths, report, "reading headers"))
        for split, paths in files.items()
    }


def make_decode_plan(
    files: Mapping[Split, Sequence[Path]],
    probes: Mapping[Split, Sequence[PictureHeader | DatasetError]],
    preparation: Preparation,
) -> tuple[DecodePlan, list[str]]:
    """Decide how to decode all files; returns the plan, and remarks on it for the user."""
    good = [each for found in probes.values() for each in found if isinstance(each, PictureHeader)]
    size, notes = target_size(Counter(each.size for each in good), preparation)
    in_colour = sum(not each.grey for each in good)
    channels = 3 if preparation.color == "rgb" or (in_colour and preparation.color == "auto") else 1
    values, told = _plan_values(good, channels)
    notes += told
    if several := sum(each.several for each in good):
        notes.append(f"{counted(several, 'file')} of several frames or pages: the first is taken")
    if preparation.color == "grey" and in_colour:
        notes.append(
            f"{counted(in_colour, 'image')} in colour are converted to grey (`color=grey`)"
        )
    white = True
    transparent = [
        path
        for split, found in probes.items()
        for path, each in zip(files[split], found, strict=True)
        if isinstance(each, PictureHeader) and each.alpha
    ]
    if transparent:
        white, background_notes = _background(transparent)
        notes += background_notes
    return DecodePlan(size, preparation.fit, channels, values, white), notes


def _plan_values(good: Sequence[PictureHeader], channels: int) -> tuple[Values, list[str]]:
    """Choose the type that all images are decoded to; also returns notes."""
    notes = []
    if cut := sum(each.cut for each in good):
        notes.append(
            f"{counted(cut, 'image')} of more than 8 bits per channel are read as 8 bits; "
            "16-bit RGB in PNG or TIFF files keeps them"
        )
    deep = Counter(each.values for each in good if each.values != "uint8")
    if not deep:
        return "uint8", notes
    kinds: tuple[Values, ...] = ("float32", "int32", "uint16")
    if channels == 3 and (colours := [each.values for each in good if not each.grey]):
        if "uint16" not in colours:
            notes.append(f"{counted(deep.total(), 'image')} of more than 8 bits are reduced to 8")
            return "uint8", notes
        # What is of another scale has none in common with colours of 16 bits.
        kinds = ("uint16",)
    if deep.total() < len(good):
        notes.append(f"{counted(len(good) - deep.total(), 'image')} of 8 bits are scaled up")
    return next(kind for kind in kinds if kind in deep), notes


def _background(paths: Sequence[Path]) -> tuple[bool, list[str]]:
    """Choose white as background, unless the visible parts are white too; also returns remarks."""
    step = max(1, len(paths) // _TRANSPARENT_SAMPLE)
    sample = [
        found
        for found in map_files(_brightness, paths[::step], None, "")
        if found is not None and found[1] > 0
    ]
    if all(share >= 1 for _, share in sample):
        return True, []
    brightness = sum(value * share for value, share in sample) / max(
        sum(share for _, share in sample), 1e-9
    )
    white = brightness < _BRIGHT
    return white, [
        f"transparent parts of {counted(len(paths), 'image')} are drawn on "
        f"{'white' if white else 'black'}"
    ]


def _brightness(path: Path) -> tuple[float, float] | None:
    try:
        return visible_brightness(path)
    except DatasetError:
        return None


def _probe(path: Path) -> PictureHeader | DatasetError:
    try:
        return probe(path)
    except DatasetError as error:
        return error
