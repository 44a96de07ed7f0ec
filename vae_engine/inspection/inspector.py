"""Answers what is asked about the images of one session."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.source import ALL_SPLITS
from vae_engine.errors import EngineError
from vae_engine.evaluation.scoring import reconstructed, score_images, score_rows
from vae_engine.image_shape import ImageShape
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.inspection.images import (
    InspectedImages,
    model_dataset,
    own_images,
    split_images,
)
from vae_engine.inspection.messages import (
    Array,
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    OpenFile,
    Progressed,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
    SplitOpened,
    SplitScored,
)
from vae_engine.inspection.neighbours import nearest_images
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.session import Session

OWN, SAVED, NEAREST = "own", "saved", "nearest"
"""Splits beside those of the dataset: images of one's own; those that the session's folder has; the
training images that are nearest to a z, the nearest first."""

_MOST_NEAREST = 60

_EVERY_TENTH = 10
_MOST_AT_ONCE = 4096


class Inspector:
    """Reads a session's model and images, and answers requests; scoring goes on in a thread."""

    def __init__(self, session: Session, reply: Callable[[Reply], object]) -> None:
        """Make it; `reply` is called from several threads."""
        self._session = session
        self._reply = reply
        self._model: ExportedModel | None = None
        self._splits: dict[str, InspectedImages] = {}

    def open(self) -> bool:
        """Load the model and the images; return whether there is a model.

        Where the dataset cannot be read, the few test images that every session saves are opened.
        """
        try:
            self._session.poll(progress=False)
            self._model = model = load_model(self._session)
        except EngineError as error:
            self._fail("model", error)
            return False
        entry = model.entry
        weights = f"{entry.encoder_sha256}{entry.decoder_sha256}"
        self._reply(ModelOpened(entry.epoch, entry.step, weights, model.shape))
        self._reply(Progressed("reading the images"))
        try:
            dataset = model_dataset(self._session, model)
        except (EngineError, OSError, MemoryError) as error:
            self._fail("dataset", error)
            self._open_saved(model.shape)
            return True
        for split in ALL_SPLITS:
            images = split_images(dataset, split, self._session.settings)
            if len(images):
                self._take(split, images)
        return True

    def answer(self, request: Request) -> None:
        """Answer a request; what cannot be done is a reply too."""
        if self._model is None:
            return
        if isinstance(request, OpenFile):
            self._open_file(self._model, request.path)
        elif isinstance(request, ScoreSplit):
            if request.split in self._splits:
                arguments = self._model, request.split, self._splits[request.split]
                threading.Thread(target=self._score, args=arguments, daemon=True).start()
        elif isinstance(request, FindNearest):
            arguments_z = self._model, request.z.values.astype(np.float32)
            threading.Thread(target=self._find_nearest, args=arguments_z, daemon=True).start()
        else:
            self._show(self._model, request)

    def _show(self, model: ExportedModel, request: ShowImages) -> None:
        split = self._splits.get(request.split)
        indices = np.array(request.indices[:_MOST_AT_ONCE], np.intp)
        if (
            split is None
            or not len(indices)
            or not 0 <= indices.min() <= indices.max() < len(split)
        ):
            return
        try:
            chosen = split.images[indices]
            made = reconstructed(model, chosen)
            seed = self._session.settings.seed
            scores = score_rows(model, split.images, indices, seed=seed)
        except EngineError as error:
            self._fail("images", error)
            return
        self._reply(
            ImagesShown(
                request.split,
                tuple(indices.tolist()),
                Array.of(to_uint8(without_grey_axis(to_float(chosen)))),
                Array.of(to_uint8(made.images)),
                Array.of(made.z_mean),
                Array.of(made.z_log_var),
                Array.of(scores.reconstruction_loss.astype(np.float32)),
                Array.of(scores.kl_loss.astype(np.float32)),
            )
        )

    def _score(self, model: ExportedModel, name: str, split: InspectedImages) -> None:
        tenth = -1

        def report(_: str, done: int, total: int) -> None:
            nonlocal tenth
            if (reached := done * _EVERY_TENTH // total) != tenth:
                tenth = reached
                self._reply(Progressed(f"scoring {name}", done, total))

        try:
            seed = self._session.settings.seed
            scores = score_images(model, split.images, seed=seed, report=report)
        except EngineError as error:
            self._fail(f"scoring {name}", error)
            return
        rec, kl = (
            terms.astype(np.float32) for terms in (scores.reconstruction_loss, scores.kl_loss)
        )
        self._reply(SplitScored(name, Array.of(rec), Array.of(kl)))

    def _find_nearest(self, model: ExportedModel, z: NDArray[np.float32]) -> None:
        training = self._splits.get("train")
        if training is None or z.shape != (model.encoder.latent_dim,):
            self._reply(Failed("nearest", "there are no training images to compare with"))
            return
        self._reply(Progressed("comparing with training images"))
        try:
            found, _ = nearest_images(model, training.images, z[None], _MOST_NEAREST)
        except EngineError as error:
            self._fail("nearest", error)
            return
        chosen = found.indices[0]
        self._take(
            NEAREST,
            InspectedImages(
                training.images[chosen],
                training.labels[chosen],
                training.rows[chosen],
                training.label_names,
            ),
        )

    def _open_file(self, model: ExportedModel, path: str) -> None:
        try:
            self._take(OWN, own_images(path, model.shape, self._session.settings))
        except (EngineError, OSError, MemoryError) as error:
            self._fail("file", error)

    def _open_saved(self, shape: ImageShape) -> None:
        try:
            originals = read_originals(self._session.folder, shape)
        except (EngineError, OSError):
            return
        if originals is not None:
            rows = np.arange(len(originals.images))
            prepared = self._session.log.prepared
            names = tuple(prepared.label_names) if prepared else ()
            self._take(SAVED, InspectedImages(originals.images, originals.labels, rows, names))

    def _take(self, name: str, images: InspectedImages) -> None:
        self._splits[name] = images
        labels = Array.of(images.labels.astype(np.int32))
        self._reply(SplitOpened(name, labels, images.label_names, images.notes))

    def _fail(self, what: str, error: Exception) -> None:
        if isinstance(error, EngineError):
            self._reply(Failed(what, str(error), error.remedy, error.subject))
        else:
            self._reply(Failed(what, str(error) or "there is not enough memory"))
