"""A real worker, recorded: `python -m tests.crashes.recorded_worker RECORDING SESSION_FOLDER`."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from tests.crashes.judging import name_of
from tests.crashes.recording import recorded
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.worker.__main__ import main as work


def main() -> int:
    target, folder = map(Path, sys.argv[1:])
    with recorded(folder) as recorder:
        emit = Journal.emit

        def emit_and_tell(self: Journal, event: ev.AnyEvent) -> None:
            emit(self, event)
            if name := name_of(event):
                recorder.tell(name)

        Journal.emit = emit_and_tell  # type: ignore[method-assign]
        code = work([str(folder)])
    target.write_bytes(pickle.dumps(recorder.recording()))
    return code


if __name__ == "__main__":
    sys.exit(main())
