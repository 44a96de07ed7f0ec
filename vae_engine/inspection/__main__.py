"""The process that inspects images for an app: `python -m vae_engine.inspection SESSION_FOLDER...`.

Several sessions are compared. Images are read here and not in the app: they take hundreds of
megabytes, and a library that reads foreign files may crash. It ends when its stdin does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vae_engine.errors import EngineError
from vae_engine.inspection.messages import Failed, Reply, receive_request
from vae_engine.replies import open_replies, send
from vae_engine.sessions.session import Session

if TYPE_CHECKING:
    from vae_engine.inspection.comparer import Comparer
    from vae_engine.inspection.inspector import Inspector


def main(arguments: list[str] | None = None) -> int:
    """Answer requests from stdin on stdout."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.inspection")
    parser.add_argument("folders", type=Path, nargs="+", help="folder of each session")
    parser.add_argument("--epoch", type=int, help="of one session's weights; the newest by default")
    options = parser.parse_args(arguments)
    folders: list[Path] = options.folders
    replies = open_replies()
    lock = threading.Lock()

    def reply(message: Reply) -> None:
        # An app that was left reads no more, and stdin tells so.
        with lock, contextlib.suppress(BrokenPipeError):
            send(replies, message)

    try:
        inspector = _inspector([Session(folder) for folder in folders], reply, options.epoch)
    except EngineError as error:
        reply(Failed.of("model", error))
        return 1
    if not inspector.open():
        # The dataset that is being read is for nobody.
        os._exit(1)
    while (request := receive_request(sys.stdin.buffer)) is not None:
        inspector.answer(request)
    replies.flush()
    # Threads that score are for nobody any more.
    os._exit(0)


def _inspector(
    sessions: list[Session], reply: Callable[[Reply], object], epoch: int | None
) -> Inspector | Comparer:
    """What answers; only that is imported, since people wait for the first page."""
    if len(sessions) == 1:
        from vae_engine.inspection.inspector import Inspector

        return Inspector(sessions[0], reply, epoch)
    from vae_engine.inspection.comparer import Comparer

    return Comparer(sessions, reply)


if __name__ == "__main__":
    sys.exit(main())
