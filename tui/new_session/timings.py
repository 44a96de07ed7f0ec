"""Timings of earlier sessions on this machine, read from their logs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui.catalogue import Entry
from tui.new_session.costs import Sizes, Timing, epoch_overhead
from vae_engine.defaults import steps_per_epoch
from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.liveness import host_name
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings

# The newest sessions reflect the machine's present speed; reading more takes time.
_SESSIONS_READ = 30


def measured_timings(entries: Sequence[Entry]) -> list[Timing]:
    """Return the timings of the newest sessions trained on this machine, newest first."""
    newest_first = sorted(entries, key=lambda entry: -entry.created)
    here = [one for one in newest_first if one.settings is not None and _trained_here(one)]
    return [timing for entry in here[:_SESSIONS_READ] if (timing := _read(entry)) is not None]


def known_images(timings: Iterable[Timing]) -> dict[str, int]:
    """Return the number of training images per dataset path, from sessions without `limit`."""
    return {
        timing.settings.dataset: timing.sizes.train
        for timing in timings
        if not timing.settings.limit
    }


def timing_of(
    name: str, settings: Settings, created: float, events: Iterable[ev.AnyEvent]
) -> Timing | None:
    """Return a session's timing; None if its images were not read yet.

    Args:
        name: of the session.
        settings: of the session.
        created: time of creation, in seconds since 1970.
        events: of its log, in order.
    """
    clock = _Clock(created)
    for event in events:
        clock.apply(event)
    return clock.timing(name, settings)


class _Clock:
    """Attributes the time between events to the stages of a run."""

    def __init__(self, created: float) -> None:
        self._created = created
        self._dataset: dict[str, str | int] = {}
        self._shape = GREY_28
        self._start: float | None = None
        self._finish: float | None = None
        self._finishing: float | None = None
        self._asked = created
        self._began: float | None = None
        self._first_epoch = 0
        # Seconds from the start of a run's first epoch to the end of its export.
        self._first: float | None = None
        self._epochs: list[tuple[float, float]] = []
        self._progress: list[ev.Progress] = []

    def apply(self, event: ev.AnyEvent) -> None:
        """Add the next event."""
        match event:
            case ev.RunStarted():
                # The time of a later request is unknown: such a run begins with its first event.
                self._asked = self._created if event.run == 1 else event.time
                self._began = None
                self._first_epoch = 0
            case ev.Prepared():
                self._dataset = event.dataset
                self._shape = ImageShape(*event.image_shape)
                passed = event.time - self._asked
                # A clock that was set back tells nothing.
                self._start = passed if passed >= 0.0 else None
                self._began = event.time
                self._first_epoch = event.epoch + 1
            case ev.Progress() if event.epoch == self._first_epoch:
                self._progress = [*self._progress[:1], event]
            case ev.EpochEnded():
                self._end_epoch(event)
            case ev.Exported() if event.epoch == self._first_epoch == 1:
                if self._first is not None and self._began is not None:
                    self._first += event.time - self._began
                    self._began = event.time
            case ev.Paused() | ev.Continued():
                self._began = None
            case ev.Finishing():
                self._finishing = event.time
            case ev.RunEnded() if self._finishing is not None:
                self._finish = event.time - self._finishing
                self._finishing = None

    def _end_epoch(self, event: ev.EpochEnded) -> None:
        if self._began is not None:
            passed = event.time - self._began
            if event.epoch != self._first_epoch:
                self._epochs.append((event.images_per_second, passed))
            elif event.epoch == 1:
                self._first = passed
        self._began = event.time

    def timing(self, name: str, settings: Settings) -> Timing | None:
        """All of it."""
        counts = [self._dataset.get(f"{split}_images", 0) for split in ("train", "val", "test")]
        train, val, test = (count if isinstance(count, int) else 0 for count in counts)
        if train < 1:
            return None
        sizes = Sizes(train, val, test, self._shape)
        steps, step = self._step(settings, train)
        epoch = first = None
        if step is not None and self._epochs:
            passed = statistics.median(seconds for _, seconds in self._epochs)
            epoch = epoch_overhead(settings, sizes, step, passed)
        if step is not None and self._first is not None:
            first = max(0.0, epoch_overhead(settings, sizes, step, self._first) - (epoch or 0.0))
        return Timing(
            name,
            settings,
            sizes,
            steps=steps,
            step=step,
            start=self._start,
            first=first,
            epoch=epoch,
            finish=self._finish,
        )

    def _step(self, settings: Settings, train: int) -> tuple[int, float | None]:
        """Steps after the first epoch or, where there is no other, after its first ones."""
        per_epoch = steps_per_epoch(train, settings.batch_size)
        speeds = [speed for speed, _ in self._epochs if speed > 0]
        if speeds:
            return per_epoch * len(speeds), train / statistics.median(speeds) / per_epoch
        if len(self._progress) == 2:
            before, after = self._progress
            if (steps := after.step - before.step) > 0 and after.time > before.time:
                return steps, (after.time - before.time) / steps
        return 0, None


def _read(entry: Entry) -> Timing | None:
    assert entry.settings is not None
    try:
        session = Session(entry.folder)
        # Only the first epoch's progress matters, and only where there is no other epoch.
        events = session.poll(progress=entry.epoch < 2)
        timing = timing_of(entry.name, entry.settings, entry.created, events)
        evaluation = session.evaluation()
    except (SessionDamagedError, OSError):
        return None
    if timing is None or evaluation is None or evaluation.samples != 1:
        return timing
    return replace(timing, evaluation=evaluation.duration)


def _trained_here(entry: Entry) -> bool:
    try:
        record = atomic.read_record(entry.folder / layout.WORKER, WorkerRecord)
    except (FileNotFoundError, SessionDamagedError):
        # Nobody's, or another machine's: the record never travels with an archive.
        return False
    return record.host == host_name()
