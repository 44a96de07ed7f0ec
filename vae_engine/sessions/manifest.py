"""Read `session.json` and `label.json` of a session."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Label, Manifest
from vae_engine.settings import SETTINGS, Settings, SettingValue

_MISSING = "session.json is missing: this is not a session"
_EARLIER: dict[str, SettingValue] = {"activation": "relu", "clip_norm": 0.0, "weight_decay": 0.0}
"""How sessions were trained before a setting existed, where its default is another one now."""


class _Head(msgspec.Struct):
    schema: int
    settings: dict[str, msgspec.Raw] = {}


def read_manifest(folder: Path) -> Manifest:
    """Read `session.json`, after checking that the folder is safe to work in.

    Raises:
        SessionDamagedError: missing, damaged, or written by a newer version; or a file of the
            session is a link or a device, through which work on it would reach elsewhere.
    """
    try:
        _refuse_specials(folder)
    except FileNotFoundError:
        raise SessionDamagedError(_MISSING) from None
    except OSError as error:
        raise SessionDamagedError(_unreadable(error)) from None
    return reread_manifest(folder)


def reread_manifest(folder: Path) -> Manifest:
    """Read `session.json` of a folder that was checked before; errors as of `read_manifest`."""
    path = folder / layout.MANIFEST
    try:
        head = atomic.read_record(path, _Head)
        _refuse_newer(head)
        manifest = atomic.read_record(path, Manifest)
    except FileNotFoundError:
        raise SessionDamagedError(_MISSING) from None
    except OSError as error:
        raise SessionDamagedError(_unreadable(error)) from None
    # Not a path that a user could have typed, and it would be passed on to commands and forms.
    if not manifest.settings.dataset.isprintable():
        raise SessionDamagedError("session.json is damaged: its dataset has control characters")
    settings = as_trained(manifest.settings, head.settings)
    return msgspec.structs.replace(manifest, settings=settings)


def _unreadable(error: OSError) -> str:
    return f"the folder cannot be read: {error.strerror}"


def as_trained(settings: Settings, recorded: Collection[str]) -> Settings:
    """Return the settings that a record means which lacks some of them.

    Args:
        settings: as read, with today's defaults for those.
        recorded: the names of those in the record.
    """
    earlier = {name: value for name, value in _EARLIER.items() if name not in recorded}
    return msgspec.structs.replace(settings, **earlier)


def _refuse_specials(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            regular = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
            ours = entry.name in layout.NAMES or layout.travels(entry.name)
            if ours and not regular:
                raise SessionDamagedError(
                    f"{entry.name} is a link or a device: replace it by what it stands for"
                )


def _refuse_newer(head: _Head) -> None:
    if head.schema > layout.SCHEMA:
        raise SessionDamagedError(
            f"session.json has schema {head.schema}, this version reads up to {layout.SCHEMA}: "
            "upgrade to open it"
        )
    # Training would ignore an unknown setting, so do not open the session.
    if unknown := sorted(head.settings.keys() - SETTINGS.keys()):
        raise SessionDamagedError(
            f"session.json has the setting {unknown[0][:60]!r}, which this version does not know: "
            "upgrade to open it"
        )


def read_label(folder: Path, manifest: Manifest) -> Label:
    """Read `label.json`; if it is missing or damaged, make a name from the settings."""
    settings = manifest.settings
    try:
        return atomic.read_record(folder / layout.LABEL, Label)
    except (FileNotFoundError, SessionDamagedError):
        return Label(name=default_name(settings))


def default_name(settings: Settings) -> str:
    """Return the default name of a session: `mnist-d2`."""
    return f"{Path(settings.dataset).stem[:100] or 'data'}-d{settings.latent_dim}"
