"""Groups of images as ends of a direction: a class, images of a split, or images of your own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import numpy as np

from tui.cli.options import with_options
from tui.cli.output import say
from tui.text import one_line
from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.datasets.source import Split
from vae_engine.errors import SessionDamagedError, SessionError, SettingError
from vae_engine.inference.directions import Floats, class_label, class_names, mean_of
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.sampling import find_export
from vae_engine.sessions.session import Session

GROUP_FORMS: Final = (
    "a class, images of a split by index such as `test:3,17,40-49`, or files or folders of images "
    "with commas between"
)
_SPLIT = re.compile(rf"({'|'.join(get_args(Split))}):(.*)", re.DOTALL)
_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_AT_ONCE: Final = 256
_LONGEST: Final = 60


@dataclass(frozen=True, eq=False)
class Group:
    """Images of which the mean posterior mean is taken.

    Attributes:
        name: what they are, in words.
        mean: of their z_mean, (d,).
    """

    name: str
    mean: Floats


def read_group(option: str, text: str, session: Session) -> Group:
    """The group that a text names: `GROUP_FORMS`. A class takes precedence over a path.

    Raises:
        SettingError: it is none of these, or an index is too large.
        DatasetError: the images cannot be read.
        SessionError: nothing was exported yet, or no test image was saved.
    """
    if found := _SPLIT.fullmatch(text):
        return _of_split(option, text, found[1], found[2], session)
    paths = [text] if _exists(text) else text.split(",")
    try:
        return _of_class(text, session)
    except (SettingError, SessionError) as error:
        # Paths need no labels, but any group needs weights.
        find_export(session)
        if not all(map(_exists, paths)):
            if isinstance(error, SessionDamagedError):
                raise
            raise SettingError(f"{option}: {error}; or {GROUP_FORMS}") from None
    return _of_files(paths, session)


def _of_class(text: str, session: Session) -> Group:
    from tui.sampler.embeddings import embeddings_of

    embedded = embeddings_of(session, find_export(session))
    if embedded is None:
        raise SessionError(f"session {session.id} saved no test images, so no class has a mean")
    label = class_label(text, embedded.labels, embedded.label_names)
    name = class_names(embedded.labels, embedded.label_names)[label]
    return Group(name, mean_of(embedded.z_mean[embedded.labels == label]))


def _of_split(option: str, text: str, split: str, listed: str, session: Session) -> Group:
    from vae_engine.inspection.images import model_dataset, split_images

    model = load_model(session)
    images = split_images(model_dataset(session, model), _split(split), session.settings).images
    rows: list[int] = []
    for part in listed.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last < len(images):
            raise SettingError(
                f"{option} is {text[:_LONGEST]!r}: the {split} split has images 0 to "
                f"{len(images) - 1:,}; give indices such as `{split}:3,17,40-49`"
            )
        rows += range(first, last + 1)
    chosen = np.unique(rows)
    return Group(f"{split} images {listed[:_LONGEST]}", _mean(model, images[chosen]))


def _of_files(paths: list[str], session: Session) -> Group:
    from vae_engine.inspection.images import own_images

    model = load_model(session)
    points = []
    for path in paths:
        own = own_images(path, model.shape, session.settings)
        for note in own.notes:
            say(with_options(note), err=True)
        points.append(_encoded(model, own.images))
    names = ", ".join(Path(path).name or path for path in paths)
    return Group(one_line(names, longest=_LONGEST), mean_of(np.concatenate(points)))


def _mean(model: ExportedModel, images: Images) -> Floats:
    return mean_of(_encoded(model, images))


def _encoded(model: ExportedModel, images: Images) -> Floats:
    starts = range(0, len(images), _AT_ONCE)
    parts = (to_float(images[start : start + _AT_ONCE]) for start in starts)
    return np.concatenate([model.encoder.encode(part)[0] for part in parts])


def _split(name: str) -> Split:
    return next(split for split in get_args(Split) if split == name)


def _exists(text: str) -> bool:
    try:
        return bool(text) and Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # Too long, a zero byte, no such user.
        return False
