"""The coordinator of a sweep: `python -m vae_engine.sweeps SWEEP_FOLDER`.

A detached process, like a worker: it writes to the sweep's `worker.log` and reads its inbox. If it
is killed, its trials continue, and the next coordinator takes them over; on a termination signal,
it stops them first.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from vae_engine.errors import EngineError, SessionBusyError, SessionLostError
from vae_engine.sessions import atomic, disk, inbox, layout
from vae_engine.sessions.liveness import HEARTBEAT_SECONDS, beat, hold_lock, this_process
from vae_engine.sessions.ownership import Ownership
from vae_engine.sweeps.coordinator import Coordinator
from vae_engine.sweeps.record import read_sweep
from vae_engine.sweeps.runner import LocalRunner, Runner
from vae_engine.sweeps.store import Sweep
from vae_engine.worker.launcher import EXIT_BUSY, leave_terminal
from vae_engine.worker.notifier import start_notifier
from vae_engine.worker.signals import when_asked_to_go

_log = logging.getLogger("vae_engine.sweeps")

EXIT_DONE, EXIT_FAILED = 0, 1

_POLL_SECONDS = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Coordinate the sweep until nothing is left to do; return the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.sweeps")
    parser.add_argument("folder", type=Path, help="the sweep's folder")
    parser.add_argument("--ray", default="", metavar="HOST:PORT", help="train on this cluster")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.absolute()
    try:
        sweep = Sweep(folder, read_sweep(folder))
        lock = hold_lock(folder)
    except SessionBusyError:
        return EXIT_BUSY
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    try:
        leave_terminal(folder / layout.LOG)
        _coordinate(sweep, _make_runner(sweep, options.ray))
    except SessionLostError as error:
        _log.error("%s", error)
        return EXIT_BUSY
    except (EngineError, OSError) as error:
        _log.error("the sweep cannot continue: %s", error)
        return EXIT_FAILED
    finally:
        lock.release()
    return EXIT_DONE


def _make_runner(sweep: Sweep, ray: str) -> Runner:
    """Make the requested runner; Ray is imported and joined only if requested."""
    if not ray:
        return LocalRunner()
    from vae_engine.sweeps.ray.runner import RayRunner

    return RayRunner(sweep, ray, gpus=sweep.record.gpus)


def _coordinate(sweep: Sweep, runner: Runner) -> None:
    atomic.remove_temporaries(sweep.folder)
    # Before this coordinator is visible: later commands are for it.
    asked: list[str] = []
    when_asked_to_go(asked.append)
    inbox.take(sweep.folder)
    ownership = Ownership(sweep.folder, this_process(run=0))
    start_notifier(sweep.folder, "vae_engine.sweeps.notifier")
    for lack in disk.unreported():
        _log.warning("%s", lack)
    coordinator = Coordinator(sweep, runner)
    last_beat = 0.0
    while _goes_on(coordinator, asked):
        ownership.check()
        time.sleep(_POLL_SECONDS)
        if not sweep.folder.is_dir():
            _log.error("the sweep's folder was deleted: the coordinator exits, its trials continue")
            return
        # Each by itself: a heartbeat that fails must not keep a stop from its effect.
        with _reaching_the_folder():
            if time.monotonic() - last_beat >= HEARTBEAT_SECONDS:
                beat(sweep.folder)
                last_beat = time.monotonic()
        with _reaching_the_folder():
            for command, _ in inbox.take(sweep.folder):
                _obey(coordinator, command)
    runner.close()
    _log.info("nothing is left to do")


@contextlib.contextmanager
def _reaching_the_folder() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The disk may be full or unavailable for a while.
        _log.warning("the sweep's folder cannot be reached: %s", error)


def _goes_on(coordinator: Coordinator, asked: list[str]) -> bool:
    """Start the next trials, or nothing more after a termination signal."""
    if asked:
        _log.info("termination signal: %s", asked.pop())
        coordinator.stop()
    return coordinator.tick()


def _obey(coordinator: Coordinator, command: inbox.CommandName | None) -> None:
    if command in ("stop", "stop_now"):
        _log.info("stop requested")
        coordinator.stop()
    else:
        _log.warning("command %s ignored: a sweep takes only stop", command)


if __name__ == "__main__":
    sys.exit(main())
