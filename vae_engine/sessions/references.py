"""Resolve an id, a name, a unique part of an id, or `latest` to a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from vae_engine.errors import Remedy, SessionDamagedError, SessionNotFoundError
from vae_engine.sessions.manifest import read_label, read_manifest
from vae_engine.text import value_text

LATEST = "latest"
_SHOWN_IDS = 5


class FolderKind(msgspec.Struct, frozen=True):
    """A kind of folder (session or sweep): its noun, and how to read a folder's name and creation.

    Both give None for a damaged folder.
    """

    noun: str
    created: Callable[[Path], float | None]
    name: Callable[[Path], str | None]


def resolve(
    reference: str,
    folders: list[Path],
    *,
    where: str,
    remedy: Remedy,
    kind: FolderKind | None = None,
) -> Path:
    """Find the folder that a reference means.

    Args:
        reference: what the user typed.
        folders: the candidates.
        where: their place, in words, for the error.
        remedy: how to resolve the error if none matches.
        kind: of the folders; sessions by default.

    Raises:
        SessionNotFoundError: none or several match.
    """
    kind = kind or FolderKind("session", _created, _name)
    if reference == LATEST:
        created = {folder: when for folder in folders if (when := kind.created(folder)) is not None}
        if not created:
            raise SessionNotFoundError(f"no {kind.noun} {where}", remedy=remedy)
        return max(created, key=lambda folder: created[folder])
    for matches in _matches(reference, folders, kind):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(sorted(folder.name for folder in matches)[:_SHOWN_IDS])
            raise SessionNotFoundError(
                f"{value_text(reference)} means {len(matches)} {kind.noun}s {where}: "
                f"choose one of {ids}"
            )
    raise SessionNotFoundError(f"no {kind.noun} {value_text(reference)} {where}", remedy=remedy)


def _matches(reference: str, folders: list[Path], kind: FolderKind) -> Iterator[list[Path]]:
    """Return the matches: by id, else by name, else by part of an id."""
    yield [folder for folder in folders if folder.name == reference]
    yield [folder for folder in folders if kind.name(folder) == reference]
    yield _by_part_of_id(reference, folders)


def _by_part_of_id(reference: str, folders: list[Path]) -> list[Path]:
    return [
        folder
        for folder in folders
        if reference
        and (
            folder.name.startswith(reference)
            or folder.name.rpartition("-")[2].startswith(reference)
        )
    ]


def _created(folder: Path) -> float | None:
    try:
        return read_manifest(folder).created
    except SessionDamagedError:
        return None


def _name(folder: Path) -> str | None:
    try:
        return read_label(folder, read_manifest(folder)).name
    except SessionDamagedError:
        return None
