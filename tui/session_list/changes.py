"""Change labels of sessions and write archives; for use in threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from vae_engine.errors import SessionError
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


def relabel(store: SessionStore, folder: Path, change: Callable[[Label], Label]) -> None:
    """Apply a change to the present name, tags or note.

    Raises:
        SettingError: the new label is invalid.
        SessionError: the session is damaged or cannot be written.
    """
    session = Session(folder)
    store.relabel(session, change(session.label))


def renamed(name: str) -> Callable[[Label], Label]:
    """Return a change of the name."""
    return lambda label: msgspec.structs.replace(label, name=name.strip())


def noted(note: str) -> Callable[[Label], Label]:
    """Return a change of the note."""
    return lambda label: msgspec.structs.replace(label, note=note.strip())


def tagged(words: str) -> Callable[[Label], Label]:
    """Return a change of the tags: words separated by commas or spaces.

    If every word begins with `+` or `-`, they are added to or removed from the present tags.
    """
    tags = words.replace(",", " ").split()
    if not tags or not all(tag[0] in "+-" and len(tag) > 1 for tag in tags):
        return lambda label: msgspec.structs.replace(label, tags=list(dict.fromkeys(tags)))
    gone = {tag[1:] for tag in tags if tag[0] == "-"}
    new = [tag[1:] for tag in tags if tag[0] == "+"]
    return lambda label: msgspec.structs.replace(
        label, tags=[tag for tag in dict.fromkeys([*label.tags, *new]) if tag not in gone]
    )


def export_archive(folder: Path, target: Path, *, slim: bool) -> Path:
    """Write a session into a zip file, which must not exist yet; returns the file.

    Raises:
        SessionError: the file exists, or cannot be written.
    """
    # Imported here, since it is rarely needed.
    from vae_engine.sessions.archive import export_session

    target = target.expanduser().absolute()
    if target.suffix.lower() != ".zip":
        raise SessionError(f"{target.name} is not a zip file: its name must end in .zip")
    if target.exists():
        raise SessionError(f"{target} exists already: choose another name")
    export_session(Session(folder), target, slim=slim)
    return target
