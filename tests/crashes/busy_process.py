"""One of several processes that work in one folder: `python -m tests.crashes.busy_process ...`.

It does random things to random sessions and prints what fails in a way that no user should see: a
session that somebody else has moved or deleted meanwhile is no fault.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from vae_engine.errors import EngineError, SessionNotFoundError
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings

EXPECTED = ("is here already", "is in the trash already", "cannot be labelled: No such file")
"""What the slower of two processes is told."""


class Busy:
    """Does one thing after the other."""

    def __init__(self, root: Path, archive: Path, seed: int) -> None:
        self._store = SessionStore(root)
        self._archive = archive
        self._choose = random.Random(seed)
        self._out = root.parent / f"out-{seed}.zip"
        self.faults: list[str] = []

    def act(self) -> None:
        """Do one random thing; an unexpected failure is noted."""
        act: Callable[[], object] = self._choose.choice(
            [self._create, self._import, self._delete, self._delete, self._restore, self._restore]
            + [self._relabel, self._list, self._export]
            + [self._empty] * (self._choose.random() < 0.3)
        )
        try:
            act()
        except SessionNotFoundError:
            pass
        except EngineError as error:
            if not any(text in str(error) for text in EXPECTED):
                self.faults.append(f"{act.__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - it is what the test looks for
            self.faults.append(f"{act.__name__}: {type(error).__name__} {error}")

    def _create(self) -> None:
        self._store.create(make_settings(), name="made", command=["vae"])

    def _import(self) -> None:
        import_session(self._store, self._archive)

    def _delete(self) -> None:
        if listings := self._store.listings():
            self._store.delete(self._choose.choice(listings))

    def _restore(self) -> None:
        if listings := self._store.trash():
            self._store.restore(self._choose.choice(listings).id)

    def _relabel(self) -> None:
        if listings := self._store.listings():
            session = self._store.find(self._choose.choice(listings).id)
            self._store.relabel(session, Label(name=f"name {self._choose.random()}"))

    def _list(self) -> None:
        for listing in (*self._store.listings(), *self._store.trash()):
            if listing.problem:
                raise AssertionError(f"{listing.id} is listed with: {listing.problem}")

    def _export(self) -> None:
        if listings := self._store.listings():
            export_session(self._store.find(self._choose.choice(listings).id), self._out)

    def _empty(self) -> None:
        self._store.empty_trash()


def main() -> int:
    root, archive, seed, count = sys.argv[1:]
    os.fsync = lambda _descriptor: None  # type: ignore[assignment]  # No power is cut here.
    busy = Busy(Path(root), Path(archive), int(seed))
    for _ in range(int(count)):
        busy.act()
    print("\n".join(busy.faults))
    return 1 if busy.faults else 0


if __name__ == "__main__":
    sys.exit(main())
