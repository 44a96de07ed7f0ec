"""Options for training on several devices or workers, and the command of the other workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from tui.cli.options import number_setting, setting_option
from tui.cli.output import say
from vae_engine.distributed.distribution import (
    DEFAULT_WAIT,
    MAX_REPLICAS,
    Distribution,
    listen,
    make_distribution,
)
from vae_engine.errors import WorkerError
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS
from vae_engine.worker.launcher import start_member

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--workers",
        metavar="HOST:PORT,...",
        help="machines that train together, chief first  [default: from TF_CONFIG]",
    ),
    setting_option(
        number_setting("worker_index", "int", 0, 0, 255, "index of this worker in --workers"),
        fallback=None,
    ),
    setting_option(
        number_setting("replicas", "int", 1, 1, MAX_REPLICAS, "GPUs per worker"),
        fallback=1,
    ),
    setting_option(
        number_setting(
            "wait", "float", DEFAULT_WAIT, 1, 86_400, "seconds to wait for the other workers"
        ),
        fallback=DEFAULT_WAIT,
    ),
)


def distribution_options(command: Command) -> Command:
    """Add the options for several workers and devices to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_distribution(values: dict[str, Any]) -> Distribution:
    """Read the distribution from a command's options, and remove them from `values`.

    Raises:
        SettingError: the options or TF_CONFIG are invalid.
        DistributedError: the chief's port is in use.
    """
    distribution = make_distribution(
        values.pop("workers"),
        values.pop("worker_index"),
        replicas=values.pop("replicas"),
        wait=values.pop("wait"),
        environment=os.environ,
    )
    if distribution.workers and distribution.is_chief:
        listen(distribution.workers[0]).close()
    return distribution


def print_missing_workers(distribution: Distribution) -> None:
    """Print which other workers have to be started."""
    if not distribution.workers:
        return
    names = ", ".join(distribution.name(n) for n in range(1, len(distribution.workers)))
    say(f"waiting up to {distribution.wait:g} s for {names}", err=True)


def train_member(
    store: SessionStore, distribution: Distribution, given: Mapping[str, Any], *, detach: bool
) -> None:
    """Run a worker other than the chief and report how the run ended; Ctrl+C detaches.

    Args:
        store: its folder receives the worker's log.
        distribution: all workers, and which of them this one is.
        given: settings given on the command line.
        detach: return once it has joined the chief.

    Raises:
        WorkerError: it could not join, or the run failed.
    """
    texts = {name: SETTINGS[name].format(value) for name, value in given.items()}
    process = start_member(store.root, distribution, texts)
    assert process.stdout is not None
    assert process.stderr is not None
    name = distribution.name(distribution.index)
    try:
        joined = process.stdout.readline().strip()
        if not joined:
            words = [line.strip() for line in process.stderr if line.strip()]
            process.wait()
            raise WorkerError(words[-1] if words else f"{name} exited without a message")
        say(joined)
        if detach:
            return
        outcome = process.stdout.readline().strip()
        if process.wait() != 0:
            raise WorkerError(outcome or f"{name} exited without a message")
        say(outcome)
    except KeyboardInterrupt:
        say(f"{name} continues as process {process.pid}")
    finally:
        process.stdout.close()
        process.stderr.close()
