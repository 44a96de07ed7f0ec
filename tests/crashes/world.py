"""A finished session and its exports, from which the operations start."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.sessions.makers import contents, finished_session
from vae_engine.inference.pictures import save_png
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.atomic import TEMPORARY
from vae_engine.sessions.history_csv import write_history_csv
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.tensorboard.session_run import export_session_run

_OWN = (layout.LOCK, layout.HEARTBEAT, TEMPORARY)


def store_in(root: Path) -> SessionStore:
    return SessionStore(root / "sessions")


def whole(folder: Path, original: Path) -> bool:
    """Whether a session has every file of the original."""
    found, wanted = contents(folder), contents(original)
    return {name: data for name, data in found.items() if not name.startswith(_OWN)} == {
        name: data for name, data in wanted.items() if not name.startswith(_OWN)
    }


class World:
    """A folder as `make_world` leaves it; only read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        [self.original] = (folder / "sessions").iterdir()
        self.archive, self.session_id = folder / "session.zip", self.original.name

    def with_session(self, root: Path) -> None:
        shutil.copytree(self.original, root / "sessions" / self.session_id)

    def with_deleted(self, root: Path) -> None:
        self.with_session(root)
        store_in(root).delete(store_in(root).find(self.session_id))

    def with_older(self, root: Path) -> None:
        self.with_session(root)
        for name in ("session.zip", "history.csv", "picture.png", "arrays.npz"):
            (root / name).write_bytes(b"older")

    def nothing(self, root: Path) -> None:
        """Not even the folder of the sessions is there."""

    def found_in(self, root: Path) -> tuple[bool, bool]:
        """Whether the session is among the others, and in the trash: whole wherever it is."""
        store = store_in(root)
        here = [one for one in store.listings() if one.id == self.session_id]
        there = [one for one in store.trash() if one.id == self.session_id]
        for listing in (*here, *there):
            assert not listing.problem, listing.problem
            assert whole(listing.folder, self.original), sorted(contents(listing.folder))
        assert len(store.listings()) == len(here)
        return bool(here), bool(there)

    def delete(self, root: Path) -> None:
        store_in(root).delete(store_in(root).find(self.session_id))

    def relabel(self, root: Path) -> None:
        store_in(root).relabel(store_in(root).find(self.session_id), Label(name="other"))

    def session_of(self, root: Path) -> Session:
        return Session(root / "sessions" / self.session_id)


def make_world(world: Path) -> None:
    """A finished session and what is exported of it, to compare with."""
    session = finished_session(world / "sessions", epochs=2, name="whole")
    # It does not travel, nor does the summary keep its place.
    for name in (layout.TENSORBOARD, layout.WORKER, layout.HEARTBEAT):
        (session.folder / name).unlink()
    export_session(session, world / "session.zip")
    import_session(SessionStore(world / "other"), world / "session.zip")
    shutil.rmtree(session.folder)
    (world / "other" / session.id).rename(session.folder)
    shutil.rmtree(world / "other")
    write_history_csv(world / "history.csv", [Session(session.folder)])
    write_picture(world)
    write_arrays(world)
    export_session_run(Session(session.folder), world / "logs", None)
    export_session(Session(session.folder), world / "session.zip")


def events_of(world: Path) -> Path:
    [events] = (world / "logs").glob("*/events.out.*")
    return events


def write_picture(root: Path) -> None:
    save_png(root / "picture.png", np.arange(784, dtype=np.uint8).reshape(28, 28))


def write_arrays(root: Path) -> None:
    write_npz(root / "arrays.npz", {"z_mean": np.arange(20, dtype=np.float32).reshape(10, 2)})
