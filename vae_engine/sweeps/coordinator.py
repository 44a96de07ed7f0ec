"""The coordinator: when to start each trial, and what remains when one has ended."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path

from vae_engine.errors import EngineError, SessionBusyError, SessionDamagedError
from vae_engine.sessions.session import Session
from vae_engine.sweeps.runner import Runner
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Task, Trial, read_trial, read_trials, trial_name

_log = logging.getLogger(__name__)


class Coordinator:
    """Trains and evaluates the trials of a sweep, as many at once as its record allows.

    Its whole state comes from the sessions, so a killed coordinator leaves only its lock, and the
    next one continues. The same coordinator does not retry failed trials.
    """

    def __init__(self, sweep: Sweep, runner: Runner) -> None:
        """Take over running trials, and queue the unfinished ones."""
        self._sweep = sweep
        self._store = sweep.sessions
        self._runner = runner
        self._running: dict[int, Task] = {}
        self._begun: set[tuple[int, Task]] = set()
        self._taken_over: set[int] = set()
        self._waiting: deque[int] = deque()
        self._stopping = False
        self._to_stop: set[int] = set()
        self._refused: set[int] = set()
        for trial in read_trials(sweep):
            if trial.live:
                self._take_over(trial)
            elif trial.task is not None:
                self._waiting.append(trial.number)
            elif trial.problem:
                _log.error("trial %d, session %s: %s", trial.number, trial.session, trial.problem)

    def tick(self) -> bool:
        """Handle ended trials and start as many as allowed; return whether anything is left.

        It never waits longer than for the start of a worker.
        """
        for number in list(self._running):
            if not self._is_running(number):
                self._end(number)
        self._stop_trials()
        while self._waiting and self._has_room(self._waiting[0]):
            self._begin(self._waiting.popleft())
        return bool(self._running or self._waiting)

    def stop(self) -> None:
        """Start nothing more, and stop running trials."""
        if self._stopping:
            return
        self._stopping = True
        self._waiting.clear()
        self._to_stop = set(self._running)
        self._stop_trials()

    def _stop_trials(self) -> None:
        """Stop the trials that must stop; one that refuses is asked again at the next tick."""
        for number in sorted(self._to_stop & self._running.keys()):
            try:
                self._runner.stop(Session(self._folder_of(number)))
            except (EngineError, OSError) as error:
                if number not in self._refused:
                    self._refused.add(number)
                    _log.error("trial %d cannot be stopped yet: %s", number, error)
            else:
                self._to_stop.discard(number)

    def _has_room(self, number: int) -> bool:
        if len(self._running) >= self._sweep.record.parallel:
            return False
        return self._runner.has_room(self._sweep.settings[number - 1])

    def _take_over(self, trial: Trial) -> None:
        _log.info("trial %d, session %s, is already training", trial.number, trial.session)
        self._running[trial.number] = "train"
        self._begun.add((trial.number, "train"))
        self._taken_over.add(trial.number)

    def _is_running(self, number: int) -> bool:
        try:
            return self._runner.running(Session(self._folder_of(number)))
        except SessionDamagedError:
            return False

    def _end(self, number: int) -> None:
        task = self._running.pop(number)
        trial = read_trial(self._sweep, number)
        _log.info("trial %d, session %s: %s done, %s", number, trial.session, task, trial.status)
        if number in self._taken_over and trial.status == "interrupted":
            # It was lost before this coordinator started, for example on a host that shows it late.
            self._begun.discard((number, task))
        self._taken_over.discard(number)
        if not self._stopping:
            # Its evaluation is next, before another trial starts.
            self._waiting.appendleft(number)

    def _begin(self, number: int) -> None:
        trial = read_trial(self._sweep, number)
        if trial.live:
            self._take_over(trial)
            return
        if trial.task is None or (number, trial.task) in self._begun:
            return
        self._begun.add((number, trial.task))
        try:
            self._runner.start(self._session(trial), trial.task)
        except SessionBusyError:
            _log.info("trial %d: session %s is locked by another worker", number, trial.session)
        except EngineError as error:
            _log.error("trial %d, session %s: %s", number, trial.session, error)
            return
        self._running[number] = trial.task
        _log.info("trial %d, session %s: %s", number, trial.session, trial.task)

    def _session(self, trial: Trial) -> Session:
        """Return the trial's session; create it if missing."""
        if trial.status != "waiting":
            return Session(self._store.root / trial.session)
        record = self._sweep.record
        return self._store.create(
            trial.settings,
            name=trial_name(record, trial.values),
            command=record.command,
            session_id=trial.session,
            tags=[self._sweep.id],
        )

    def _folder_of(self, number: int) -> Path:
        return self._store.root / self._sweep.record.trials[number - 1].session
