"""The coordinator's work: which trial is begun when, and what is left once one has ended."""

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
    """Trains and evaluates the trials of a sweep, so many at once as its record says.

    All that it knows is read from the sessions, so one that is killed leaves nothing but its lock,
    and the next goes on where it was. What failed is not begun again by the same coordinator.
    """

    def __init__(self, sweep: Sweep, runner: Runner) -> None:
        """Take over the trials that run, and line up those with something left to do."""
        self._sweep = sweep
        self._store = sweep.sessions
        self._runner = runner
        self._running: dict[int, Task] = {}
        self._begun: set[tuple[int, Task]] = set()
        self._taken_over: set[int] = set()
        self._waiting: deque[int] = deque()
        self._stopping = False
        for trial in read_trials(sweep):
            if trial.live:
                self._take_over(trial)
            elif trial.task is not None:
                self._waiting.append(trial.number)
            elif trial.problem:
                _log.error("trial %d, session %s: %s", trial.number, trial.session, trial.problem)

    def tick(self) -> bool:
        """Look what has ended, begin what there is room for; returns whether anything is left.

        It never waits longer than a worker's start takes.
        """
        for number in list(self._running):
            if not self._is_running(number):
                self._end(number)
        while self._waiting and self._has_room(self._waiting[0]):
            self._begin(self._waiting.popleft())
        return bool(self._running or self._waiting)

    def stop(self) -> None:
        """Begin nothing more, and ask what runs to stop."""
        if self._stopping:
            return
        self._stopping = True
        self._waiting.clear()
        for number in self._running:
            try:
                self._runner.stop(Session(self._folder_of(number)))
            except (SessionDamagedError, OSError) as error:
                _log.error("trial %d cannot be stopped: %s", number, error)

    def _has_room(self, number: int) -> bool:
        if len(self._running) >= self._sweep.record.parallel:
            return False
        return self._runner.has_room(self._sweep.settings[number - 1])

    def _take_over(self, trial: Trial) -> None:
        _log.info("trial %d, session %s, trains already", trial.number, trial.session)
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
            # It was lost before this coordinator came, as on a host that shows so late only.
            self._begun.discard((number, task))
        self._taken_over.discard(number)
        if not self._stopping:
            # Its evaluation is next, before another trial is begun.
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
            _log.info("trial %d, session %s, is in other hands", number, trial.session)
        except EngineError as error:
            _log.error("trial %d, session %s: %s", number, trial.session, error)
            return
        self._running[number] = trial.task
        _log.info("trial %d, session %s: %s", number, trial.session, trial.task)

    def _session(self, trial: Trial) -> Session:
        """The trial's session, made where there is none."""
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
