"""An evaluation in a separate process: `python -m vae_engine.evaluation SESSION_FOLDER`.

With one sample per image: no importance-weighted bound, and a few seconds instead of a minute.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vae_engine.errors import EngineError
from vae_engine.evaluation.evaluate import evaluate_session, keep_evaluation
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions.session import Session

EXIT_DONE, EXIT_FAILED = 0, 1


def main(arguments: list[str] | None = None) -> int:
    """Evaluate the session and save the result; return the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.evaluation")
    parser.add_argument("folder", type=Path, help="the session's folder")
    folder: Path = parser.parse_args(arguments).folder
    try:
        session = Session(folder)
        dataset = session_dataset(session)
        record = evaluate_session(session, dataset, samples=1, report=lambda *_: None)
        keep_evaluation(session, record)
    except EngineError as error:
        print(f"session {folder.name} was not evaluated: {error}", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
