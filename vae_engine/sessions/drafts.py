"""New session folders, which appear whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from vae_engine.sessions import layout


@contextlib.contextmanager
def draft_folder(root: Path, session_id: str) -> Iterator[Path]:
    """Give a hidden folder to fill; it becomes `root/session_id` when the block ends well.

    When the block fails, nothing is left of it. All modes follow the umask.

    Raises:
        OSError: the folders cannot be made, or there is a session of that id already.
    """
    draft = root / f".new-{session_id}-{secrets.token_hex(4)}"
    draft.mkdir(parents=True)
    try:
        layout.create_folders(draft)
        yield draft
        draft.rename(root / session_id)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
