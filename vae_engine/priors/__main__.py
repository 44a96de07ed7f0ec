"""The process that fits a mixture for an app: `python -m vae_engine.priors SESSION_FOLDER`.

Images and scikit-learn take hundreds of megabytes. It ends when its stdin does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from vae_engine.errors import EngineError
from vae_engine.priors.fitted import to_bytes
from vae_engine.priors.messages import FitReply, Fitted
from vae_engine.priors.session_priors import fitted_prior
from vae_engine.replies import Progressed, TaskFailed, open_replies, send
from vae_engine.sessions.session import Session


def main(arguments: list[str] | None = None) -> NoReturn:
    """Fit the mixture of a session, or read the one that is kept; reply on stdout."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.priors")
    parser.add_argument("folder", type=Path, help="the session's folder")
    parser.add_argument("--epoch", type=int, help="of the export; the current one by default")
    options = parser.parse_args(arguments)
    replies = open_replies()
    threading.Thread(target=_end_with_stdin, daemon=True).start()

    def reply(message: FitReply) -> None:
        # An app that was left reads no more, and stdin tells so.
        with contextlib.suppress(BrokenPipeError):
            send(replies, message)

    reply(_fitted(options.folder, options.epoch, reply))
    # The thread that waits for the end of stdin is for nobody any more.
    os._exit(0)


def _fitted(folder: Path, epoch: int | None, reply: Callable[[Progressed], None]) -> FitReply:
    try:
        fitted, not_kept = fitted_prior(
            Session(folder),
            epoch=epoch,
            report=lambda what, done, total: reply(Progressed(what, done, total)),
        )
    except (EngineError, OSError, MemoryError) as error:
        return TaskFailed.of("mixture", error)
    return Fitted(to_bytes(fitted), not_kept)


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
