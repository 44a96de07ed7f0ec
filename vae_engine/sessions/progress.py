"""The reduction of events to a state, shared by worker, app and command line."""

from __future__ import annotations

from collections.abc import Iterable

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions.epoch_clock import EpochClock
from vae_engine.sessions.records import EndStatus
from vae_engine.sessions.summary import Attempt, Phase, Standing, Summary

_KEPT_IGNORED = 100
# Limit of the history's memory: the longest training that the settings allow, 100,000 epochs at d =
# 256.
_HISTORY_BYTES = 2**30
_EPOCH_BYTES = 1024
_FLOAT_BYTES = 32
_EXPORT_BYTES = 64
_MOST_STAGES = 20


class SessionLog:
    """The state that results from a session's events.

    A run that ends before it has trained leaves the state unchanged: it is an attempt.

    Attributes:
        run: number of the latest run.
        run_is_over: whether the latest run has ended.
        history: the epochs in order, each exactly once, however often a run was resumed.
        first_progress: of the current epoch, or None between epochs.
        latest_progress: likewise, the newest.
        preparing: the stages of the latest run's start so far.
        prepared: environment, dataset and parameter count of the latest run.
        ignored: the latest commands without effect, newest last.
    """

    def __init__(self) -> None:
        self.stopping_now = False
        self.finishing = ""
        self.run = 0
        self.run_is_over = False
        self._run = Standing()
        self._earlier: Standing | None = None
        self._gone = False
        self._tells_begun = False
        self._has_trained = False
        self.preparing: tuple[ev.Preparing, ...] = ()
        self.prepared: ev.Prepared | None = None
        self.first_progress: ev.Progress | None = None
        self.latest_progress: ev.Progress | None = None
        self.ignored: list[ev.CommandIgnored] = []
        self.updated = 0.0
        self._exported: set[int] = set()
        self._bytes = 0
        self._epochs: dict[int, ev.EpochEnded] = {}
        self._best: ev.EpochEnded | None = None
        self._earlier_runs = 0.0
        self._run_started: float | None = None
        self._last_event = 0.0
        self._clock = EpochClock()

    @property
    def phase(self) -> Phase:
        """The session's phase."""
        return self._standing.phase

    @property
    def end_status(self) -> EndStatus | None:
        """How it ended, or None."""
        return self._standing.end_status

    @property
    def stop_reason(self) -> str:
        """Why it ended."""
        return self._standing.stop_reason

    @property
    def epochs(self) -> int:
        """The epoch that it trains up to."""
        return self._standing.epochs

    @property
    def min_epochs(self) -> int:
        """The epoch that it trains up to even if it converges earlier."""
        return self._standing.min_epochs

    @property
    def earliest_end(self) -> int:
        """The earliest epoch at which its run can end, 0 before it began."""
        return self._standing.earliest_end

    @property
    def attempt(self) -> Attempt | None:
        """The latest run, if it ended without training and an earlier one trained."""
        if self._earlier is None or not self._is_over:
            return None
        run = self._run
        return Attempt(
            run=self.run, time=self.updated, status=run.end_status, reason=run.stop_reason
        )

    @property
    def may_be_attempt(self) -> bool:
        """Whether the state depends on whether the worker lives; see `settle`."""
        return self._earlier is not None and not self.run_is_over

    def settle(self, *, alive: bool) -> None:
        """Record whether the worker lives: if it died before it trained, its run was an attempt."""
        self._gone = not alive

    @property
    def _is_over(self) -> bool:
        return self.run_is_over or self._gone

    @property
    def _standing(self) -> Standing:
        return self._earlier if self._earlier is not None and self._is_over else self._run

    @property
    def history(self) -> list[ev.EpochEnded]:
        """The finished epochs, from 1 up."""
        return [self._epochs[epoch] for epoch in sorted(self._epochs)]

    @property
    def exported(self) -> list[int]:
        """Epochs whose decoder was exported, in order; not all of these exports are kept."""
        return sorted(self._exported)

    @property
    def epoch(self) -> int:
        """The number of finished epochs."""
        return max(self._epochs, default=0)

    @property
    def epoch_seconds(self) -> float | None:
        """Recent duration of an epoch, including checkpoints and exports; None before the first."""
        return self._clock.seconds

    @property
    def best(self) -> ev.EpochEnded | None:
        """The epoch with the lowest validation loss, the earliest of equals."""
        if self._best is None:
            self._best = min(self._epochs.values(), key=_rank, default=None)
        return self._best

    @property
    def duration(self) -> float:
        """Seconds that workers spent on the session so far.

        A killed run counts up to its last event other than progress; an attempt does not count.
        """
        if self._earlier is not None:
            return self._earlier_runs
        return self._earlier_runs + self._run_seconds(self.updated)

    def apply(self, events: Iterable[ev.AnyEvent]) -> None:
        """Apply further events.

        Raises:
            SessionDamagedError: they have more epochs than any training.
        """
        for event in events:
            if self._run_started is None:
                self._run_started = event.time
            self._apply(event)
            self._clock.apply(event)
            self.updated = event.time
            if not isinstance(event, ev.Progress):
                self._last_event = event.time

    def summary(self, log_bytes: int = 0) -> Summary:
        """Return the state after the first `log_bytes` of the log, in short."""
        latest = self._epochs.get(self.epoch)
        return Summary(
            phase=self.phase,
            end_status=self.end_status,
            stop_reason=self.stop_reason,
            epoch=self.epoch,
            epochs=self.epochs,
            best_epoch=self.best.epoch if self.best else 0,
            best_val_loss=self.best.val_loss if self.best else None,
            images_per_second=latest.images_per_second if latest else None,
            run=self.run,
            duration=self.duration,
            updated=self.updated,
            log_bytes=log_bytes,
            earliest_end=self.earliest_end,
            epoch_seconds=self.epoch_seconds,
            earlier=None if self._is_over else self._earlier,
            attempt=self.attempt,
            knows_attempts=True,
        )

    def _apply(self, event: ev.AnyEvent) -> None:
        match event:
            case ev.RunStarted():
                self._start_run(event)
            case ev.Preparing():
                self.preparing = (*self.preparing, event)[:_MOST_STAGES]
            case ev.Prepared():
                self.prepared = event
                if self._run.phase == "starting":
                    self._run.phase = "training"
                if not self._tells_begun:
                    self._begin()
            case ev.Begun():
                self._begin()
            case ev.Progress():
                self.latest_progress = event
                self.first_progress = self.first_progress or event
            case ev.EpochEnded():
                self._end_epoch(event)
            case ev.Exported():
                self._take_room(_EXPORT_BYTES * (event.epoch not in self._exported))
                self._exported.add(event.epoch)
            case ev.Paused() | ev.Continued():
                # A stop is final; one requested meanwhile comes before these.
                if self._run.phase != "stopping":
                    self._run.phase = "paused" if isinstance(event, ev.Paused) else "training"
            case ev.Stopping():
                self._run.phase = "stopping"
                self.stopping_now = event.now
            case ev.CommandIgnored():
                self.ignored = [*self.ignored, event][-_KEPT_IGNORED:]
            case ev.Finishing():
                self.finishing = event.reason
                self._begin()
            case ev.RunEnded():
                self._run.phase = "ended"
                self._run.end_status = event.status
                self._run.stop_reason = event.reason
                self.run_is_over = True
                self.first_progress = self.latest_progress = None

    def _start_run(self, event: ev.RunStarted) -> None:
        if self._earlier is None:
            self._earlier_runs += self._run_seconds(self._last_event)
            # If the session has not trained yet, the latest run counts, however it ended.
            self._earlier = self._run if self._has_trained else None
        self._run = Standing(
            phase="starting",
            epochs=event.epochs,
            min_epochs=event.min_epochs,
            earliest_end=event.min_epochs,
        )
        self._run_started = event.time
        self._tells_begun = event.tells_begun
        self.preparing = ()
        self._gone = self.run_is_over = False
        self.updated = event.time
        self.stopping_now = False
        self.finishing = ""
        self.first_progress = self.latest_progress = None
        self.run = event.run

    def _begin(self) -> None:
        """The run trains, so it is not an attempt, however it ends."""
        self._has_trained = True
        self._earlier = None

    def _end_epoch(self, event: ev.EpochEnded) -> None:
        self._begin()
        self.first_progress = self.latest_progress = None
        # A resumed run repeats an epoch whose checkpoint was lost: the later metrics count.
        repeated = self._epochs.get(event.epoch)
        self._take_room(_room(event) - (_room(repeated) if repeated else 0))
        self._epochs[event.epoch] = event
        self._run.earliest_end = event.earliest_end or max(self._run.min_epochs, event.epoch)
        if repeated:
            self._best = None  # Computed on demand: a log may repeat itself without end.
        elif self._best is not None:
            self._best = min(self._best, event, key=_rank)

    def _take_room(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _HISTORY_BYTES:
            raise SessionDamagedError("events.jsonl has more epochs than any training")

    def _run_seconds(self, until: float) -> float:
        return 0.0 if self._run_started is None else max(0.0, until - self._run_started)


def _room(epoch: ev.EpochEnded) -> int:
    return _EPOCH_BYTES + _FLOAT_BYTES * len(epoch.kl_per_dimension)


def _rank(epoch: ev.EpochEnded) -> tuple[float, int]:
    return epoch.val_loss, epoch.epoch
