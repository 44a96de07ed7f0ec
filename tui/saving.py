"""Save files into the working directory off the app's thread, and tell which they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.screen import run_in_thread
from tui.text import one_line
from vae_engine.errors import EngineError

Save = Callable[[Path], Sequence[Path]]


def save_in_thread(screen: Screen[Any], save: Save) -> None:
    """Save into the working directory, and tell which files these are or why there are none.

    Args:
        screen: for which.
        save: writes to a folder, and returns the files; what it raises is an `EngineError`.
    """
    run_in_thread(screen, partial(_save_and_tell, screen, save), group="save")


def _save_and_tell(screen: Screen[Any], save: Save) -> None:
    app = screen.app
    try:
        first, *others = save(Path.cwd())
    except (EngineError, OSError) as error:
        text = f"Nothing was saved: {one_line(str(error))}"
        app.call_from_thread(app.notify, text, severity="error", markup=False)
        return
    rest = [one.suffix if one.stem == first.stem else one_line(one.name) for one in others]
    *between, last = [one_line(first.name), *rest]
    names = f"{', '.join(between)} and {last}" if between else last
    text = f"{names} in {one_line(str(first.parent))}"
    app.call_from_thread(app.notify, text, title="Saved", markup=False)
