"""What the app does to sessions, each in one call that may take seconds: for worker threads."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from vae_engine.errors import EngineError, SessionBusyError, SessionError
from vae_engine.launcher import start_worker
from vae_engine.sessions import layout
from vae_engine.sessions.records import LIVE, Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings
from vae_engine.sweeps.control import ask_to_stop, check_resumable, start_coordinator
from vae_engine.sweeps.grid import Grid
from vae_engine.sweeps.remote.address import check_ray
from vae_engine.sweeps.store import Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

NAMED_DATASETS = ("mnist", "fashion_mnist")


def start_session(
    store: SessionStore,
    settings: Settings,
    *,
    command: Sequence[str],
    name: str | None = None,
    parent: str | None = None,
) -> Session:
    """Create a session and start its worker; where that fails, nothing is left behind.

    Args:
        store: where to create it.
        settings: what to train with.
        command: what a person would have typed for it.
        name: its name, None for the usual one.
        parent: id of the session that it is forked from.

    Raises:
        DatasetError: the images cannot be used.
        SettingError: the name cannot be used.
        SessionError: the session cannot be created.
        WorkerError: the worker did not start.
    """
    # Imported here, since it reads images with NumPy, and the first frame need not wait for that.
    from vae_engine.datasets import check_dataset

    check_dataset(settings.dataset, settings.limit)
    session = store.create(settings, name=name, command=command, parent=parent)
    try:
        start_worker(session)
    except EngineError:
        shutil.rmtree(session.folder)
        raise
    return session


def resume_session(folder: Path, *, more: int | None = None) -> Session:
    """Start a worker for a session that has ended.

    Args:
        folder: of the session.
        more: so many epochs more than it has; None goes on to the planned end.

    Raises:
        SessionError: it cannot go on so, and what can be done instead.
        DatasetError: its images cannot be used any more.
        WorkerError: the worker did not start.
    """
    from vae_engine.datasets import check_dataset

    session = Session(folder)
    session.poll(progress=False)
    _check_resumable(session, more=more is not None)
    check_dataset(session.settings.dataset, session.settings.limit)
    start_worker(session, epochs=None if more is None else session.log.epoch + more)
    return session


def start_sweep(
    store: SessionStore,
    grid: Grid,
    *,
    parallel: int,
    command: Sequence[str],
    name: str | None = None,
) -> Sweep:
    """Record a sweep and start its coordinator; where that fails, nothing is left behind.

    Args:
        store: of the sessions that its trials will be.
        grid: its trials.
        parallel: how many train at once.
        command: what a person would have typed for it.
        name: its name, None for the usual one.

    Raises:
        DatasetError: the images of a trial cannot be used.
        SettingError: the name cannot be used.
        SessionError: the sweep cannot be recorded.
        WorkerError: the coordinator did not start.
    """
    _check_datasets(grid.trials)
    sweep = SweepStore(store).create(grid, parallel=parallel, name=name, command=command)
    try:
        start_coordinator(sweep)
    except EngineError:
        shutil.rmtree(sweep.folder)
        raise
    return sweep


def resume_sweep(sweep: Sweep) -> None:
    """Go on with every trial that is not finished, on the cluster if it was run on one.

    Raises:
        SessionError: it runs, or nothing is left to do.
        RayClusterError: the cluster does not answer.
        DatasetError: the images of a trial cannot be used any more.
        WorkerError: the coordinator did not start.
    """
    trials = read_trials(sweep)
    check_resumable(sweep, trials)
    head = check_ray(sweep.record.ray) if sweep.record.ray else ""
    _check_datasets(trial.settings for trial in trials if trial.task is not None)
    start_coordinator(sweep, ray=head)


def stop_sweep(sweep: Sweep) -> None:
    """Ask a sweep to stop, its trials after a checkpoint; they do so within some seconds.

    Raises:
        SessionBusyError: nothing of it runs.
        OSError: an inbox cannot be written.
    """
    trials = read_trials(sweep, figures=False)
    if not sweep.alive() and not any(trial.live for trial in trials):
        raise SessionBusyError(f"sweep {sweep.id} does not run: there is nothing to stop")
    ask_to_stop(sweep, trials)


def relabel(store: SessionStore, folder: Path, change: Callable[[Label], Label]) -> None:
    """Change name, tags or note, starting from what they are now.

    Raises:
        SettingError: the new label cannot be kept.
        SessionError: the session is damaged or cannot be written.
    """
    session = Session(folder)
    store.relabel(session, change(session.label))


def renamed(name: str) -> Callable[[Label], Label]:
    """The change that gives another name."""
    return lambda label: msgspec.structs.replace(label, name=name.strip())


def noted(note: str) -> Callable[[Label], Label]:
    """The change that gives another note."""
    return lambda label: msgspec.structs.replace(label, note=note.strip())


def tagged(words: str) -> Callable[[Label], Label]:
    """The change that sets the tags: words separated by commas or spaces.

    Where every word begins with `+` or `-`, these are added to or taken from the present tags.
    """
    tags = words.replace(",", " ").split()
    if not tags or not all(tag[0] in "+-" and len(tag) > 1 for tag in tags):
        return lambda label: msgspec.structs.replace(label, tags=list(dict.fromkeys(tags)))
    gone = {tag[1:] for tag in tags if tag[0] == "-"}
    new = [tag[1:] for tag in tags if tag[0] == "+"]
    return lambda label: msgspec.structs.replace(
        label, tags=[tag for tag in dict.fromkeys([*label.tags, *new]) if tag not in gone]
    )


def delete_sessions(store: SessionStore, ids: Sequence[str]) -> list[str]:
    """Move sessions to the trash, all of them or, where one is training, none.

    Returns:
        Their ids, by which they can be restored.

    Raises:
        SessionBusyError: one has a worker.
        SessionError: one is gone, or cannot be moved.
    """
    listings = [store.find_listing(session_id) for session_id in ids]
    live = [listing.id for listing in listings if listing.status in LIVE]
    if live:
        raise SessionBusyError(f"session {live[0]} is training: stop it before deleting")
    for listing in listings:
        store.delete(listing)
    return [listing.id for listing in listings]


def restore_sessions(store: SessionStore, ids: Sequence[str]) -> list[str]:
    """Bring sessions back from the trash; returns their ids.

    Raises:
        SessionError: one is not there, or cannot be moved.
    """
    for session_id in ids:
        store.restore(session_id)
    return list(ids)


def export_archive(folder: Path, target: Path, *, slim: bool) -> Path:
    """Write a session into a zip file, which must not exist yet; returns the file.

    Raises:
        SessionError: the file exists, or cannot be written.
    """
    # Imported here, since few need it.
    from vae_engine.sessions.archive import export_session

    target = target.expanduser().absolute()
    if target.suffix.lower() != ".zip":
        raise SessionError(f"{target.name} is no zip file: its name must end in .zip")
    if target.exists():
        raise SessionError(f"{target} exists already: choose another name")
    export_session(Session(folder), target, slim=slim)
    return target


def _check_datasets(trials: Iterable[Settings]) -> None:
    from vae_engine.datasets import check_dataset

    for dataset, limit in dict.fromkeys((one.dataset, one.limit) for one in trials):
        check_dataset(dataset, limit)


def _check_resumable(session: Session, *, more: bool) -> None:
    status, log, this = session.status(), session.log, f"session {session.id}"
    if status in LIVE:
        raise SessionBusyError(f"{this} is {status} already: open it to follow it")
    if status == "diverged":
        raise SessionError(f"{this} diverged: fork it with a smaller learning_rate instead")
    if status == "completed" and not more:
        raise SessionError(f"{this} has completed: extend it by some epochs instead")
    if log.epoch and not (session.folder / layout.CHECKPOINTS / layout.INDEX).exists():
        raise SessionError(f"{this} has no checkpoints, as a slim copy: fork it instead")
