"""Poll one sweep, with the histories of the visible trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui.history import History
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import SweepStatus, Trial, read_trials, sweep_status

_WITHOUT_SESSION = ("waiting", "deleted", "damaged")


@dataclass(frozen=True)
class SweepSnapshot:
    """State of a sweep at one moment.

    Attributes:
        trials: as they stand, in order.
        status: what they add up to.
        histories: the finished epochs of the trials that were asked for, by session; the same
            object as before where nothing was added.
        problem: why the sweep cannot be read now, empty if it can.
    """

    trials: tuple[Trial, ...] = ()
    status: SweepStatus = "interrupted"
    histories: Mapping[str, History] = field(default_factory=dict)
    problem: str = ""


class SweepFeed:
    """Reads a sweep; not thread-safe."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self._known = SweepSnapshot()
        self._sessions: dict[str, Session] = {}

    def read(self, wanted: Iterable[int]) -> SweepSnapshot:
        """Read the sweep's present state; one that cannot be read keeps its earlier state.

        Args:
            wanted: where the trials stand whose histories are asked for.
        """
        known = self._known
        try:
            if not self.sweep.folder.exists():
                problem = "This sweep was deleted or moved."
                return SweepSnapshot(known.trials, known.status, known.histories, problem)
            alive = self.sweep.alive()
            trials = tuple(read_trials(self.sweep, known.trials))
        except (EngineError, OSError) as error:
            problem = one_line(str(error))
            return SweepSnapshot(known.trials, known.status, known.histories, problem)
        histories = self._histories([trials[index] for index in wanted], known.histories)
        self._known = SweepSnapshot(trials, sweep_status(trials, alive=alive), histories)
        return self._known

    def _histories(
        self, trials: Sequence[Trial], before: Mapping[str, History]
    ) -> Mapping[str, History]:
        there = [trial.session for trial in trials if trial.status not in _WITHOUT_SESSION]
        # Release the histories of trials that are no longer visible.
        self._sessions = {key: one for key, one in self._sessions.items() if key in there}
        now = {}
        for session in there:
            try:
                now[session] = self._history(session, before.get(session))
            except (EngineError, OSError):
                # The grid shows the error.
                continue
        same = now.keys() == before.keys() and all(now[key] is before[key] for key in now)
        return before if same else now

    def _history(self, key: str, before: History | None) -> History:
        session = self._sessions.get(key)
        if session is None:
            session = Session(self.sweep.sessions.root / key)
            self._sessions[key] = session
        session.poll(progress=False)
        ended = session.log.history
        if (
            before is not None
            and len(ended) == len(before)
            and (not ended or ended[-1] is before.ended[-1])
        ):
            return before
        return History(tuple(ended))
