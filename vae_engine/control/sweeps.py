"""Start, resume and stop sweeps."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import msgspec

from vae_engine.control.preflight import check_new, check_same_images, dataset_key
from vae_engine.control.training import Shield
from vae_engine.dataset_names import absolute_dataset
from vae_engine.defaults import resolved_settings, suited_settings
from vae_engine.errors import SessionBusyError, SessionError, SettingError
from vae_engine.inference.architecture import check_network_size
from vae_engine.sessions import inbox
from vae_engine.sessions.drafts import withdraw
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings
from vae_engine.sweeps.grid import Grid
from vae_engine.sweeps.ray.address import check_ray
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import Trial, read_trials
from vae_engine.worker.launcher import start_detached

if TYPE_CHECKING:
    from vae_engine.datasets.preflight import CheckedDataset

# Importing Ray, joining a cluster and sending it the code takes a while.
_RAY_SECONDS = 300.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.2


def check_sweep(
    store: SessionStore,
    grid: Grid,
    *,
    ray: str = "",
    announce: Callable[[str], object] | None = None,
) -> tuple[Grid, str]:
    """Check that a sweep can be trained here, or on a cluster.

    Args:
        store: of the sessions that its trials will be.
        grid: its trials; datasets' paths may be relative.
        ray: address of the cluster that trains it; empty for this machine.
        announce: called with a line about the images of each dataset that is a path.

    Returns:
        The grid with settings suited to the images, see `suited_settings`; and `HOST:PORT` of the
        cluster's head node, empty for this machine.

    Raises:
        RayClusterError: Ray is not installed, or does not answer.
        DatasetError: the images of a trial cannot be used.
        SettingError: a trial's `limit` exceeds the number of images.
        WorkerError: TensorFlow is not installed.
    """
    head = check_ray(ray) if ray else ""
    grid = _with_absolute_datasets(grid)
    images = check_new(store, grid.trials, None, announce)
    trials = tuple(_suited(one, grid.given, images[dataset_key(one)]) for one in grid.trials)
    return Grid(grid.varied, trials), head


def _suited(settings: Settings, given: Collection[str] | None, images: CheckedDataset) -> Settings:
    """Adapt a trial's settings to its images, and check the size of its networks."""
    shape = images.image_shape
    if given is not None:
        settings = suited_settings(settings, given, images.train_images, shape)
    settings = resolved_settings(settings, shape)
    check_network_size(settings, shape)
    return settings


def start_sweep(
    store: SessionStore,
    new: NewSweep,
    *,
    head: str | None = None,
    shield: Shield = contextlib.nullcontext,
) -> Sweep:
    """Check and record a sweep, and start its coordinator; a failure leaves nothing behind.

    Args:
        store: of the sessions that its trials will be.
        new: the sweep; datasets' paths may be relative.
        head: the cluster's head node, if `check_sweep` has returned it with the grid; None to call
            it.
        shield: around creation and start.

    Raises:
        RayClusterError: the cluster does not answer.
        DatasetError: the images of a trial cannot be used.
        SettingError: the name is invalid, or a trial's `limit` exceeds the number of images.
        SessionError: the sweep cannot be recorded.
        WorkerError: the coordinator did not start.
    """
    if head is None:
        grid, head = check_sweep(store, new.grid, ray=new.ray)
        new = dataclasses.replace(new, grid=grid)
    new = dataclasses.replace(new, grid=_with_absolute_datasets(new.grid))
    with shield():
        sweep = SweepStore(store).create(new)
        try:
            start_coordinator(sweep, ray=head)
        except BaseException:
            withdraw(sweep.folder)
            raise
    return sweep


def resume_sweep(
    sweep: Sweep, *, ray: str | None = None, shield: Shield = contextlib.nullcontext
) -> None:
    """Resume every unfinished trial.

    Args:
        sweep: a sweep that is not running.
        ray: address of the cluster that trains it, empty for this machine, None for the previous
        one.
        shield: around the start.

    Raises:
        SessionBusyError: it is running.
        SessionError: no trial can be resumed.
        RayClusterError: the cluster does not answer.
        DatasetError: the images of a trial are no longer usable.
        WorkerError: the coordinator did not start.
    """
    trials = read_trials(sweep)
    _check_free(sweep)
    if not any(trial.live or trial.task for trial in trials):
        raise SessionError(f"sweep {sweep.id} has no trial left to train or evaluate")
    address = sweep.record.ray if ray is None else ray
    head = check_ray(address) if address else ""
    _check_images(sweep, [trial for trial in trials if trial.task is not None])
    with shield():
        start_coordinator(sweep, ray=head)


def start_coordinator(sweep: Sweep, *, ray: str = "") -> int:
    """Start a detached coordinator and wait until it holds the sweep.

    Args:
        sweep: one without a coordinator.
        ray: `HOST:PORT` of the head node of the cluster that trains it; empty for this machine.

    Returns:
        Its process id.

    Raises:
        SessionBusyError: another one has the sweep.
        WorkerError: it could not be started, or exited immediately.
    """
    _check_free(sweep)
    arguments, seconds = (["--ray", ray], {"seconds": _RAY_SECONDS}) if ray else ([], {})
    return start_detached(
        sweep.folder,
        "vae_engine.sweeps",
        arguments,
        called=f"coordinator of {sweep.id}",
        busy=_busy(sweep),
        **seconds,
    )


def ask_to_stop(sweep: Sweep) -> None:
    """Send a stop to a sweep; its trials stop after a checkpoint, within some seconds.

    Raises:
        SessionBusyError: nothing of it runs.
        OSError: an inbox cannot be written.
    """
    trials = read_trials(sweep, figures=False)
    if not sweep.alive() and not any(trial.live for trial in trials):
        raise SessionBusyError(f"sweep {sweep.id} is not running: there is nothing to stop")
    _ask_to_stop(sweep, trials)


def stop_sweep(sweep: Sweep, *, seconds: float = _STOP_SECONDS) -> None:
    """Stop a sweep and wait until all of it has stopped.

    Args:
        sweep: a sweep that is running, or has running trials.
        seconds: to wait.

    Raises:
        SessionBusyError: nothing of it runs.
        SessionError: it has not stopped in time.
        OSError: an inbox cannot be written.
    """
    deadline = time.monotonic() + seconds
    asked_coordinator = sweep.alive()
    ask_to_stop(sweep)
    while True:
        # Checked before the trials are read: it may start one just before it exits.
        alive = sweep.alive()
        trials = read_trials(sweep, figures=False)
        if not alive and not any(trial.live for trial in trials):
            return
        if time.monotonic() > deadline:
            raise SessionError(
                f"sweep {sweep.id} has not stopped within {seconds:.0f} s",
                remedy="follow_sweep",
                subject=sweep.id,
            )
        if asked_coordinator and not alive:
            # It was killed before it could forward the command, or no worker is left.
            asked_coordinator = False
            _ask_to_stop(sweep, trials)
        time.sleep(_POLL_SECONDS)


def _ask_to_stop(sweep: Sweep, trials: Sequence[Trial]) -> None:
    """Send the command to the coordinator or, if there is none, to the trials."""
    if sweep.alive():
        inbox.send(sweep.folder, "stop")
        return
    root = sweep.sessions.root
    for trial in trials:
        if trial.live:
            with contextlib.suppress(FileNotFoundError):  # Deleted meanwhile.
                inbox.send(root / trial.session, "stop_now")


def _check_free(sweep: Sweep) -> None:
    if sweep.alive():
        raise _busy(sweep)


def _check_images(sweep: Sweep, trials: Sequence[Trial]) -> None:
    """Check the images of trials to resume: each dataset once, with its digest."""
    unbegun = [trial.settings for trial in trials if trial.status == "waiting"]
    check_new(sweep.sessions, unbegun, None)
    begun = {dataset_key(one.settings): one for one in trials if one.status != "waiting"}
    for trial in begun.values():
        session = Session(sweep.sessions.root / trial.session)
        session.poll(progress=False)
        check_same_images(session)


def _busy(sweep: Sweep) -> SessionBusyError:
    return SessionBusyError(
        f"sweep {sweep.id} is already running", remedy="follow_sweep", subject=sweep.id
    )


def _with_absolute_datasets(grid: Grid) -> Grid:
    """Make the datasets' paths absolute, since the workers may run elsewhere."""
    varied = dict(grid.varied)
    if "dataset" in varied:
        varied["dataset"] = tuple(absolute_dataset(str(one)) for one in varied["dataset"])
    trials = tuple(
        msgspec.structs.replace(one, dataset=absolute_dataset(one.dataset)) for one in grid.trials
    )
    if len(set(trials)) < len(trials):
        raise SettingError("dataset has the same path twice")
    return Grid(varied, trials, grid.given)
