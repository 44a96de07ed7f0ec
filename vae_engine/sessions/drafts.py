"""New folders of sessions and sweeps, which appear whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from vae_engine.sessions.atomic import random_name

_PREFIX = ".new-"
# Whoever fills a draft writes into it all the time, at most some seconds between two files.
_ABANDONED_SECONDS = 3600.0


@contextlib.contextmanager
def draft_folder(root: Path, name: str) -> Iterator[Path]:
    """Give a hidden folder to fill; it becomes `root/name` when the block ends well.

    When the block fails, nothing is left of it; what a killed creation left is removed by a later
    one. All modes follow the umask.

    Raises:
        OSError: the folders cannot be made, or there is one of that name already.
    """
    # Before there is one of our own: the clock of the folder's machine may be another.
    _remove_abandoned(root)
    draft = root / f"{_PREFIX}{name}-{random_name(4)}"
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(root / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def withdraw(folder: Path) -> None:
    """Take a new folder away again, at once for whoever looks; the rest of it may follow later."""
    draft = folder.with_name(f"{_PREFIX}{folder.name}-{random_name(4)}")
    # What cannot be removed now, as while a worker that is ending writes, a later creation removes.
    with contextlib.suppress(OSError):
        folder.rename(draft)
        shutil.rmtree(draft, ignore_errors=True)


def _remove_abandoned(root: Path) -> None:
    for draft in root.glob(f"{_PREFIX}*"):
        if not draft.is_symlink() and time.time() - _latest_change(draft) > _ABANDONED_SECONDS:
            # Another process may be removing it too, or it may not be ours to remove.
            shutil.rmtree(draft, ignore_errors=True)


def _latest_change(folder: Path) -> float:
    latest = 0.0
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            latest = max(latest, path.lstat().st_mtime)
    return latest
