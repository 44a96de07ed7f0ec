"""One run of a session, with TensorFlow: prepare, train, finish."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

import numpy as np
import tensorflow as tf

from vae_engine.datasets import Dataset, load_dataset_with_keras
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.datasets.files import brief
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.splits import recorded_method
from vae_engine.distributed.chief import Chief
from vae_engine.distributed.distribution import ALONE, Distribution
from vae_engine.distributed.messages import Synchronize
from vae_engine.errors import DatasetError
from vae_engine.image_shape import shape_of_images
from vae_engine.inference.dataset import dataset_path
from vae_engine.model.network import Networks, build_networks
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.image_record import recorded_images, write_image_record
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.manifest import read_manifest
from vae_engine.sessions.previews import write_originals
from vae_engine.sessions.records import EndStatus
from vae_engine.settings import Settings
from vae_engine.tensorboard.live import TensorBoardMirror
from vae_engine.training.controls import Controls
from vae_engine.training.environment import (
    configure_tensorflow,
    describe_environment,
    suited_to_devices,
)
from vae_engine.training.originals import EarlyDataset
from vae_engine.training.replicas import ReplicatedSteps, chunk_of, make_strategy
from vae_engine.training.steps import TrainingSteps, make_optimizer
from vae_engine.training.trainer import DivergedError, Trainer

__all__ = ["DivergedError", "train_session"]

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """Follows the phases of a run, which decide how the worker reacts to a stop."""

    terminated: str
    """Name of the signal that asked the worker to exit, empty if none did."""

    def training_begins(self) -> None:
        """Called when a stop has to wait for a checkpoint from now on."""

    def training_ended(self) -> None:
        """Called when nothing is left to pause or stop."""


def train_session(
    folder: Path,
    journal: Journal,
    controls: Controls,
    watch: Watch,
    distribution: Distribution = ALONE,
    chief: Chief | None = None,
    early: EarlyDataset | None = None,
) -> tuple[EndStatus, str]:
    """Train the session in `folder`, from its latest checkpoint if it has one.

    Args:
        folder: of the session.
        journal: writes the session's event log.
        controls: stop and pause requests.
        watch: follows the phases of the run.
        distribution: workers and devices that train the session.
        chief: connected to all other workers; None if there are none.
        early: the dataset, if its reading has begun.

    Returns:
        The status that the run ends with, and the reason.

    Raises:
        DivergedError: the loss is not finite.
        DatasetError: the images cannot be read, or differ from those of earlier runs.
        SessionDamagedError: no checkpoint can be used.
        DistributedError: a worker is lost, or there are too few devices.
        OSError: a file cannot be written.
    """
    settings = suited_to_devices(read_manifest(folder).settings, distribution)
    configure_tensorflow(settings)
    strategy = _strategy(distribution, chief)
    journal.emit(ev.Preparing(stage="data"))
    dataset = _dataset(folder, settings, journal, early)
    _check_same_data(journal, dataset)
    _record_images(folder, journal, dataset)
    journal.emit(ev.Preparing(stage="network"))
    dataset = as_evaluated(dataset, settings)
    steps = _steps(settings, dataset, strategy, chief)
    trainer = Trainer(folder, settings, dataset, steps, journal, controls)
    write_originals(folder, trainer.originals)
    if chief is not None:
        chief.wait_until_ready(dataset.sha256)
        chief.send(Synchronize())
    if isinstance(steps, ReplicatedSteps):
        steps.synchronize()
    trainer.write_initial_preview()
    watch.training_begins()
    _warn_of_other_devices(journal, distribution)
    journal.emit(_prepared(settings, dataset, trainer, distribution))
    mirror = TensorBoardMirror(folder, journal)
    try:
        with atomic.scratch_folder(folder):
            status, reason = _train(trainer, journal, watch)
        if reason != "stop_now" and status != "interrupted":
            mirror.finish(status, dataset)
    finally:
        mirror.close()
    if reason == "stop_now" and chief is not None and chief.leaving:
        return "interrupted", chief.leaving
    return status, reason


def _train(trainer: Trainer, journal: Journal, watch: Watch) -> tuple[EndStatus, str]:
    reason = trainer.run()
    if reason == "stop_now":
        trainer.export_if_stale()
        return ("interrupted", watch.terminated) if watch.terminated else ("stopped", reason)
    watch.training_ended()
    journal.emit(ev.Finishing(reason=reason))
    _log.info("training ended: %s", reason)
    trainer.finish()
    return ("stopped" if reason == "stop" else "completed"), reason


def _strategy(distribution: Distribution, chief: Chief | None) -> tf.distribute.Strategy | None:
    """Connect the replicas; None for a single one, which needs no strategy."""
    if distribution.total_replicas == 1:
        return None
    if chief is None:
        return make_strategy(distribution, ())
    with chief.collective(tf.errors.OpError):
        return make_strategy(distribution, chief.addresses)


def _steps(
    settings: Settings,
    dataset: Dataset,
    strategy: tf.distribute.Strategy | None,
    chief: Chief | None,
) -> TrainingSteps:
    mean_pixel = _mean_pixel(dataset)
    shape = shape_of_images(dataset.train_images.shape)

    def build() -> Networks:
        return build_networks(settings, mean_pixel=mean_pixel, shape=shape)

    if strategy is None:
        networks = build()
        optimizer = make_optimizer(settings, networks)
        return TrainingSteps(settings, networks, optimizer, dataset.train_images)
    if chief is None:
        return ReplicatedSteps(settings, strategy, build, dataset.train_images)
    return ReplicatedSteps(
        settings,
        strategy,
        build,
        dataset.train_images,
        guard=lambda: chief.collective(tf.errors.OpError),
        announce=lambda inputs, first, last: chief.send(chunk_of(inputs, first, last)),
    )


def _prepared(
    settings: Settings, dataset: Dataset, trainer: Trainer, distribution: Distribution
) -> ev.Prepared:
    return ev.Prepared(
        epoch=trainer.state.epoch,
        step=trainer.state.step,
        environment=describe_environment(settings, distribution),
        dataset={
            "name": dataset.name,
            "source": dataset.source,
            "sha256": dataset.sha256,
            "split": dataset.split,
            "train_images": len(dataset.train_images),
            "val_images": len(dataset.val_images),
            "test_images": len(dataset.test_images),
        },
        image_shape=trainer.networks.shape,
        label_names=_label_names(dataset),
        parameters=trainer.networks.parameters,
    )


def _label_names(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the labels, one line each; none if there are too many to show."""
    names = dataset.label_names
    return tuple(map(brief, names)) if len(names) <= ev.MAX_LABEL_NAMES else ()


def _warn_of_other_devices(journal: Journal, distribution: Distribution) -> None:
    before = journal.log.prepared
    if before is not None and (difference := distribution.difference(before.environment)):
        _log.warning("%s", difference)


def _mean_pixel(dataset: Dataset) -> float:
    images = dataset.train_images
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    return float(images.mean(dtype=np.float64)) / scale


def _dataset(
    folder: Path, settings: Settings, journal: Journal, early: EarlyDataset | None
) -> Dataset:
    dataset = early.result() if early is not None else None
    if dataset is None:
        before = journal.log.prepared
        method = recorded_method(before.dataset if before else None)
        dataset = load_dataset_with_keras(
            dataset_path(folder, settings),
            method,
            Preparation.of(settings),
            recorded=recorded_images(folder, before),
        ).limited(settings.limit)
    _log.info("%s", dataset.description())
    return dataset


def _record_images(folder: Path, journal: Journal, dataset: Dataset) -> None:
    """Record which images these are: once, and before the `prepared` event."""
    if dataset.record is None or (journal.log.prepared and (folder / layout.IMAGES).exists()):
        return
    write_image_record(folder, dataset.record)


def _check_same_data(journal: Journal, dataset: Dataset) -> None:
    """Check that a resumed run trains on the same images as the earlier ones."""
    before = journal.log.prepared
    if before is not None and before.dataset.get("sha256") != dataset.sha256:
        raise DatasetError(
            f"{dataset.name} has other images than when this session began: "
            "restore them, or fork the session to train on the new ones"
        )
