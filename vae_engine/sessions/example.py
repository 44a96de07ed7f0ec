"""Example sessions of the package, and how to copy them into a sessions folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

import vae_engine
from vae_engine.errors import SessionError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.drafts import draft_folder
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.store import SessionStore


class Example(NamedTuple):
    """An example session: the name that finds it, and its id."""

    name: str
    id: str


GREY: Final = Example("example", "20261122-110900-1941")
"""Trained on all of MNIST at d = 2."""
COLOUR: Final = Example("example-colour", "20261129-145419-8503")
"""Trained on the Tango icons, 32x32 in colour, at d = 16."""
EXAMPLES: Final = (GREY, COLOUR)
# In a clone they are in the sessions folder; in a wheel they have their own folder.
_PLACES: Final = ("sessions", "vae_workbench_example")


def example_folder(example: Example = GREY) -> Path | None:
    """Return its folder, None if it is not part of this installation."""
    beside = Path(vae_engine.__file__).parents[1]
    folders = (beside / place / example.id for place in _PLACES)
    return next((folder for folder in folders if (folder / layout.MANIFEST).is_file()), None)


def missing(store: SessionStore) -> list[Example]:
    """List the examples of this installation that are missing here, also from the trash."""
    return [one for one in EXAMPLES if not store.holds(one.id) and example_folder(one) is not None]


def add_example(store: SessionStore, example: Example = GREY) -> Session:
    """Copy an example into the sessions folder, or restore it from the trash.

    Raises:
        SessionError: it is not part of this installation, or cannot be copied.
    """
    where = store.holds(example.id)
    if where == "in the trash":
        store.restore(example.id)
    elif not where:
        _copy(store, example)
    return store.opened(example.id)


def add_examples(store: SessionStore) -> Session:
    """Add the grey example as `add_example` does, and the others that are missing.

    Raises:
        SessionError: one that comes with this installation cannot be copied, or the grey one does
            not come with it.
    """
    grey = add_example(store)
    for example in missing(store):
        add_example(store, example)
    return grey


def _copy(store: SessionStore, example: Example) -> None:
    source = example_folder(example)
    if source is None:
        raise SessionError("the example is not part of this installation", remedy="train")
    names = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    try:
        with draft_folder(store.root, example.id) as draft:
            layout.create_folders(draft)
            # Files that a worker or an evaluation added to the clone's copy are left out.
            for name in filter(layout.travels, names):
                shutil.copyfile(source / name, draft / name)
            atomic.write_record(draft / layout.SUMMARY, read_summary(draft))
    except OSError as error:
        # Another process may have added it meanwhile.
        if not store.holds(example.id):
            raise SessionError(
                f"the example cannot be copied to {store.root}: {error.strerror}"
            ) from None
