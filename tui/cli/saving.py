"""Files that commands write, and what they say of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tui.cli.output import say
from tui.text import encodable
from vae_engine.errors import EngineError
from vae_engine.inference.sampling import find_export
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session


def save_npz(path: Path, session: Session, arrays: dict[str, Any]) -> None:
    """Write arrays with the session and the epoch of its export."""
    described = {**arrays, "session": session.id, "epoch": find_export(session).epoch}
    write_npz(path, {name: np.asarray(value) for name, value in described.items()})


@contextlib.contextmanager
def writing(output: Path, what: str, *, quiet: bool = False) -> Iterator[None]:
    """Say what was written, unless quiet, or that it cannot be."""
    shown = encodable(str(output))
    try:
        yield
    except OSError as error:
        raise EngineError(f"{shown} cannot be written: {error.strerror}") from None
    if not quiet:
        say(f"wrote {what} to {shown}")
