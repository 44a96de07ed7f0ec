"""Answers what is asked about the images of one session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.source import ALL_SPLITS
from vae_engine.errors import EngineError, SessionDamagedError
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.scoring import reconstructed, score_rows, scored_blocks
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.inspection.images import (
    InspectedImages,
    check_shape,
    first_images,
    own_images,
    split_images,
)
from vae_engine.inspection.messages import (
    NEAREST,
    OWN,
    SAVED,
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    Nearness,
    OpenFile,
    OpenSaved,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
    SplitScored,
    TurnEpoch,
)
from vae_engine.inspection.neighbours import nearest_by_pixels
from vae_engine.inspection.packed_array import Array
from vae_engine.replies import Progressed
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.session import Session

_MOST_NEAREST = 60
_COMPARED = 16

_EVERY_TENTH = 10
_HEAD_START_SECONDS = 0.5
_FIRST_SCORES_SECONDS, _FEWEST_SCORES = 0.1, 1000
_MOST_AT_ONCE = 4096


class Inspector:
    """Reads a session's model and images, and answers requests; scoring goes on in a thread."""

    def __init__(
        self, session: Session, reply: Callable[[Reply], object], epoch: int | None = None
    ) -> None:
        """Make it.

        Args:
            session: whose model and images.
            reply: is called from several threads.
            epoch: of the weights; None, or one whose weights were not kept, takes the newest.
        """
        self._session, self._epoch = session, epoch
        self._reply = reply
        self._model: ExportedModel | None = None
        self._splits: dict[str, InspectedImages] = {}
        self._may_read, self._all_read = threading.Event(), threading.Event()

    def open(self) -> bool:
        """Load the model, and return whether there is one; the images follow in a thread.

        Test images that are known before the rest come first, so that a page of them can be asked
        for. Where the dataset cannot be read, the few test images that every session saves are
        opened.
        """
        try:
            model, opened = self._load(self._epoch)
        except (EngineError, OSError) as error:
            self._fail("model", error)
            return False
        self._model = model
        self._reply(opened)
        self._reply(Progressed("reading the images"))
        if (first := first_images(self._session, self._session.settings)) is not None:
            self._take("test", first)
        threading.Thread(target=self._read, args=(model, first), daemon=True).start()
        return True

    def wait(self) -> None:
        """Wait until all images that can be read were."""
        self._all_read.wait()

    def answer(self, request: Request) -> None:
        """Answer a request; what cannot be done is a reply too."""
        if self._model is None:
            return
        if isinstance(request, OpenFile):
            self._open_file(self._model, request.path)
        elif isinstance(request, OpenSaved):
            if SAVED not in self._splits:
                self._open_saved(self._model.shape)
        elif isinstance(request, ScoreSplit):
            if request.split in self._splits:
                arguments = self._model, request.split, self._splits[request.split]
                threading.Thread(target=self._score, args=arguments, daemon=True).start()
        elif isinstance(request, TurnEpoch):
            self._turn_epoch(self._model, request.by)
        elif isinstance(request, FindNearest):
            arguments_z = self._model, request.z.values.astype(np.float32)
            threading.Thread(target=self._find_nearest, args=arguments_z, daemon=True).start()
        elif isinstance(request, ShowImages):
            self._show(self._model, request)

    def _read(self, model: ExportedModel, first: InspectedImages | None) -> None:
        """Read the dataset, after the page that an app asks for at once."""
        if first is not None:
            self._may_read.wait(_HEAD_START_SECONDS)
        reached = -1

        def report(_: str, done: int, total: int) -> None:
            nonlocal reached
            if (percent := done * 100 // max(1, total)) != reached:
                reached = percent
                self._reply(Progressed("reading the images", done, total))

        try:
            dataset = session_dataset(self._session, report=report)
            check_shape(dataset, self._session, model)
            # Test images first: they are looked at first.
            for split in reversed(ALL_SPLITS):
                if split not in self._splits:
                    images = split_images(dataset, split, self._session.settings)
                    if len(images):
                        self._take(split, images)
        except (EngineError, OSError, MemoryError) as error:
            self._fail("dataset", error)
            self._open_saved(model.shape)
        finally:
            self._all_read.set()

    def _load(self, epoch: int | None, by: int = 0) -> tuple[ExportedModel, ModelOpened]:
        """Load the weights of an epoch, or of one before or after it; at the ends they stay.

        Raises:
            SessionError: nothing was exported yet.
            SessionDamagedError: a file is not what was exported.
        """
        index = self._session.exports()
        current = None if index is None else index.current.epoch
        kept = set() if index is None else {entry.epoch for entry in (*index.kept, index.current)}
        epochs = tuple(sorted(kept))
        if epoch in kept:
            at = epochs.index(epoch) + by
            epoch = epochs[min(max(0, at), len(epochs) - 1)]
        model = load_model(self._session, epoch if epoch in kept - {current} else None)
        entry = model.entry
        opened = ModelOpened(
            entry.epoch, entry.step, _digest(model), model.shape, epochs, entry.epoch == current
        )
        return model, opened

    def _turn_epoch(self, model: ExportedModel, by: int) -> None:
        try:
            other, opened = self._load(model.entry.epoch, by)
            if other.shape != model.shape:
                raise SessionDamagedError(
                    f"epoch {other.entry.epoch} has images of {other.shape.text}"
                )
        except (EngineError, OSError) as error:
            self._fail("epoch", error)
            return
        self._model = other
        self._reply(opened)

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
            self._fail("images", error, request)
            return
        self._reply(
            ImagesShown(
                request.split,
                _digest(model),
                tuple(indices.tolist()),
                Array.of(to_uint8(without_grey_axis(to_float(chosen)))),
                Array.of(to_uint8(made.images)),
                Array.of(made.z_mean),
                Array.of(made.z_log_var),
                Array.of(scores.reconstruction_loss.astype(np.float32)),
                Array.of(scores.kl_loss.astype(np.float32)),
            )
        )
        self._may_read.set()

    def _score(self, model: ExportedModel, name: str, split: InspectedImages) -> None:
        """Score a split; what there is of it is sent too, soon and then less and less often."""
        seed, tenth, done = self._session.settings.seed, -1, 0
        begun, pause = time.monotonic(), _FIRST_SCORES_SECONDS
        parts: list[ImageScores] = []

        def send() -> None:
            scores = ImageScores.joined(parts)
            rec, kl = (
                terms.astype(np.float32) for terms in (scores.reconstruction_loss, scores.kl_loss)
            )
            self._reply(SplitScored(name, _digest(model), Array.of(rec), Array.of(kl)))

        try:
            for part in scored_blocks(model, split.images, seed=seed):
                if self._model is not model:
                    return  # Other weights are looked at now.
                parts.append(part)
                done += len(part)
                if (reached := done * _EVERY_TENTH // len(split)) != tenth:
                    tenth = reached
                    self._reply(Progressed(f"scoring {name}", done, len(split)))
                enough = _FEWEST_SCORES <= done < len(split)
                if enough and time.monotonic() - begun >= pause:
                    pause *= 2
                    send()
        except EngineError as error:
            if self._model is model:
                self._fail(f"scoring {name}", error, ScoreSplit(name))
            return
        send()

    def _find_nearest(self, model: ExportedModel, z: NDArray[np.float32]) -> None:
        self._may_read.set()
        self.wait()
        self._reply(Progressed("comparing with training images"))
        training = self._splits.get("train")
        if training is None or z.shape != (model.encoder.latent_dim,):
            self._reply(Failed("nearest", "there are no training images to compare with"))
            return
        try:
            compared = self._reconstructed_tests(model)
            decoded = np.concatenate([model.decoder.decode(z[None]), compared])
            found = nearest_by_pixels(decoded, training.images, _MOST_NEAREST)
        except EngineError as error:
            self._fail("nearest", error)
            return
        chosen = found.indices[0]
        images = InspectedImages(
            training.images[chosen],
            training.labels[chosen],
            training.rows[chosen],
            training.label_names,
        )
        nearness = Nearness(
            Array.of(to_uint8(decoded[0])),
            Array.of(chosen.astype(np.int64)),
            Array.of(found.distances[0]),
            float(np.median(found.distances[1:, 0])) if len(compared) else None,
        )
        self._splits[NEAREST] = images
        self._reply(msgspec.structs.replace(images.opened(NEAREST), nearness=nearness))

    def _reconstructed_tests(self, model: ExportedModel) -> NDArray[np.float32]:
        """Reconstruct a few test images from everywhere in their split: (n, h, w[, 3])."""
        test = self._splits.get("test")
        if test is None:
            return np.empty((0, *model.shape.array), np.float32)
        count = min(_COMPARED, len(test))
        return reconstructed(model, test.images[np.arange(count) * len(test) // count]).images

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
        self._reply(images.opened(name))

    def _fail(self, what: str, error: Exception, request: Request | None = None) -> None:
        self._reply(Failed.of(what, error, request))


def _digest(model: ExportedModel) -> str:
    return f"{model.entry.encoder_sha256}{model.entry.decoder_sha256}"
