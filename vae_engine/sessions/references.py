"""Which session a person means by an id, a name, a unique part of an id, or `latest`."""

from __future__ import annotations

from pathlib import Path

from vae_engine.errors import SessionDamagedError, SessionNotFoundError
from vae_engine.sessions.session import read_label, read_manifest

LATEST = "latest"
_SHOWN_IDS = 5


def resolve(reference: str, folders: list[Path], *, where: str, hint: str) -> Path:
    """Choose among the session folders.

    Args:
        reference: what the person typed.
        folders: those that can be meant.
        where: where they lie, in words, for the error.
        hint: what to do when there is none, for the error.

    Raises:
        SessionNotFoundError: none or several are meant.
    """
    if reference == LATEST:
        created = {folder: when for folder in folders if (when := _created(folder)) is not None}
        if not created:
            raise SessionNotFoundError(f"no session {where}: {hint}")
        return max(created, key=lambda folder: created[folder])
    for match in (_by_id, _by_name, _by_part_of_id):
        matches = match(reference, folders)
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(sorted(folder.name for folder in matches)[:_SHOWN_IDS])
            raise SessionNotFoundError(
                f"{_shown(reference)} means {len(matches)} sessions {where}: choose one of {ids}"
            )
    raise SessionNotFoundError(f"no session {_shown(reference)} {where}: {hint}")


def _by_id(reference: str, folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if folder.name == reference]


def _by_name(reference: str, folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if _name(folder) == reference]


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


def _shown(reference: str) -> str:
    return repr(reference if len(reference) <= 80 else reference[:77] + "...")
