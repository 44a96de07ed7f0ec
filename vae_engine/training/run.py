"""One worker's life with TensorFlow: prepare, train, finish."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

import numpy as np

from vae_engine.datasets import Dataset, load_dataset_with_keras
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.errors import DatasetError
from vae_engine.model.network import build_networks
from vae_engine.sessions import atomic
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.previews import write_originals
from vae_engine.sessions.records import EndStatus
from vae_engine.sessions.session import read_manifest
from vae_engine.settings import Settings
from vae_engine.training.controls import Controls
from vae_engine.training.environment import configure_tensorflow, describe_environment
from vae_engine.training.tensorboard import TensorBoardMirror
from vae_engine.training.trainer import DivergedError, Trainer

__all__ = ["DivergedError", "train_session"]

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """Who must know when a stop has something to lose."""

    terminated: bool

    def training_begins(self) -> None:
        """A stop must now wait for a checkpoint."""

    def training_ended(self) -> None:
        """Nothing is left to pause or stop."""


def train_session(
    folder: Path, journal: Journal, controls: Controls, watch: Watch
) -> tuple[EndStatus, str]:
    """Train the session in `folder` from where it stands.

    Returns:
        The status the run ends with, and why.

    Raises:
        DivergedError: the loss is not finite.
        DatasetError: the images cannot be read, or are not those of the earlier runs.
        SessionDamagedError: no checkpoint can be used.
        OSError: the disk refused.
    """
    settings = read_manifest(folder).settings
    configure_tensorflow(settings)
    dataset = load_dataset_with_keras(settings.dataset).limited(settings.limit)
    _check_same_data(journal, dataset)
    networks = build_networks(settings, mean_pixel=_mean_pixel(dataset))
    dataset = as_evaluated(dataset, settings)
    trainer = Trainer(folder, settings, dataset, networks, journal, controls)
    write_originals(folder, trainer.originals)
    watch.training_begins()
    journal.emit(_prepared(settings, dataset, trainer))
    mirror = TensorBoardMirror(folder, journal)
    try:
        with atomic.scratch_folder(folder):
            status, reason = _train(trainer, journal, watch)
        if reason != "stop_now" and status != "interrupted":
            mirror.finish(status, dataset)
    finally:
        mirror.close()
    return status, reason


def _train(trainer: Trainer, journal: Journal, watch: Watch) -> tuple[EndStatus, str]:
    reason = trainer.run()
    if reason == "stop_now":
        trainer.export_if_stale()
        return ("interrupted", "SIGTERM") if watch.terminated else ("stopped", reason)
    watch.training_ended()
    journal.emit(ev.Finishing(reason=reason))
    _log.info("training ended: %s", reason)
    trainer.finish()
    return ("stopped" if reason == "stop" else "completed"), reason


def _prepared(settings: Settings, dataset: Dataset, trainer: Trainer) -> ev.Prepared:
    return ev.Prepared(
        epoch=trainer.state.epoch,
        step=trainer.state.step,
        environment=describe_environment(settings),
        dataset={
            "name": dataset.name,
            "source": dataset.source,
            "sha256": dataset.sha256,
            "train_images": len(dataset.train_images),
            "val_images": len(dataset.val_images),
            "test_images": len(dataset.test_images),
        },
        parameters=trainer.networks.parameters,
    )


def _mean_pixel(dataset: Dataset) -> float:
    images = dataset.train_images
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    return float(images.mean(dtype=np.float64)) / scale


def _check_same_data(journal: Journal, dataset: Dataset) -> None:
    """A run that resumes must see the images that the earlier ones saw."""
    before = journal.log.prepared
    if before is not None and before.dataset.get("sha256") != dataset.sha256:
        raise DatasetError(
            f"{dataset.name} has other images than when this session began: "
            "bring them back, or fork the session to train on the new ones"
        )
