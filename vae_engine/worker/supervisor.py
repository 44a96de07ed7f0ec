"""The worker's second thread: receives commands, renews the heartbeat, records the machine."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from vae_engine.errors import SessionLostError
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import HEARTBEAT_SECONDS, beat
from vae_engine.sessions.ownership import Ownership
from vae_engine.sessions.records import WorkerRecord
from vae_engine.training.controls import Controls
from vae_engine.worker.launcher import EXIT_BUSY
from vae_engine.worker.machine_monitor import MachineMonitor

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
# On a network file system, a folder may disappear for a moment.
_MISSED = 20


DELETED = "the session's folder was deleted: the worker exits"


class Supervisor:
    """Polls the inbox ten times per second and renews the heartbeat, whatever training does."""

    def __init__(self, folder: Path, journal: Journal, controls: Controls) -> None:
        self._folder = folder
        self._ownership: Ownership | None = None
        self._journal = journal
        self._controls = controls
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._lock = threading.Lock()
        self._nothing_to_lose = True
        self._finishing = False
        self._answers: deque[ev.AnyEvent] = deque()
        self._monitor = MachineMonitor(folder)
        self._identity = folder.stat()
        self._missed = 0
        self.terminated = ""

    def claim(self, record: WorkerRecord) -> None:
        """Claim the session for this worker, which exits if another takes it over.

        Raises:
            OSError: the disk refused.
        """
        self._ownership = Ownership(self._folder, record)
        self._journal.check_before_writing(self._ownership.check)

    def start(self, left: Sequence[tuple[CommandName | None, str]]) -> None:
        """Start the thread; `left` are the commands that an earlier worker did not take."""
        for command, why in left:
            self._ignore(command, why or "it was sent to an earlier worker")
        self._write_answers()
        beat(self._folder)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and report the commands that nothing will carry out any more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._ignore_all(self._controls.end())
        self._write_answers()

    def folder_is_gone(self) -> bool:
        """Whether the session was deleted, or another folder has its name."""
        try:
            return not os.path.samestat(self._folder.stat(), self._identity)
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def training_begins(self) -> None:
        """From here on a stop must wait for a checkpoint."""
        with self._lock:
            self._nothing_to_lose = False

    def training_ended(self) -> None:
        """From here on there is nothing to pause or stop."""
        self._finishing = True
        self._ignore_all(self._controls.end())

    def stop_now(self) -> None:
        """Request a stop as soon as a checkpoint is written."""
        self._ignore_all(
            ignored for ignored in self._controls.apply("stop_now") if ignored[0] != "stop_now"
        )

    def terminate(self, why: str) -> None:
        """Stop because of the termination signal `why`; a signal handler may call this.

        This only sets a flag: the handler interrupts the training thread, possibly just before it
        waits, and a wake-up at that moment would be lost.
        """
        self.terminated = self.terminated or why

    def _watch(self) -> None:
        last_beat = 0.0
        while not self._closing.wait(_POLL_SECONDS):
            self._leave_if_deleted()
            # Each by itself: a heartbeat that fails must not keep a stop from its effect.
            self._attempt(self._check_ownership)
            if time.monotonic() - last_beat >= HEARTBEAT_SECONDS and self._attempt(self._beat):
                last_beat = time.monotonic()
            self._attempt(self._obey)
            self._write_answers()
            self._attempt(self._record_machine)
            if self.terminated and self._controls.stop != "now":
                self.stop_now()
            self._leave_if_nothing_to_lose()

    def _attempt(self, step: Callable[[], object]) -> bool:
        """Run a step; returns whether the session folder could be reached."""
        try:
            step()
        except SessionLostError as error:
            _log.error("%s", error)
            os._exit(EXIT_BUSY)
        except OSError as error:
            # The disk may be full or unavailable for a while; training detects that itself.
            _log.warning("the session folder cannot be reached: %s", error)
            return False
        return True

    def _check_ownership(self) -> None:
        if self._ownership is not None:
            self._ownership.check()

    def _beat(self) -> None:
        beat(self._folder)

    def _record_machine(self) -> None:
        active = not (self._nothing_to_lose or self._finishing or self._controls.is_paused)
        log = self._journal.log
        self._monitor.poll(active=active, run=log.run, epoch=log.epoch)

    def _obey(self) -> None:
        """Apply all commands; they are no longer in the inbox, so nothing may fail in between."""
        for command, why in inbox.take(self._folder):
            if command is None:
                self._ignore(command, why)
                continue
            ignored = self._controls.apply(command)
            self._ignore_all(ignored)
            if command in ("stop", "stop_now") and command not in dict(ignored):
                self._answers.append(ev.Stopping(now=command == "stop_now"))

    def _ignore_all(self, ignored: Iterable[tuple[CommandName, str]]) -> None:
        for command, why in ignored:
            self._ignore(command, why)

    def _ignore(self, command: CommandName | None, why: str) -> None:
        _log.info("command %s ignored: %s", command, why)
        self._answers.append(ev.CommandIgnored(command=command or "unknown", why=why))

    def _write_answers(self) -> None:
        while self._answers:
            # Once: an event whose sync failed may be in the log already.
            self._attempt(partial(self._journal.emit, self._answers.popleft()))

    def _leave_if_nothing_to_lose(self) -> None:
        """Stop immediately during the import of TensorFlow, which cannot be interrupted."""
        with self._lock:
            if self._controls.stop != "now" or not self._nothing_to_lose:
                return
            last = ev.RunEnded(status="stopped", reason="stop_now")
            if self.terminated:
                last = ev.RunEnded(status="interrupted", reason=self.terminated)
            try:
                self._journal.end(last)
            except (OSError, SessionLostError) as error:
                _log.error("the last event cannot be written: %s", error)
            os._exit(0)

    def _leave_if_deleted(self) -> None:
        """Exit if the session was deleted, or another folder has its name.

        Further writes could only damage the present folder.
        """
        try:
            found = self._folder.stat()
        except FileNotFoundError:
            found = None
        except OSError:
            return  # It is not accessible, possibly for a moment.
        if found is not None and os.path.samestat(found, self._identity):
            self._missed = 0
            return
        self._missed += 1
        if found is not None or self._missed >= _MISSED:
            _log.error(DELETED)
            os._exit(1)
