"""The epoch that a dashboard shows: chosen by keys, or played as a time-lapse."""

from __future__ import annotations

from collections.abc import Callable

from textual.dom import DOMNode
from textual.timer import Timer

from tui.dashboard.timeline import Timeline

_LAPSE_SECONDS = 0.5


class Playback:
    """Holds the timeline, and moves it by keys or by a timer; both show the epoch selected.

    Attributes:
        timeline: finished epochs, and the selected one.
    """

    def __init__(self, owner: DOMNode, show: Callable[[], None]) -> None:
        """Make the playback of a screen.

        Args:
            owner: of the timer, which ends with it.
            show: shows the selected epoch.
        """
        self.timeline = Timeline()
        self._owner, self._show = owner, show
        self._lapse: Timer | None = None

    @property
    def playing(self) -> bool:
        """Whether a time-lapse is playing."""
        return self._lapse is not None

    def grow(self, newest: int) -> None:
        """Take later epochs in; shows nothing."""
        self.timeline = self.timeline.grown(newest)

    def select(self, timeline: Timeline) -> None:
        """Stop a time-lapse, and show the epoch selected in `timeline`."""
        self._stop()
        self.timeline = timeline
        self._show()

    def toggle(self) -> None:
        """Start a time-lapse at the selected epoch, or at the first from the end; or stop it."""
        if self._lapse is not None:
            self._stop()
        elif self.timeline.newest > 1:
            if self.timeline.follows:
                self.timeline = self.timeline.at(1)
            self._lapse = self._owner.set_interval(_LAPSE_SECONDS, self._next_frame)
        self._show()

    def _next_frame(self) -> None:
        self.timeline = self.timeline.stepped(self.timeline.stride)
        if self.timeline.follows:
            self._stop()
        self._show()

    def _stop(self) -> None:
        if self._lapse is not None:
            self._lapse.stop()
            self._lapse = None
