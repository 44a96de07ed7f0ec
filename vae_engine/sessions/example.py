"""The example session that comes with the package, and how it gets into a sessions folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import vae_engine
from vae_engine.errors import SessionError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.drafts import draft_folder
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.store import SessionStore

NAME: Final = "example"
EXAMPLE_ID: Final = "20261122-110900-1941"
# In a clone it is one of the sessions; a wheel has it in a folder of its own.
_PLACES: Final = ("sessions", "vae_workbench_example")


def example_folder() -> Path | None:
    """Where the example lies, None where it was left out of the installation."""
    beside = Path(vae_engine.__file__).parents[1]
    folders = (beside / place / EXAMPLE_ID for place in _PLACES)
    return next((folder for folder in folders if (folder / layout.MANIFEST).is_file()), None)


def is_missing(store: SessionStore) -> bool:
    """Whether it comes with this installation, and these sessions have it nowhere."""
    return not store.holds(EXAMPLE_ID) and example_folder() is not None


def add_example(store: SessionStore) -> Session:
    """The example as one of these sessions: copied, or brought back from the trash.

    Raises:
        SessionError: it does not come with this installation, or cannot be copied.
    """
    where = store.holds(EXAMPLE_ID)
    if where == "in the trash":
        store.restore(EXAMPLE_ID)
    elif not where:
        _copy(store)
    return Session(store.root / EXAMPLE_ID)


def _copy(store: SessionStore) -> None:
    source = example_folder()
    if source is None:
        raise SessionError("the example is not part of this installation", remedy="train")
    names = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    try:
        with draft_folder(store.root, EXAMPLE_ID) as draft:
            layout.create_folders(draft)
            # What a worker or an evaluation added to the clone's own stays there.
            for name in filter(layout.travels, names):
                shutil.copyfile(source / name, draft / name)
            atomic.write_record(draft / layout.SUMMARY, read_summary(draft))
    except OSError as error:
        # Somebody else may have added it meanwhile.
        if not store.holds(EXAMPLE_ID):
            raise SessionError(
                f"the example cannot be copied to {store.root}: {error.strerror}"
            ) from None
