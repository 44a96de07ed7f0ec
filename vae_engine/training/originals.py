"""Test images that every preview reconstructs, written while TensorFlow is still being imported."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.datasets import Dataset, load_dataset, to_float
from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.binarization import split_as_evaluated
from vae_engine.datasets.image_record import Recorded
from vae_engine.datasets.parts import Rows
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.splits import SplitMethod
from vae_engine.errors import EngineError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import dataset_path
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.sessions import layout
from vae_engine.sessions.previews import (
    RECONSTRUCTIONS,
    Originals,
    read_originals,
    write_originals,
)
from vae_engine.settings import Settings

_log = logging.getLogger(__name__)


def choose_originals(dataset: Dataset) -> Originals:
    """Choose ten test images, the first of each class, then the second, in the order of labels.

    Without labels they come from everywhere among the test images. An image that equals a chosen
    one is passed over, except the first of a class.
    """
    images, labels = dataset.test_images, dataset.test_labels
    if labels is None:
        spread = dataset.shown_rows(RECONSTRUCTIONS)
        others = np.setdiff1d(np.arange(len(images)), spread)
        chosen = _different(images, [], [*spread.tolist(), *others.tolist()])
        return _originals(images, np.sort(chosen), np.full(len(chosen), -1, np.int64))
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(first)))
    turn = np.empty(len(labels), np.intp)
    turn[order] = np.arange(len(labels)) - starts[places[order]]
    others = np.lexsort((places, turn))[len(first) :]
    chosen = _different(images, first[:RECONSTRUCTIONS].tolist(), others.tolist())
    return _originals(images, chosen, labels[chosen].astype(np.int64))


def earlier_originals(folder: Path, shape: ImageShape) -> Originals | None:
    """Read the test images of a session's earlier runs; None if they are missing or damaged.

    The previews of all its epochs show the same images: earlier versions chose fewer.
    """
    try:
        return read_originals(folder, shape)
    except (EngineError, OSError):
        return None


def _different(images: Images, chosen: list[int], candidates: Sequence[int]) -> Rows:
    """Add candidates that differ from all chosen images until there are ten; return the rows."""
    seen = {images[row].tobytes() for row in chosen}
    rows = list(chosen)
    for row in candidates:
        if len(rows) == RECONSTRUCTIONS:
            break
        pixels = images[row].tobytes()
        if pixels not in seen:
            seen.add(pixels)
            rows.append(row)
    return np.array(rows, np.int64)


def _originals(images: Images, rows: Rows, labels: Labels) -> Originals:
    return Originals(to_uint8(without_grey_axis(to_float(images[rows]))), labels)


class EarlyDataset:
    """Reads a session's dataset in a thread and writes its originals to the session folder.

    Importing TensorFlow takes seconds, reading MNIST a fraction of one, so a dashboard has images
    to show from the start. A resumed session already has its originals.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        method: SplitMethod,
        recorded: Recorded | None = None,
    ) -> None:
        self._folder, self._settings, self._method = folder, settings, method
        self._recorded = recorded
        self._path = dataset_path(folder, settings)
        self._named = self._path in NAMED_DATASETS
        self._shown = (folder / layout.PREVIEWS / layout.ORIGINALS).exists()
        self._reading: Future[Dataset | None] | None = None
        if not (self._named and self._shown):
            pool = ThreadPoolExecutor(1, "early-dataset")
            self._reading = pool.submit(self._read)
            pool.shutdown(wait=False)

    def result(self) -> Dataset | None:
        """Wait for the dataset; None for a named one, which Keras reads.

        Raises:
            DatasetError: it cannot be read.
        """
        return None if self._named or self._reading is None else self._reading.result()

    def _read(self) -> Dataset | None:
        preparation = Preparation.of(self._settings)
        dataset = load_dataset(
            self._path, self._method, preparation, recorded=self._recorded
        ).limited(self._settings.limit)
        if not self._shown:
            self._show(dataset)
        # A named dataset is read again by Keras, so it need not stay in memory.
        return None if self._named else dataset

    def _show(self, dataset: Dataset) -> None:
        try:
            drawn = split_as_evaluated(dataset, "test", self._settings)
            originals = choose_originals(replace(dataset, test_images=drawn))
            write_originals(self._folder, originals)
        except (EngineError, OSError) as error:
            # The run writes them again, and fails if that is impossible.
            _log.debug("no test images yet: %s", error)
        else:
            _log.info("test images are ready")
