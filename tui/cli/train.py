"""Commands that start a worker: train, resume, fork."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import click
import msgspec

from tui.cli.distributed import (
    distribution_options,
    take_distribution,
    tell_waiting,
    train_member,
)
from tui.cli.follow import follow_to_the_end, tell_detached
from tui.cli.interrupts import interrupts_noted
from tui.cli.options import (
    command_for,
    detach_option,
    id_argument,
    name_option,
    plain_option,
    setting_option,
    setting_options,
    store_option,
    tensorboard_option,
)
from tui.cli.output import say
from tui.text import encodable
from vae_engine.cluster.distribution import Distribution
from vae_engine.errors import EngineError, SessionBusyError, SessionError
from vae_engine.launcher import start_worker
from vae_engine.sessions import layout
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Settings, make_settings

_NAMED_DATASETS = ("mnist", "fashion_mnist")

_logdir_option = tensorboard_option("write for TensorBoard while it trains, into DIR/<session id>")


@click.command()
@setting_options
@name_option
@plain_option
@detach_option
@_logdir_option
@distribution_options
@store_option
def train(
    store: SessionStore,
    name: str | None,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Train a VAE in a worker that outlives the terminal.

    Follows it on the dashboard, or in lines off a terminal; leaving it leaves it training.
    """
    distribution = take_distribution(values)
    given = _given(values)
    if not distribution.is_chief:
        train_member(store, distribution, given, detach=detach)
        return
    settings = make_settings(given)
    _train(store, settings, distribution, name=name, plain=plain, detach=detach, logdir=tensorboard)


@click.command()
@id_argument
@setting_options
@name_option
@plain_option
@detach_option
@_logdir_option
@distribution_options
@store_option
def fork(
    reference: str,
    store: SessionStore,
    name: str | None,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Train anew with a session's settings, some of them changed.

    Every setting that is not given is that of the session ID.
    """
    distribution = take_distribution(values)
    given = _given(values)
    if not distribution.is_chief:
        train_member(store, distribution, given, detach=detach)
        return
    parent = store.find(reference)
    settings = fork_settings(parent.settings, given)
    _train(
        store,
        settings,
        distribution,
        name=name,
        plain=plain,
        detach=detach,
        logdir=tensorboard,
        parent=parent.id,
    )


@click.command()
@id_argument
@setting_option(
    msgspec.structs.replace(SETTINGS["epochs"], help="train so many more epochs"), fallback=None
)
@plain_option
@detach_option
@_logdir_option
@distribution_options
@store_option
def resume(
    reference: str,
    epochs: int | None,
    store: SessionStore,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Go on with a session that has ended, or add epochs to it.

    It goes on exactly where its last checkpoint stood, up to the planned end; with --epochs N for N
    epochs more than it has. The workers may be others, or none.
    """
    distribution = take_distribution(values)
    if not distribution.is_chief:
        train_member(store, distribution, {}, detach=detach)
        return
    session = store.find(reference)
    session.poll(progress=False)
    _check_resumable(session, more=epochs is not None)
    check_images(session.settings)
    if tensorboard is not None:
        _check_logdir(tensorboard, store)
    target = None if epochs is None else session.log.epoch + epochs
    run = session.log.run + 1
    prepared = session.log.prepared
    if prepared and (difference := distribution.difference(prepared.environment)):
        say(f"session {session.id}: {difference}", err=True)
    left = _start(session, distribution, epochs=target, logdir=tensorboard)
    _follow(session, run=run, plain=plain, detach=detach, left=left)


COMMANDS = {"train": train, "resume": resume, "fork": fork}


def fork_settings(parent: Settings, changes: dict[str, Any]) -> Settings:
    """The settings of a parent with some changed; the bounds on epochs give way to each other.

    Raises:
        SettingError: changes that contradict each other.
    """
    values = {**msgspec.structs.asdict(parent), **changes}
    if "min_epochs" not in changes:
        values["min_epochs"] = min(values["min_epochs"], values["epochs"])
    elif "epochs" not in changes:
        values["epochs"] = max(values["min_epochs"], values["epochs"])
    return make_settings(values)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, a dataset's path made absolute for the worker."""
    given = {name: value for name, value in values.items() if value is not None}
    if "dataset" in given:
        given["dataset"] = absolute_dataset(given["dataset"])
    return given


def absolute_dataset(dataset: str) -> str:
    """A dataset's path made absolute, since the worker may run elsewhere; a name as it is."""
    if dataset in _NAMED_DATASETS:
        return dataset
    return str(Path(dataset).expanduser().absolute())


def _train(
    store: SessionStore,
    settings: Settings,
    distribution: Distribution,
    *,
    name: str | None,
    plain: bool,
    detach: bool,
    logdir: Path | None,
    parent: str | None = None,
) -> None:
    check_images(settings)
    if logdir is not None:
        _check_logdir(logdir, store)
    session = store.create(settings, name=name, parent=parent)
    try:
        left = _start(session, distribution, logdir=logdir)
    except EngineError:
        shutil.rmtree(session.folder)
        raise
    _follow(session, run=1, plain=plain, detach=detach, left=left)


def _check_logdir(logdir: Path, store: SessionStore) -> None:
    """Find out now, and not after an epoch, whether the worker can write for TensorBoard there.

    Raises:
        EngineError: TensorBoard is not installed, or the folder cannot be used.
    """
    from vae_engine.interchange.tensorboard_extra import check_tensorboard

    check_tensorboard()
    shown = encodable(str(logdir))
    if logdir.resolve().is_relative_to(store.root.resolve()):
        raise SessionError(f"{shown} lies among the sessions: choose another folder")
    try:
        logdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(f"{shown} cannot be written: {error.strerror}") from None
    if not os.access(logdir, os.W_OK | os.X_OK):
        raise SessionError(f"{shown} cannot be written: {os.strerror(errno.EACCES)}")


def check_images(settings: Settings) -> None:
    """Check that the images to train on can be read.

    Raises:
        DatasetError: they cannot.
        SettingError: the limit is above what there is.
    """
    # Imported here: NumPy would double the time that help and wrong usage take to be told.
    from vae_engine.datasets import check_dataset

    check_dataset(settings.dataset, settings.limit)


def _start(
    session: Session,
    distribution: Distribution,
    *,
    epochs: int | None = None,
    logdir: Path | None,
) -> bool:
    """Start the worker; returns whether Ctrl+C was pressed meanwhile, which cannot undo it."""
    with interrupts_noted() as pressed:
        start_worker(session, epochs=epochs, logdir=logdir, distribution=distribution)
    tell_waiting(distribution)
    return pressed()


def _follow(session: Session, *, run: int, plain: bool, detach: bool, left: bool) -> None:
    if detach:
        say(session.id)
    elif left:
        tell_detached(session)
    else:
        follow_to_the_end(session, run=run, plain=plain)


def _check_resumable(session: Session, *, more: bool) -> None:
    """Check that a session can go on, by `more` epochs or to its planned end.

    Raises:
        SessionBusyError: it has a worker.
        SessionError: its training is over, or what it needs is not there.
    """
    status, log, this = session.status(), session.log, f"session {session.id}"
    if status in LIVE:
        raise SessionBusyError(
            f"{this} is {status}: `{command_for('attach', session.id)}` follows it"
        )
    if status == "diverged":
        again = command_for("fork", session.id)
        raise SessionError(f"{this} diverged: `{again} --learning-rate X` trains anew, X smaller")
    if status == "completed" and not more:
        again = command_for("resume", session.id)
        raise SessionError(f"{this} completed: `{again} --epochs N` trains N epochs more")
    if log.epoch and not (session.folder / layout.CHECKPOINTS / layout.INDEX).exists():
        again = command_for("fork", session.id)
        raise SessionError(f"{this} has no checkpoints, as a slim copy: `{again}` trains anew")
