"""Start the worker of a session: of a new one, or to resume or extend one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from vae_engine.control.preflight import check_new, check_resumable, dataset_key
from vae_engine.dataset_names import absolute_dataset
from vae_engine.defaults import resolved_settings, suited_settings
from vae_engine.distributed.distribution import ALONE, Distribution
from vae_engine.inference.architecture import check_network_size
from vae_engine.sessions.drafts import withdraw
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings, make_settings
from vae_engine.worker.launcher import let_leave, start_worker

Shield = Callable[[], AbstractContextManager[object]]
"""Context around work that must not be interrupted halfway, such as by Ctrl+C."""


def start_session(
    store: SessionStore,
    settings: Settings,
    *,
    given: Collection[str] | None = None,
    name: str | None = None,
    command: Sequence[str] | None = None,
    parent: str | None = None,
    logdir: Path | None = None,
    distribution: Distribution = ALONE,
    shield: Shield = contextlib.nullcontext,
    tell: Callable[[str], object] | None = None,
    report: Callable[[str, int, int], object] | None = None,
) -> Session:
    """Check settings, create a session and start its worker; a failure leaves nothing behind.

    Args:
        store: where to create it.
        settings: what to train with; a dataset's path may be relative.
        given: the names of those that were asked for: the others may give way to values that suit
            the number of images, see `suited_settings`. None keeps them all.
        name: what people call it, None for the usual one.
        command: the command line to record, None for this process's.
        parent: id of the session that it is forked from.
        logdir: where its workers write for TensorBoard.
        distribution: the devices that train it.
        shield: around creation and start.
        tell: called, before it is created, with a line on its images, unless everyone knows them.
        report: called with what is done, how far and of how much, while images are read.

    Raises:
        DatasetError: the images cannot be used.
        SettingError: the name cannot be used, or there are fewer images than `limit`.
        SessionError: the session cannot be created, or the log folder cannot be used.
        WorkerError: the worker did not start.
    """
    settings = msgspec.structs.replace(settings, dataset=absolute_dataset(settings.dataset))
    images = check_new(store, [settings], logdir, tell, report)[dataset_key(settings)]
    if given is not None:
        settings = suited_settings(settings, given, images.train_images, images.image_shape)
    settings = resolved_settings(settings, images.image_shape)
    check_network_size(settings, images.image_shape)
    with shield():
        session = store.create(settings, name=name, command=command, parent=parent)
        try:
            start_worker(session, logdir=logdir, distribution=distribution)
        except BaseException:
            withdraw(session.folder)
            raise
    return session


def resume_session(
    session: Session,
    *,
    more: int | None = None,
    dataset: str | None = None,
    logdir: Path | None = None,
    distribution: Distribution = ALONE,
    shield: Shield = contextlib.nullcontext,
) -> int:
    """Check a session that has ended, and start a worker that resumes it.

    A worker that has said its last word is waited for.

    Args:
        session: which.
        more: epochs more than it has; None goes on to the planned end.
        dataset: where its images are now, for this run and later ones; None for where they were.
        logdir: where its workers write for TensorBoard; None leaves that as it is.
        distribution: the devices that train it.
        shield: around the start.

    Returns:
        The number of the run that begins.

    Raises:
        SessionBusyError: it has a worker.
        SessionError: it cannot go on so; the error's remedy is what can be done instead.
        DatasetError: its images are gone, or are not those it trained on.
        WorkerError: the worker did not start.
    """
    let_leave(session)
    session.poll(progress=False)
    check_resumable(session, more=more, dataset=dataset)
    if logdir is not None:
        check_new(SessionStore(session.folder.parent), (), logdir)
    run = session.log.run + 1
    with shield():
        start_worker(
            session,
            epochs=None if more is None else session.log.epoch + more,
            logdir=logdir,
            distribution=distribution,
        )
    return run


def fork_settings(parent: Settings, changes: Mapping[str, Any]) -> Settings:
    """Change some of a parent's settings; `epochs` and `min_epochs` adjust to each other.

    Raises:
        SettingError: the changes contradict each other.
    """
    values = {**msgspec.structs.asdict(parent), **changes}
    if "min_epochs" not in changes:
        values["min_epochs"] = min(values["min_epochs"], values["epochs"])
    elif "epochs" not in changes:
        values["epochs"] = max(values["min_epochs"], values["epochs"])
    return make_settings(values)
