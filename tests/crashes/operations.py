"""Recorded operations: commands that report something as done, and the check after a crash."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crashes.judges import Check, Judges, read_arrays
from tests.crashes.world import World, store_in, write_arrays, write_picture
from vae_engine.sessions import inbox
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.drafts import discard
from vae_engine.sessions.history_csv import write_history_csv
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, SweepStore
from vae_engine.tensorboard.logdir import keep_logdir
from vae_engine.tensorboard.session_run import export_session_run

Act = Callable[[Path], None]


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


def operations(folder: Path) -> dict[str, Operation]:
    """All of them.

    Args:
        folder: with a finished session as `make_world` leaves it; only read.
    """
    world = World(folder)
    judges = Judges(world)
    return {**_changes(world, judges), **_exports(world, judges)}


def _changes(world: World, judges: Judges) -> dict[str, Operation]:
    return {
        "create the first session": Operation(
            world.nothing, lambda root: _create(root, make_settings()), judges.judge_creation
        ),
        "import into nothing": Operation(
            world.nothing, lambda root: _import(root, world.archive), judges.judge_import
        ),
        "delete": Operation(
            world.with_session,
            world.delete,
            judges.judge_delete,
        ),
        "delete to another file system": Operation(
            world.with_session,
            lambda root: _elsewhere(root, world.delete),
            judges.judge_copying_delete,
        ),
        "restore": Operation(
            world.with_deleted,
            lambda root: _ignore(store_in(root).restore(world.session_id)),
            judges.judge_restore,
        ),
        "empty the trash": Operation(
            world.with_deleted,
            lambda root: _ignore(store_in(root).empty_trash()),
            judges.judge_removal,
        ),
        "withdraw": Operation(
            world.with_session,
            lambda root: discard(root / "sessions" / world.session_id),
            judges.judge_withdrawal,
        ),
        "label": Operation(world.with_session, world.relabel, judges.judge_label),
        "ask": Operation(
            world.with_session,
            lambda root: _ignore(inbox.send(root / "sessions" / world.session_id, "pause")),
            judges.judge_command,
        ),
        "log for TensorBoard": Operation(
            world.with_session,
            lambda root: keep_logdir(root / "sessions" / world.session_id, Path("/logs")),
            judges.judge_logdir,
        ),
        "sweep": Operation(world.nothing, _sweep, judges.judge_sweep),
    }


def _exports(world: World, judges: Judges) -> dict[str, Operation]:
    return {
        "export a zip": Operation(
            world.with_older,
            lambda root: export_session(world.session_of(root), root / "session.zip"),
            judges.judge_file("session.zip"),
        ),
        "export a history": Operation(
            world.with_older,
            lambda root: _ignore(write_history_csv(root / "history.csv", [world.session_of(root)])),
            judges.judge_file("history.csv"),
        ),
        "export a picture": Operation(
            world.with_older, write_picture, judges.judge_file("picture.png")
        ),
        "export embeddings": Operation(
            world.with_older, write_arrays, judges.judge_file("arrays.npz", read_arrays)
        ),
        "export for TensorBoard": Operation(
            world.with_session,
            lambda root: _ignore(export_session_run(world.session_of(root), root / "logs", None)),
            judges.judge_run,
        ),
    }


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


def _create(root: Path, settings: object) -> None:
    store_in(root).create(settings, name="new", tags=["a"], command=["vae"])  # type: ignore[arg-type]


def _import(root: Path, archive: Path) -> None:
    import_session(store_in(root), archive)


def _sweep(root: Path) -> None:
    grid = make_grid({"latent_dim": [2, 8]}, None)
    SweepStore(store_in(root)).create(NewSweep(grid, parallel=1, name="sweep", command=["vae"]))


def _ignore(_result: object) -> None:
    """What a call returns is not of interest."""
