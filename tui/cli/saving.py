"""Files that commands write, and what they say of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tui.cli.output import say
from tui.text import encodable
from vae_engine.errors import EngineError
from vae_engine.inference.sampling import find_export
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session


def is_png(path: Path) -> bool:
    """Whether a file is to be a PNG."""
    return path.suffix.lower() == ".png"


def label_names(names: Sequence[str]) -> dict[str, Any]:
    """What the labels 0, 1, ... are called, for an npz; nothing where they are numbers."""
    return {"label_names": np.array(names, np.str_)} if names else {}


def save_npz(
    path: Path, session: Session, arrays: Mapping[str, Any], *, epoch: int | None = None
) -> None:
    """Write arrays with the session and the epoch of the weights, by default of its export."""
    if epoch is None:
        epoch = find_export(session).epoch
    described = {**arrays, "session": session.id, "epoch": epoch}
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
