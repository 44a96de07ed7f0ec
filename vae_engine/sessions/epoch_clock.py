"""Duration of an epoch, from the times in the log."""

from __future__ import annotations

from collections import deque

from vae_engine.sessions import events as ev

# On a shared machine, the latest epochs are the best measure of its speed.
_EPOCHS_TIMED = 3


class EpochClock:
    """Times epochs by the log: including checkpoints and exports, without pauses."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=_EPOCHS_TIMED)
        self._first: float | None = None
        self._compiles = True
        self._began: float | None = None
        self._paused: float | None = None

    @property
    def seconds(self) -> float | None:
        """The mean of the latest epochs; the first of a run, which compiles, counts only if it is
        alone."""
        return sum(self._latest) / len(self._latest) if self._latest else self._first

    def apply(self, event: ev.AnyEvent) -> None:
        """Apply one event."""
        match event:
            case ev.RunStarted():
                self._began = self._paused = None
                self._compiles = True
            case ev.Prepared():
                self._began = event.time
            case ev.Paused():
                self._paused = event.time
            case ev.Continued() if self._paused is not None:
                if self._began is not None:
                    self._began += event.time - self._paused
                self._paused = None
            case ev.EpochEnded():
                passed = event.time - self._began if self._began is not None else 0.0
                self._add(max(event.duration, passed))
                self._began = event.time

    def _add(self, seconds: float) -> None:
        if self._compiles:
            self._first = seconds
            self._compiles = False
        else:
            self._latest.append(seconds)
