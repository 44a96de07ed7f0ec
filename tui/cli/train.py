"""Commands that start a worker: train, resume, fork."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from tui.cli import wording
from tui.cli.distributed import (
    distribution_options,
    print_missing_workers,
    take_distribution,
    train_member,
)
from tui.cli.follow import follow_to_the_end, print_detached
from tui.cli.interrupts import Shield
from tui.cli.logout import logout_warning
from tui.cli.notify import notify_option
from tui.cli.options import (
    change_options,
    detach_option,
    id_argument,
    moved_option,
    name_option,
    plain_option,
    setting_option,
    setting_options,
    store_option,
    tensorboard_option,
    with_options,
)
from tui.cli.output import say
from tui.cli.progress import reading_progress
from tui.cli.screen import app_options
from tui.text import encodable
from vae_engine.control.training import fork_settings, resume_session, start_session
from vae_engine.dataset_names import absolute_dataset
from vae_engine.distributed.distribution import Distribution
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Settings, make_settings

_logdir_option = tensorboard_option("also write TensorBoard logs to DIR/<session id>")

_Command = TypeVar("_Command", bound=Callable[..., object])


def _start_options(command: _Command) -> _Command:
    """Add the options shared by the commands that create a session."""
    # Decorators apply from the last to the first.
    for option in (
        store_option,
        distribution_options,
        notify_option,
        _logdir_option,
        detach_option,
        app_options,
        plain_option,
        name_option,
    ):
        command = option(command)
    return command


@click.command()
@setting_options
@_start_options
def train(
    store: SessionStore,
    name: str | None,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Train a VAE; the run survives the terminal.

    Opens the dashboard in a terminal, otherwise logs one line per epoch. Quitting does not stop
    the run.
    """
    distribution = take_distribution(values)
    given = _given(values)
    if not distribution.is_chief:
        train_member(store, distribution, given, detach=detach)
        return
    settings = make_settings(given)
    _train(
        store,
        settings,
        distribution,
        given=given.keys(),
        name=name,
        plain=plain,
        detach=detach,
        logdir=tensorboard,
    )


@click.command()
@id_argument
@change_options
@_start_options
def fork(
    reference: str,
    store: SessionStore,
    name: str | None,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Start a session from another's settings, some changed.

    Settings that are not given are those of session ID.
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
    msgspec.structs.replace(SETTINGS["epochs"], help="additional epochs"),
    fallback=None,
    default="up to the planned end",
)
@moved_option
@plain_option
@app_options
@detach_option
@_logdir_option
@notify_option
@distribution_options
@store_option
def resume(
    reference: str,
    epochs: int | None,
    place: str | None,
    store: SessionStore,
    plain: bool,
    detach: bool,
    tensorboard: Path | None,
    **values: Any,
) -> None:
    """Resume a session, optionally for more epochs.

    Continues from the last checkpoint to the planned end, or for N additional epochs with --epochs
    N. The number of workers may differ.
    """
    distribution = take_distribution(values)
    if not distribution.is_chief:
        train_member(store, distribution, _given({"dataset": place}), detach=detach)
        return
    session = store.find(reference)
    shield = Shield()
    run = resume_session(
        session,
        more=epochs,
        dataset=place,
        logdir=tensorboard,
        distribution=distribution,
        shield=shield,
    )
    prepared = session.log.prepared
    if prepared and (difference := distribution.difference(prepared.environment)):
        say(f"session {session.id}: {difference}", err=True)
    print_missing_workers(distribution)
    _follow(session, run=run, plain=plain, detach=detach, left=shield.pressed)


COMMANDS = {"train": train, "resume": resume, "fork": fork}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given, with an absolute dataset path for the worker."""
    given = {name: value for name, value in values.items() if value is not None}
    if "dataset" in given:
        given["dataset"] = absolute_dataset(given["dataset"])
    return given


def _train(
    store: SessionStore,
    settings: Settings,
    distribution: Distribution,
    *,
    given: Collection[str] | None = None,
    name: str | None,
    plain: bool,
    detach: bool,
    logdir: Path | None,
    parent: str | None = None,
) -> None:
    shield = Shield()
    with reading_progress() as report:
        session = start_session(
            store,
            settings,
            given=given,
            name=name,
            parent=parent,
            logdir=logdir,
            distribution=distribution,
            shield=shield,
            announce=lambda line: say(encodable(with_options(line)), err=True),
            report=report,
        )
    print_missing_workers(distribution)
    if not detach and (changes := wording.suited(settings, session.settings)):
        say(changes)
    _follow(session, run=1, plain=plain, detach=detach, left=shield.pressed)


def _follow(session: Session, *, run: int, plain: bool, detach: bool, left: bool) -> None:
    if warning := logout_warning():
        say(warning, err=True)
    if detach:
        say(session.id)
    elif left:
        print_detached(session)
    else:
        follow_to_the_end(session, run=run, plain=plain)
