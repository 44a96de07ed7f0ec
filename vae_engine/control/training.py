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
    announce: Callable[[str], object] | None = None,
    report: Callable[[str, int, int], object] | None = None,
) -> Session:
    """Check settings, create a session and start its worker; a failure leaves nothing behind.

    Args:
        store: for the new session.
        settings: of the session; the path of the dataset may be relative.
        given: names of the settings given explicitly; the others adapt to
            the images, see `suited_settings`. None keeps all settings.
        name: of the session, None for the default.
        command: the command line to record, None for this process's.
        parent: id of the session that it forks.
        logdir: TensorBoard's log folder for its workers.
        distribution: workers and devices that train it.
        shield: context around creation and start.
        announce: called before creation with a line on the images of a dataset that is a path.
        report: called with stage, progress and total while images are read.

    Raises:
        DatasetError: the images cannot be used.
        SettingError: the name cannot be used, or there are fewer images than `limit`.
        SessionError: the session cannot be created, or the log folder cannot be used.
        WorkerError: the worker did not start.
    """
    settings = msgspec.structs.replace(settings, dataset=absolute_dataset(settings.dataset))
    images = check_new(store, [settings], logdir, announce, report)[dataset_key(settings)]
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

    Waits for a worker that has written its last event.

    Args:
        session: the session.
        more: additional epochs; None trains to the planned end.
        dataset: current path of its images, for this run and later ones; None if unchanged.
        logdir: TensorBoard's log folder for its workers; None leaves it unchanged.
        distribution: workers and devices that train it.
        shield: context around the start.

    Returns:
        The number of the new run.

    Raises:
        SessionBusyError: a worker holds it.
        SessionError: it cannot be resumed; the error's remedy is the alternative.
        DatasetError: its images are missing, or differ from those it trained on.
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
