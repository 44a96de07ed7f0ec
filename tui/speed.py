"""How long a training will take, told from earlier sessions on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.catalogue import Entry
from tui.text import duration_text
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.liveness import host_name
from vae_engine.sessions.records import WorkerRecord
from vae_engine.settings import Settings

# What training has of the datasets that come with Keras: 60,000 less the validation split.
_TRAINING_IMAGES = 55_000
_NAMES_SHOWN = 3
# The settings that an image's cost depends on.
_WORK = (
    "filters",
    "kernel_size",
    "dense_units",
    "activation",
    "batch_size",
    "binarize",
    "threads",
)


@dataclass(frozen=True)
class Speed:
    """What a session on this machine reached, in images a second."""

    name: str
    settings: Settings
    images_per_second: float


def measured_speeds(entries: Sequence[Entry]) -> list[Speed]:
    """The speeds of all sessions that trained on this machine, the newest first."""
    newest_first = sorted(entries, key=lambda entry: -entry.created)
    return [
        Speed(entry.name, entry.settings, entry.speed)
        for entry in newest_first
        if entry.settings is not None and entry.speed and _trained_here(entry)
    ]


def expected_duration(settings: Settings, speeds: Sequence[Speed]) -> str:
    """One line: how long a training with these settings will take, and how that is known."""
    if not speeds:
        return "unknown, since nothing was trained on this machine yet"
    known, same = _known_speed(settings, speeds)
    whose = f"as {known.name}" if same else f"if it is as fast as {known.name}"
    rate = f"{known.images_per_second:,.0f} images/s, {whose}"
    images = _images(settings)
    if images is None:
        seconds = 10_000 / known.images_per_second
        return f"{seconds:.1f} s an epoch for every 10,000 images ({rate})"
    least, most = (
        duration_text(epochs * images / known.images_per_second)
        for epochs in (settings.min_epochs, settings.epochs)
    )
    span = most if least == most else f"{least} to {most}, until it converges"
    return f"{span} ({rate})"


def expected_sweep_duration(
    trials: Sequence[Settings], parallel: int, speeds: Sequence[Speed]
) -> str:
    """One line: how long a sweep will take, so many trials at once, and how that is known."""
    if not speeds:
        return "unknown, since nothing was trained on this machine yet"
    by_work: dict[tuple[object, ...], tuple[Speed, bool]] = {}
    for settings in trials:
        work = tuple(getattr(settings, name) for name in _WORK)
        if work not in by_work:
            by_work[work] = _known_speed(settings, speeds)
    known = [by_work[tuple(getattr(settings, name) for name in _WORK)] for settings in trials]
    images = [_images(settings) for settings in trials]
    least, most = 0.0, 0.0
    longest = (0.0, 0.0)
    for settings, (speed, _), count in zip(trials, known, images, strict=True):
        if count is None:
            return "unknown, since it depends on how many images the dataset has"
        an_epoch = count / speed.images_per_second
        shortest_trial, longest_trial = settings.min_epochs * an_epoch, settings.epochs * an_epoch
        least, most = least + shortest_trial, most + longest_trial
        longest = (max(longest[0], shortest_trial), max(longest[1], longest_trial))
    spans = [
        duration_text(max(total / parallel, one))
        for total, one in ((least, longest[0]), (most, longest[1]))
    ]
    span = spans[0] if spans[0] == spans[1] else f"{spans[0]} to {spans[1]}, until they converge"
    names = dict.fromkeys(speed.name for speed, _ in known)
    whose = ", ".join(list(names)[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    alike = all(same for _, same in known)
    return f"{span} ({'as' if alike else 'if they are as fast as'} {whose})"


def _known_speed(settings: Settings, speeds: Sequence[Speed]) -> tuple[Speed, bool]:
    """The speed that tells most of these settings, and whether it is of the same work."""
    same = next((one for one in speeds if _same_work(one.settings, settings)), None)
    return same or speeds[0], same is not None


def _images(settings: Settings) -> int | None:
    """How many images an epoch has; None where only the dataset tells."""
    if settings.dataset in NAMED_DATASETS:
        return min(settings.limit or _TRAINING_IMAGES, _TRAINING_IMAGES)
    return settings.limit or None


def _trained_here(entry: Entry) -> bool:
    try:
        record = atomic.read_record(entry.folder / layout.WORKER, WorkerRecord)
    except (FileNotFoundError, SessionDamagedError):
        # Nobody's, or another machine's: the record never travels with an archive.
        return False
    return record.host == host_name()


def _same_work(one: Settings, other: Settings) -> bool:
    # The session records what 0 threads came to.
    return all(
        getattr(one, name) == getattr(other, name) or (name == "threads" and not other.threads)
        for name in _WORK
    )
