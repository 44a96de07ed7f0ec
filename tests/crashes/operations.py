"""What is recorded: each command that reports something as done, and how a crash is judged."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.sessions.makers import contents, finished_session, new_session
from vae_engine.errors import SessionError
from vae_engine.inference.pictures import save_png
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.arrays import ArraySpec, parse_npz, write_npz
from vae_engine.sessions.atomic import TEMPORARY, read_record
from vae_engine.sessions.drafts import discard
from vae_engine.sessions.history_csv import write_history_csv
from vae_engine.sessions.records import Label, TensorBoardRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.tensorboard.logdir import keep_logdir
from vae_engine.tensorboard.session_run import export_session_run

Act = Callable[[Path], None]
Check = Callable[[Path, bool], None]
"""Looks at a folder that a crash left; whether the operation had been reported as done."""

_OWN = (layout.LOCK, layout.HEARTBEAT, TEMPORARY)


@dataclass(frozen=True)
class Operation:
    """A command, what must be there before it, and the judge of what is left of it.

    Attributes:
        prepare: fills an empty folder, whose content counts as on the disk.
        act: does it there.
        check: fails where the folder is neither as before nor as after; after the report only the
            latter will do. It also does what a user would do next.
    """

    prepare: Act
    act: Act
    check: Check


def store_in(root: Path) -> SessionStore:
    return SessionStore(root / "sessions")


def whole(folder: Path, original: Path) -> bool:
    """Whether a session has every file of the original."""
    found, wanted = contents(folder), contents(original)
    return {name: data for name, data in found.items() if not name.startswith(_OWN)} == {
        name: data for name, data in wanted.items() if not name.startswith(_OWN)
    }


def operations(world: Path) -> dict[str, Operation]:
    """All of them.

    Args:
        world: a folder with a finished session as `make_world` leaves it; only read.
    """
    [original] = (world / "sessions").iterdir()
    archive, session_id = world / "session.zip", original.name

    def with_session(root: Path) -> None:
        shutil.copytree(original, root / "sessions" / session_id)

    def with_deleted(root: Path) -> None:
        with_session(root)
        store_in(root).delete(store_in(root).find(session_id))

    def with_older(root: Path) -> None:
        with_session(root)
        for name in ("session.zip", "history.csv", "picture.png", "arrays.npz"):
            (root / name).write_bytes(b"older")

    def found_in(root: Path) -> tuple[bool, bool]:
        """Whether the session is among the others, and in the trash: whole wherever it is."""
        store = store_in(root)
        here = [one for one in store.listings() if one.id == session_id]
        there = [one for one in store.trash() if one.id == session_id]
        for listing in (*here, *there):
            assert not listing.problem, listing.problem
            assert whole(listing.folder, original), sorted(contents(listing.folder))
        assert len(store.listings()) == len(here)
        return bool(here), bool(there)

    def judge_import(root: Path, done: bool) -> None:
        here, _ = found_in(root)
        assert here or not done
        if here:
            with pytest.raises(SessionError, match="is here already"):
                import_session(store_in(root), archive)
        else:
            import_session(store_in(root), archive)
        assert found_in(root) == (True, False)

    def judge_delete(root: Path, done: bool) -> None:
        here, there = found_in(root)
        assert here != there
        assert there or not done
        if here:
            store_in(root).delete(store_in(root).find(session_id))
        store_in(root).restore(session_id)
        assert found_in(root) == (True, False)

    def judge_restore(root: Path, done: bool) -> None:
        here, there = found_in(root)
        assert here != there
        assert here or not done
        if there:
            store_in(root).restore(session_id)
        store_in(root).delete(store_in(root).find(session_id))
        assert found_in(root) == (False, True)

    def judge_removal(root: Path, done: bool) -> None:
        _, there = found_in(root)
        assert not (there and done)
        assert store_in(root).empty_trash() == there
        import_session(store_in(root), archive)
        assert not list((root / "sessions").rglob(".gone-*"))

    def judge_withdrawal(root: Path, done: bool) -> None:
        here, _ = found_in(root)
        assert not (here and done)

    def judge_creation(root: Path, done: bool) -> None:
        listings = store_in(root).listings()
        assert len(listings) == 1 or (not listings and not done)
        for listing in listings:
            assert not listing.problem
            assert listing.label == Label(name="new", tags=["a"])
            layout_names = {path.name for path in listing.folder.iterdir() if path.is_dir()}
            assert layout_names == set(layout.FOLDERS)
        new_session(root / "sessions")
        assert len(store_in(root).listings()) == len(listings) + 1

    def judge_sweep(root: Path, done: bool) -> None:
        sweeps = SweepStore(store_in(root)).listings()
        assert len(sweeps) == 1 or (not sweeps and not done)
        assert all(isinstance(sweep, Sweep) and len(sweep.record.trials) == 2 for sweep in sweeps)

    def judge_label(root: Path, done: bool) -> None:
        name = store_in(root).find(session_id).label.name
        assert name in (("other",) if done else ("whole", "other"))
        store_in(root).relabel(store_in(root).find(session_id), Label(name="third"))

    def judge_command(root: Path, done: bool) -> None:
        pending = inbox.pending(root / "sessions" / session_id)
        assert pending in ([["pause"]] if done else [["pause"], []])

    def judge_file(name: str, read: Callable[[bytes], object] = bytes) -> Check:
        new = read((world / name).read_bytes())

        def judge(root: Path, done: bool) -> None:
            found = (root / name).read_bytes()
            assert (found == b"older" and not done) or read(found) == new

        return judge

    def judge_logdir(root: Path, done: bool) -> None:
        path = root / "sessions" / session_id / layout.TENSORBOARD
        assert path.exists() or not done
        if path.exists():
            assert read_record(path, TensorBoardRecord).folder == "/logs"

    def judge_copying_delete(root: Path, done: bool) -> None:
        """While it is copied it may be in both places."""
        _, there = found_in(root)
        assert there or not done
        if any(one.id == session_id for one in store_in(root).listings()):
            store_in(root).delete(store_in(root).find(session_id))
        assert found_in(root) == (False, True)
        store_in(root).restore(session_id)
        assert found_in(root) == (True, False)
        new_session(root / "sessions")
        assert not list((root / "sessions").glob(".gone-*"))

    def delete(root: Path) -> None:
        store_in(root).delete(store_in(root).find(session_id))

    def judge_run(root: Path, done: bool) -> None:
        if not done:
            return
        [events] = (root / "logs" / session_id).glob("events.out.*")
        assert events.read_bytes() == _events(world).read_bytes()

    def relabel(root: Path) -> None:
        store_in(root).relabel(store_in(root).find(session_id), Label(name="other"))

    def session_of(root: Path) -> Session:
        return Session(root / "sessions" / session_id)

    def nothing(root: Path) -> None:
        """Not even the folder of the sessions is there."""

    return {
        "create the first session": Operation(
            nothing, lambda root: _create(root, make_settings()), judge_creation
        ),
        "import into nothing": Operation(
            nothing, lambda root: _import(root, archive), judge_import
        ),
        "delete": Operation(
            with_session,
            delete,
            judge_delete,
        ),
        "delete to another file system": Operation(
            with_session, lambda root: _elsewhere(root, delete), judge_copying_delete
        ),
        "restore": Operation(
            with_deleted, lambda root: _ignore(store_in(root).restore(session_id)), judge_restore
        ),
        "empty the trash": Operation(
            with_deleted, lambda root: _ignore(store_in(root).empty_trash()), judge_removal
        ),
        "withdraw": Operation(
            with_session, lambda root: discard(root / "sessions" / session_id), judge_withdrawal
        ),
        "label": Operation(with_session, relabel, judge_label),
        "ask": Operation(
            with_session,
            lambda root: _ignore(inbox.send(root / "sessions" / session_id, "pause")),
            judge_command,
        ),
        "log for TensorBoard": Operation(
            with_session,
            lambda root: keep_logdir(root / "sessions" / session_id, Path("/logs")),
            judge_logdir,
        ),
        "sweep": Operation(nothing, _sweep, judge_sweep),
        "export a zip": Operation(
            with_older,
            lambda root: export_session(session_of(root), root / "session.zip"),
            judge_file("session.zip"),
        ),
        "export a history": Operation(
            with_older,
            lambda root: _ignore(write_history_csv(root / "history.csv", [session_of(root)])),
            judge_file("history.csv"),
        ),
        "export a picture": Operation(
            with_older, lambda root: _picture(root), judge_file("picture.png")
        ),
        "export embeddings": Operation(
            with_older, lambda root: _arrays(root), judge_file("arrays.npz", _read_arrays)
        ),
        "export for TensorBoard": Operation(
            with_session,
            lambda root: _ignore(export_session_run(session_of(root), root / "logs", None)),
            judge_run,
        ),
    }


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
    _picture(world)
    _arrays(world)
    export_session_run(Session(session.folder), world / "logs", None)
    export_session(Session(session.folder), world / "session.zip")


def _events(world: Path) -> Path:
    [events] = (world / "logs").glob("*/events.out.*")
    return events


def _elsewhere(root: Path, act: Act) -> None:
    """Do it as if every folder were a file system of its own."""
    rename = Path.rename

    def only_within(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", only_within)
        act(root)


def _read_arrays(content: bytes) -> object:
    arrays = parse_npz(content, {"z_mean": ArraySpec("float32", (None, 2))}, name="arrays.npz")
    return arrays["z_mean"].tobytes()


def _create(root: Path, settings: object) -> None:
    store_in(root).create(settings, name="new", tags=["a"], command=["vae"])  # type: ignore[arg-type]


def _import(root: Path, archive: Path) -> None:
    import_session(store_in(root), archive)


def _sweep(root: Path) -> None:
    grid = make_grid({"latent_dim": [2, 8]}, None)
    SweepStore(store_in(root)).create(NewSweep(grid, parallel=1, name="sweep", command=["vae"]))


def _picture(root: Path) -> None:
    save_png(root / "picture.png", np.arange(784, dtype=np.uint8).reshape(28, 28))


def _arrays(root: Path) -> None:
    write_npz(root / "arrays.npz", {"z_mean": np.arange(20, dtype=np.float32).reshape(10, 2)})


def _ignore(_result: object) -> None:
    """What a call returns is not of interest."""
