"""The training worker: `python -m vae_engine.worker SESSION_FOLDER [options]`.

One detached process for one session. It is independent of any terminal: it leads its own process
session, writes to the session's `worker.log`, and reacts only to its inbox and to termination
signals. If several workers train the session, this one is the chief; the others are
`vae_engine.worker.member`.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from vae_engine.datasets.splits import recorded_method
from vae_engine.distributed.chief import Chief
from vae_engine.distributed.distribution import ALONE, Distribution, read_distribution
from vae_engine.distributed.messages import LINE_LENGTH, End
from vae_engine.errors import EngineError, SessionBusyError, SessionLostError
from vae_engine.machine import compared_versions, use_kernels
from vae_engine.sessions import atomic, disk, inbox, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.crash_report import RUN_BEGINS
from vae_engine.sessions.image_record import image_record_content, recorded_images, trained_on
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import hold_lock, this_process
from vae_engine.sessions.manifest import read_manifest
from vae_engine.sessions.records import EndStatus
from vae_engine.training.controls import Controls
from vae_engine.training.originals import EarlyDataset
from vae_engine.worker.failures import NO_ROOM, disk_error, last_word
from vae_engine.worker.launcher import EXIT_BUSY, EXIT_NO_ROOM, leave_terminal
from vae_engine.worker.lean_import import lean_import
from vae_engine.worker.notifier import start_notifier
from vae_engine.worker.signals import when_asked_to_go
from vae_engine.worker.supervisor import DELETED, Supervisor

_log = logging.getLogger("vae_engine.worker")

EXIT_DONE, EXIT_FAILED = 0, 1


@dataclass(frozen=True)
class Options:
    """What this process was called with.

    Attributes:
        folder: of the session.
        epochs: up to which it trains; None for those that were asked for before.
        distribution: all workers and devices.
    """

    folder: Path
    epochs: int | None
    distribution: Distribution


def read_options(arguments: list[str] | None = None) -> Options:
    """Parse the arguments; exits if they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.worker")
    parser.add_argument("folder", type=Path, help="the session's folder")
    parser.add_argument("--epochs", type=int, help="train up to this epoch, whatever came before")
    parser.add_argument("--distribution", type=read_distribution, default=ALONE, metavar="JSON")
    found = parser.parse_args(arguments)
    return Options(found.folder.absolute(), found.epochs, found.distribution)


def main(arguments: list[str] | None = None) -> int:
    """Train the session until it ends; returns the process's exit code."""
    return _work(read_options(arguments))


def _work(options: Options) -> int:
    folder = options.folder
    try:
        read_manifest(folder)
        lock = hold_lock(folder)
    except SessionBusyError as error:
        print(error, file=sys.stderr)
        return EXIT_BUSY
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_NO_ROOM if disk_error(error) in NO_ROOM else EXIT_FAILED
    try:
        leave_terminal(folder / layout.LOG)
        return _run(folder, options.epochs, options.distribution)
    except SessionLostError as error:
        _log.error("%s", error)
        return EXIT_BUSY
    except (EngineError, OSError) as error:
        _log.error("the session folder cannot be used: %s", error)
        return EXIT_NO_ROOM if disk_error(error) in NO_ROOM else EXIT_FAILED
    finally:
        lock.release()


def _run(folder: Path, epochs: int | None, distribution: Distribution) -> int:
    _log.info("%s, as process %d", RUN_BEGINS, os.getpid())
    # Print a stack dump if a fault in a library ends the process.
    faulthandler.enable()
    atomic.remove_temporaries(folder)
    layout.create_folders(folder)
    journal = Journal(folder)
    run = journal.log.run + 1
    controls = Controls()
    supervisor = Supervisor(folder, journal, controls)
    # Before this worker is visible: later commands are for it.
    when_asked_to_go(supervisor.terminate)
    left = inbox.take(folder)
    supervisor.claim(this_process(run))
    start_notifier(folder)
    journal.emit(_run_started(folder, journal, epochs))
    supervisor.start(left)
    for lack in disk.unreported():
        _log.warning("%s", lack)
        journal.emit(ev.Warned(text=lack))
    chief = _chief(folder, journal, supervisor, distribution) if distribution.workers else None
    try:
        status, reason = _train(folder, journal, controls, supervisor, distribution, chief)
    finally:
        supervisor.close()
    if status == "failed" and supervisor.folder_is_gone():
        # The failure is a consequence, and another folder's log is not this one's.
        _log.error(DELETED)
        journal.close()
        return EXIT_FAILED
    journal.end(ev.RunEnded(status=status, reason=reason))
    if chief is not None:
        chief.end(End(status=status, reason=reason[:LINE_LENGTH]))
    _log.info("run %d ended: %s (%s)", run, status, reason)
    return EXIT_DONE if status in ("completed", "stopped", "interrupted") else EXIT_FAILED


def _run_started(folder: Path, journal: Journal, epochs: int | None) -> ev.RunStarted:
    settings, log = read_manifest(folder).settings, journal.log
    target = epochs or log.epochs or settings.epochs
    # Requested additional epochs all run, even if the session has converged.
    shortest = target if epochs is not None else log.min_epochs or settings.min_epochs
    return ev.RunStarted(
        run=log.run + 1,
        host=this_process(0).host,
        pid=os.getpid(),
        epochs=target,
        min_epochs=min(shortest, target),
        tells_begun=True,
    )


def _chief(
    folder: Path, journal: Journal, supervisor: Supervisor, distribution: Distribution
) -> Chief:
    def end_stuck(why: str) -> None:
        """Exit, because nothing else can interrupt a collective operation that waits for a lost
        worker."""
        try:
            journal.end(ev.RunEnded(status="failed", reason=why))
        except (OSError, SessionLostError) as error:
            _log.error("the last event cannot be written: %s", error)
        os._exit(EXIT_FAILED)

    before = journal.log.prepared
    return Chief(
        distribution,
        session=folder.name,
        settings=read_manifest(folder).settings,
        record=this_process(journal.log.run),
        versions=compared_versions(),
        stuck=end_stuck,
        leave=supervisor.stop_now,
        split=recorded_method(before.dataset if before else None),
        trained_on=trained_on(before),
        recorded=image_record_content(folder) if before else b"",
    )


def _train(
    folder: Path,
    journal: Journal,
    controls: Controls,
    supervisor: Supervisor,
    distribution: Distribution,
    chief: Chief | None,
) -> tuple[EndStatus, str]:
    """Train, and record the outcome as the run's last event."""
    try:
        if chief is not None:
            chief.gather()
        return _import_and_train(folder, journal, controls, supervisor, distribution, chief)
    except SessionLostError:
        raise
    except EngineError as error:
        return "failed", str(error)
    except Exception as error:  # noqa: BLE001 - the last event must be written in any case
        _log.exception("the worker failed")
        return "failed", last_word(error)


def _import_and_train(
    folder: Path,
    journal: Journal,
    controls: Controls,
    supervisor: Supervisor,
    distribution: Distribution,
    chief: Chief | None,
) -> tuple[EndStatus, str]:
    before = journal.log.prepared
    method = recorded_method(before.dataset if before else None)
    recorded = recorded_images(folder, before)
    settings = read_manifest(folder).settings
    early = EarlyDataset(folder, settings, method, recorded)
    use_kernels(settings.kernels)
    _log.info("importing TensorFlow")
    journal.emit(ev.Preparing(stage="tensorflow"))
    with lean_import():
        from vae_engine.training.run import DivergedError, train_session

    try:
        return train_session(folder, journal, controls, supervisor, distribution, chief, early)
    except DivergedError as error:
        return "diverged", str(error)


def _leave(code: int) -> NoReturn:
    """Exit immediately: TensorFlow's threads take seconds to end, while others wait."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # The disk may be full.
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    options = read_options()
    exit_code = _work(options)
    # Several workers disconnect from each other first.
    if options.distribution != ALONE:
        sys.exit(exit_code)
    _leave(exit_code)
