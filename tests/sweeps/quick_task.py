"""Stands in for a worker or an evaluation: `python -m tests.sweeps.quick_task FOLDER`.

It does what the session's note says: `train`, `evaluate`, `fail`, or `wait` for a command.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.records import Label
from vae_engine.worker.launcher import EXIT_BUSY


def main() -> int:
    folder = Path(sys.argv[1])
    match read_record(folder / layout.LABEL, Label).note:
        case "train":
            train(folder)
        case "evaluate":
            (folder / layout.EVALUATION).write_text(f"{folder}\n")
        case "fail":
            print("first\nno memory")
            return 1
        case "busy":
            return EXIT_BUSY
        case "wait":
            (folder / layout.SAMPLES).write_text("here")
            while not (asked := inbox.take(folder)):
                time.sleep(0.01)
            print(f"told to {asked[0][0]}")
            return 1
        case "sleep":
            time.sleep(600)
    return 0


def train(folder: Path) -> None:
    journal = Journal(folder)
    run = journal.log.run + 1
    journal.emit(ev.RunStarted(run=run, host="far", pid=1, epochs=1, min_epochs=1))
    journal.end(ev.RunEnded(status="stopped", reason="stop"))


if __name__ == "__main__":
    sys.exit(main())
