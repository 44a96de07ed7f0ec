"""Create, move and delete folders as a whole, even if the power fails."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from vae_engine.sessions import disk, layout
from vae_engine.sessions.atomic import TEMPORARY, random_name
from vae_engine.sessions.locks import guarded

_PREFIX = ".new-"
_REMOVED = ".gone-"
# A draft in use is written to every few seconds.
_ABANDONED_SECONDS = 3600.0
# In the copy made by a move to another file system, until the source is deleted.
_MOVING = f"{TEMPORARY}moving"
_CHUNK = 2**20
_WITHOUT_CONTENT = (layout.LOCK, layout.HEARTBEAT)


@contextlib.contextmanager
def draft_folder(
    root: Path, name: str, *, check: Callable[[], None] = lambda: None
) -> Iterator[Path]:
    """Yield a hidden folder to fill; it becomes `root/name` if the block succeeds.

    It is then synced. If the block fails, nothing is left of it; a later creation removes leftovers
    of a killed one. All modes follow the umask.

    Args:
        root: its folder; created with its parents if missing.
        name: its final name.
        check: raises if it may not appear; called while nothing else in `root` is moved.

    Raises:
        FileExistsError: the name exists.
        OSError: the folders cannot be made.
    """
    # Before creating our own: the folder's machine may have another clock.
    _remove_abandoned(root)
    disk.make_folders(root)
    draft = root / f"{_PREFIX}{name}-{random_name(4)}"
    draft.mkdir()
    try:
        yield draft
        disk.sync_tree(draft)
        with guarded(root):
            check()
            _rename(draft, root / name)
        try:
            disk.sync_folder(root)
        except OSError:
            (root / name).rename(draft)
            raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def move(source: Path, target: Path) -> None:
    """Move a folder to a free place and sync it, also to another file system.

    A remainder at the target (see `is_remainder`) is replaced. The caller guards both places.

    Raises:
        FileExistsError: something else is there.
        OSError: it cannot be moved; it then stays where it was.
    """
    disk.make_folders(target.parent)
    if os.path.lexists(target) and is_remainder(target, source):
        discard(target)
    try:
        _rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
        finish_move(source, target)
    disk.sync_folder(target.parent)
    disk.sync_folder(source.parent)


def finish_move(source: Path, target: Path) -> None:
    """Delete the source of a finished move, see `is_remainder`.

    Raises:
        OSError: something in it cannot be deleted.
    """
    discard(source)
    (target / _MOVING).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Delete a folder permanently; a part of it never looks like a session.

    Raises:
        OSError: something in it cannot be deleted.
    """
    grave = folder.with_name(f"{_REMOVED}{folder.name}-{random_name(4)}")
    try:
        folder.rename(grave)
    except OSError as error:
        if error.errno != errno.EXDEV:  # An overlay cannot rename a folder of its lower layer.
            raise
        (folder / layout.MANIFEST).unlink(missing_ok=True)
        disk.sync_folder(folder)
        grave = folder
    disk.sync_folder(folder.parent)
    _remove(grave)
    disk.sync_folder(folder.parent)


def withdraw(folder: Path) -> None:
    """Withdraw a new folder: it disappears immediately, its content possibly later."""
    # A later creation removes what cannot be removed now, for example while a worker still writes.
    with contextlib.suppress(OSError):
        discard(folder)


def remove_discarded(root: Path) -> None:
    """Delete leftovers of interrupted `discard` calls in a folder.

    Raises:
        OSError: some of it cannot be deleted.
    """
    for grave in _named(root, _REMOVED):
        _remove(grave)


def is_remainder(folder: Path, whole: Path) -> bool:
    """Whether a folder may be deleted, because `whole` has all its content.

    This holds for leftovers of an interrupted move to another file system, and for folders with
    only a worker's lock file. A copy of a session is not a remainder.
    """
    session = os.path.lexists(folder / layout.MANIFEST)
    if folder.is_symlink() or (session and not os.path.lexists(whole / _MOVING)):
        return False
    try:
        for path, folders, names in os.walk(folder):
            if any((Path(path) / name).is_symlink() for name in folders):
                return False
            for name in names:
                if name in _WITHOUT_CONTENT or name.startswith(TEMPORARY):
                    continue
                file = Path(path) / name
                if not _same(file, whole / file.relative_to(folder)):
                    return False
    except OSError:
        return False
    return True


def _rename(source: Path, target: Path) -> None:
    # A rename replaces an empty folder.
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(f"{_PREFIX}{target.name}-{random_name(4)}")
    try:
        try:
            shutil.copytree(source, draft, symlinks=True)
        except shutil.Error as error:  # Several files: each a path, a path and a reason.
            raise OSError(errno.EIO, str(error.args[0][0][2])) from None
        (draft / _MOVING).touch()
        disk.sync_tree(draft)
        draft.rename(target)
        disk.sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink() or not (one.is_file() and other.is_file()):
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(_CHUNK):
            if chunk != second.read(_CHUNK):
                return False
        return not second.read(1)


def _remove(folder: Path) -> None:
    while os.path.lexists(folder):
        # Another process may be removing it too.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)


def _remove_abandoned(root: Path) -> None:
    for draft in _named(root, _PREFIX):
        if time.time() - _latest_change(draft) > _ABANDONED_SECONDS:
            # Another process may be removing it too, or we lack the permission.
            shutil.rmtree(draft, ignore_errors=True)
    for grave in _named(root, _REMOVED):
        shutil.rmtree(grave, ignore_errors=True)


def _named(root: Path, prefix: str) -> list[Path]:
    """List the folders in `root` with this prefix; none if `root` cannot be read."""
    try:
        with os.scandir(root) as entries:
            return [
                root / entry.name
                for entry in entries
                if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []


def _latest_change(folder: Path) -> float:
    """Return the time of the last change below a folder; others may move or remove it meanwhile."""
    latest = 0.0
    # `os.walk` skips removed entries; `rglob` of Python 3.11 fails on them.
    for path, _, names in os.walk(folder):
        for one in (Path(path), *(Path(path) / name for name in names)):
            with contextlib.suppress(OSError):
                latest = max(latest, one.lstat().st_mtime)
    return latest or time.time()
