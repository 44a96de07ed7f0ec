"""A worker that is not the chief: `python -m vae_engine.worker.member SESSIONS_FOLDER [options]`.

A detached process, like the chief. It joins the chief, which sends it the session; then it writes a
log and no other file. It prints on stdout when it has joined and how the run ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import queue
import sys
import threading
from pathlib import Path

import msgspec

from vae_engine.distributed.distribution import Distribution, read_distribution
from vae_engine.distributed.member import Member
from vae_engine.distributed.messages import LINE_LENGTH, Leaving, Welcome, WorkerFailed
from vae_engine.errors import EngineError
from vae_engine.machine import compared_versions, use_kernels, with_machine_settings
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import WorkerRecord
from vae_engine.settings import SETTINGS, Settings, make_settings
from vae_engine.worker.failures import last_word
from vae_engine.worker.launcher import leave_terminal
from vae_engine.worker.lean_import import lean_import
from vae_engine.worker.signals import when_asked_to_go

_log = logging.getLogger("vae_engine.worker")

EXIT_DONE, EXIT_FAILED = 0, 1
LOGS = ".workers"
"""Folder of logs beside the sessions, if the chief's session folder is not accessible."""


def main(arguments: list[str] | None = None) -> int:
    """Train with the chief until the run ends; returns the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.worker.member")
    parser.add_argument("sessions", type=Path, help="the folder of the sessions")
    parser.add_argument("--distribution", type=read_distribution, required=True, metavar="JSON")
    parser.add_argument("--given", type=json.loads, default={}, metavar="JSON")
    options = parser.parse_args(arguments)
    distribution: Distribution = options.distribution
    front = os.dup(1)
    try:
        member = Member(
            distribution,
            versions=compared_versions(),
            given=options.given,
            lost=lambda why: _leave(front, why),
        )
        log = _log_file(options.sessions.absolute(), distribution, member.welcome)
        leave_terminal(log)
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    name = f"worker {distribution.index} of {len(distribution.workers)}"
    _say(front, f"{name} trains {member.welcome.session}; its log is {log}")
    _log.info("%s joined the chief, %s", name, distribution.workers[0])
    code, outcome = _train(member, distribution, options.given)
    _log.info("%s", outcome)
    _say(front, outcome)
    return code


def _train(member: Member, distribution: Distribution, given: dict[str, str]) -> tuple[int, str]:
    """Train, and report any error to the chief."""
    _leave_when_asked(member)
    try:
        settings = _own_settings(member.welcome.settings, given)
        use_kernels(settings.kernels)
        with lean_import():
            from vae_engine.training.membership import train_as_member

        ending = train_as_member(member, distribution, settings)
    except Exception as error:  # noqa: BLE001 - the chief must hear of it whatever happened
        why = str(error) if isinstance(error, EngineError) else last_word(error)
        _log.exception("the worker failed")
        member.send(WorkerFailed(why=why[:LINE_LENGTH]))
        return EXIT_FAILED, why
    finally:
        member.close()
    failed = ending.status in ("failed", "diverged")
    outcome = f"session {member.welcome.session} ended: {ending.status} ({ending.reason})"
    return EXIT_FAILED if failed else EXIT_DONE, outcome


def _own_settings(settings: Settings, given: dict[str, str]) -> Settings:
    """Return the chief's settings, with this machine's threads and dataset path."""
    own: dict[str, object] = {"threads": 0}
    for name in ("threads", "dataset"):
        if name in given:
            own[name] = SETTINGS[name].parse(given[name])
    return with_machine_settings(make_settings(msgspec.structs.asdict(settings), **own))


def _log_file(sessions: Path, distribution: Distribution, welcome: Welcome) -> Path:
    """Return the log file: in the session's folder if accessible, else beside this machine's
    sessions."""
    name = layout.worker_log(distribution.index)
    folder = sessions / welcome.session
    with contextlib.suppress(EngineError, OSError):
        if atomic.read_optional(folder / layout.WORKER, WorkerRecord) == welcome.chief:
            return folder / name
    (sessions / LOGS).mkdir(parents=True, exist_ok=True)
    return sessions / LOGS / f"{welcome.session}-{name}"


def _leave_when_asked(member: Member) -> None:
    """On a termination signal, ask the chief to stop with a checkpoint; continue until then."""
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()

    def send() -> None:
        member.send(Leaving(why=asked.get()))

    # Not in the handler, which may interrupt the sending of a message.
    threading.Thread(target=send, name="leaving", daemon=True).start()
    when_asked_to_go(asked.put)


def _leave(front: int, why: str) -> None:
    """Exit: nothing else can interrupt a collective operation that waits for a lost chief."""
    _log.error("%s", why)
    _say(front, why)
    os._exit(EXIT_FAILED)


def _say(front: int, text: str) -> None:
    with contextlib.suppress(OSError):  # The parent may have closed the pipe.
        os.write(front, f"{text}\n".encode(errors="replace"))


if __name__ == "__main__":
    sys.exit(main())
