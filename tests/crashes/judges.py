"""Invariants of the folders that a crash leaves, per operation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crashes.world import World, events_of, store_in
from tests.sessions.makers import new_session
from vae_engine.errors import SessionError
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.archive import import_session
from vae_engine.sessions.arrays import ArraySpec, parse_npz
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import Label, TensorBoardRecord
from vae_engine.sweeps.store import Sweep, SweepStore

Check = Callable[[Path, bool], None]
"""Looks at a folder that a crash left; whether the operation had been reported as done."""


class Judges:
    """Fail where a folder is neither as before an operation nor as after it.

    After the report only the latter will do. They also do what a user would do next.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def judge_import(self, root: Path, done: bool) -> None:
        here, _ = self._world.found_in(root)
        assert here or not done
        if here:
            with pytest.raises(SessionError, match="is here already"):
                import_session(store_in(root), self._world.archive)
        else:
            import_session(store_in(root), self._world.archive)
        assert self._world.found_in(root) == (True, False)

    def judge_delete(self, root: Path, done: bool) -> None:
        here, there = self._world.found_in(root)
        assert here != there
        assert there or not done
        if here:
            store_in(root).delete(store_in(root).find(self._world.session_id))
        store_in(root).restore(self._world.session_id)
        assert self._world.found_in(root) == (True, False)

    def judge_restore(self, root: Path, done: bool) -> None:
        here, there = self._world.found_in(root)
        assert here != there
        assert here or not done
        if there:
            store_in(root).restore(self._world.session_id)
        store_in(root).delete(store_in(root).find(self._world.session_id))
        assert self._world.found_in(root) == (False, True)

    def judge_removal(self, root: Path, done: bool) -> None:
        _, there = self._world.found_in(root)
        assert not (there and done)
        assert store_in(root).empty_trash() == there
        import_session(store_in(root), self._world.archive)
        assert not list((root / "sessions").rglob(".gone-*"))

    def judge_withdrawal(self, root: Path, done: bool) -> None:
        here, _ = self._world.found_in(root)
        assert not (here and done)

    def judge_creation(self, root: Path, done: bool) -> None:
        listings = store_in(root).listings()
        assert len(listings) == 1 or (not listings and not done)
        for listing in listings:
            assert not listing.problem
            assert listing.label == Label(name="new", tags=["a"])
            layout_names = {path.name for path in listing.folder.iterdir() if path.is_dir()}
            assert layout_names == set(layout.FOLDERS)
        new_session(root / "sessions")
        assert len(store_in(root).listings()) == len(listings) + 1

    def judge_sweep(self, root: Path, done: bool) -> None:
        sweeps = SweepStore(store_in(root)).listings()
        assert len(sweeps) == 1 or (not sweeps and not done)
        assert all(isinstance(sweep, Sweep) and len(sweep.record.trials) == 2 for sweep in sweeps)

    def judge_label(self, root: Path, done: bool) -> None:
        name = store_in(root).find(self._world.session_id).label.name
        assert name in (("other",) if done else ("whole", "other"))
        store_in(root).relabel(store_in(root).find(self._world.session_id), Label(name="third"))

    def judge_command(self, root: Path, done: bool) -> None:
        pending = inbox.pending(root / "sessions" / self._world.session_id)
        assert pending in ([["pause"]] if done else [["pause"], []])

    def judge_file(self, name: str, read: Callable[[bytes], object] = bytes) -> Check:
        new = read((self._world.folder / name).read_bytes())

        def judge(root: Path, done: bool) -> None:
            found = (root / name).read_bytes()
            assert (found == b"older" and not done) or read(found) == new

        return judge

    def judge_logdir(self, root: Path, done: bool) -> None:
        path = root / "sessions" / self._world.session_id / layout.TENSORBOARD
        assert path.exists() or not done
        if path.exists():
            assert read_record(path, TensorBoardRecord).folder == "/logs"

    def judge_copying_delete(self, root: Path, done: bool) -> None:
        """While it is copied it may be in both places."""
        _, there = self._world.found_in(root)
        assert there or not done
        if any(one.id == self._world.session_id for one in store_in(root).listings()):
            store_in(root).delete(store_in(root).find(self._world.session_id))
        assert self._world.found_in(root) == (False, True)
        store_in(root).restore(self._world.session_id)
        assert self._world.found_in(root) == (True, False)
        new_session(root / "sessions")
        assert not list((root / "sessions").glob(".gone-*"))

    def judge_run(self, root: Path, done: bool) -> None:
        if not done:
            return
        [events] = (root / "logs" / self._world.session_id).glob("events.out.*")
        assert events.read_bytes() == events_of(self._world.folder).read_bytes()


def read_arrays(content: bytes) -> object:
    arrays = parse_npz(content, {"z_mean": ArraySpec("float32", (None, 2))}, name="arrays.npz")
    return arrays["z_mean"].tobytes()
