"""Answers what is asked about several models side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.source import Split
from vae_engine.errors import EngineError
from vae_engine.inference.sampling import draw_prior, to_uint8, without_grey_axis
from vae_engine.inspection.comparing_messages import (
    Figures,
    ImagesCompared,
    ModelFacts,
    ModelsOpened,
    SamplesCompared,
    SplitCompared,
)
from vae_engine.inspection.comparison import (
    ComparedModel,
    ModelScores,
    check_same_dimensions,
    common_measure,
    common_splits,
    decode_all,
    first_common,
    image_differences,
    open_models,
    saved_images,
    score_model,
    show_model,
)
from vae_engine.inspection.images import InspectedImages
from vae_engine.inspection.messages import (
    ChooseEpoch,
    DecodeSeed,
    Failed,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
)
from vae_engine.inspection.packed_array import Array
from vae_engine.replies import Progressed
from vae_engine.sessions.session import Session

CURRENT = 0
"""The epoch that stands for every session's current weights."""

_SPLITS: tuple[Split, ...] = ("test", "val", "train")
_SAVED = "saved"
_MOST_AT_ONCE = 1024
_TENTHS = 10
_HEAD_START_SECONDS = 0.5


class _Superseded(Exception):  # noqa: N818 - no error
    """Models of another epoch are looked at now."""


class Comparer:
    """Reads the models and images of several sessions; scoring goes on in a thread."""

    def __init__(self, sessions: Sequence[Session], reply: Callable[[Reply], object]) -> None:
        """Make it; `reply` is called from several threads."""
        self._sessions = sessions
        self._reply = reply
        self._models: list[ComparedModel] = []
        self._epoch = CURRENT
        self._splits: dict[str, InspectedImages] = {}
        self._may_read, self._all_read = threading.Event(), threading.Event()

    def open(self) -> bool:
        """Load the current models, and return whether there are any; the images follow in a thread.

        Test images that are known before the rest come first.
        """
        if not self._load(CURRENT):
            return False
        self._reply(Progressed("reading the images"))
        models = self._models
        if (first := first_common(models)) is not None:
            self._take("test", first)
        threading.Thread(target=self._read, args=(models, first is None), daemon=True).start()
        return True

    def wait(self) -> None:
        """Wait until all images that can be read were."""
        self._all_read.wait()

    def _read(self, models: Sequence[ComparedModel], at_once: bool) -> None:
        """Read the dataset, after the rows that an app asks for at once."""
        if not at_once:
            self._may_read.wait(_HEAD_START_SECONDS)
        try:
            for split, images in common_splits(models, _SPLITS):
                if len(images) and split not in self._splits:
                    self._take(split, images)
        except (EngineError, OSError, MemoryError) as error:
            self._fail("dataset", error)
            try:
                self._take(_SAVED, saved_images(models))
            except (EngineError, OSError) as lack:
                self._fail("images", lack)
        finally:
            self._all_read.set()

    def answer(self, request: Request) -> None:
        """Answer a request; what cannot be done is a reply too."""
        if isinstance(request, ChooseEpoch):
            self._load(request.epoch, request)
        elif isinstance(request, ShowImages):
            self._show(request)
        elif isinstance(request, DecodeSeed):
            self._decode(request)
        elif isinstance(request, ScoreSplit) and request.split in self._splits:
            arguments = self._models, self._epoch, request
            threading.Thread(target=self._score, args=arguments, daemon=True).start()

    def _load(self, epoch: int, request: ChooseEpoch | None = None) -> bool:
        try:
            kept = [_kept(session) for session in self._sessions]
            wanted = [_nearest(epochs, epoch) for epochs in kept]
            models = open_models(list(zip(self._sessions, wanted, strict=True)))
        except (EngineError, OSError) as error:
            self._fail("model" if not self._models else "epoch", error, request)
            return False
        self._models, self._epoch = models, epoch
        self._reply(
            ModelsOpened(
                epoch,
                tuple(
                    ModelFacts(one.session.id, one.model.entry.epoch, one.latent_dim)
                    for one in models
                ),
                tuple(sorted(set().union(*kept))),
                common_measure(models),
                models[0].model.shape,
            )
        )
        return True

    def _show(self, request: ShowImages) -> None:
        split = self._splits.get(request.split)
        indices = np.array(request.indices[:_MOST_AT_ONCE], np.intp)
        if (
            split is None
            or not len(indices)
            or not 0 <= indices.min() <= indices.max() < len(split)
        ):
            return
        try:
            shown = [show_model(one, split, indices) for one in self._models]
        except EngineError as error:
            self._fail("images", error, request)
            return
        chosen = without_grey_axis(to_float(split.images[indices]))
        self._reply(
            ImagesCompared(
                self._epoch,
                request.split,
                tuple(indices.tolist()),
                Array.of(to_uint8(chosen)),
                Array.of(to_uint8(np.stack([made.images for made, _ in shown]))),
                _figures([scores for _, scores in shown]),
            )
        )
        self._may_read.set()

    def _decode(self, request: DecodeSeed) -> None:
        try:
            latent_dim = check_same_dimensions(self._models)
            z = draw_prior(min(request.count, _MOST_AT_ONCE), latent_dim, seed=request.seed)
            images = decode_all(self._models, z)
        except EngineError as error:
            self._fail("samples", error, request)
            return
        self._reply(
            SamplesCompared(
                self._epoch,
                request.seed,
                Array.of(z),
                Array.of(to_uint8(images)),
                Array.of(image_differences(images).astype(np.float32)),
            )
        )

    def _score(self, models: list[ComparedModel], epoch: int, request: ScoreSplit) -> None:
        name = request.split
        split, done_before, tenth = self._splits[name], 0, -1
        total = len(split) * len(models)

        def report(_: str, done: int, __: int) -> None:
            nonlocal tenth
            if self._models is not models:
                raise _Superseded
            if (reached := (done_before + done) * _TENTHS // total) != tenth:
                tenth = reached
                self._reply(Progressed(f"scoring {name}", done_before + done, total))

        scores = []
        try:
            for one in models:
                scores.append(score_model(one, split, report))
                done_before += len(split)
        except _Superseded:
            return
        except EngineError as error:
            self._fail(f"scoring {name}", error, request)
            return
        self._reply(SplitCompared(epoch, name, _figures(scores)))

    def _take(self, name: str, images: InspectedImages) -> None:
        self._splits[name] = images
        self._reply(images.opened(name))

    def _fail(self, what: str, error: Exception, request: Request | None = None) -> None:
        self._reply(Failed.of(what, error, request))


def _figures(scores: Sequence[ModelScores]) -> Figures:
    def packed(parts: list[NDArray[np.float64]]) -> Array:
        return Array.of(np.stack(parts).astype(np.float32))

    return Figures(
        packed([one.elbo.reconstruction_loss for one in scores]),
        packed([one.elbo.kl_loss for one in scores]),
        packed([one.squared_error for one in scores]),
    )


def _kept(session: Session) -> list[int]:
    """The epochs of which a session keeps weights, in order."""
    index = session.exports()
    return sorted(entry.epoch for entry in index.kept) if index is not None else []


def _nearest(kept: Sequence[int], epoch: int) -> int | None:
    """The last kept epoch up to this one, else the first; None for the current weights."""
    if epoch == CURRENT or not kept:
        return None
    return max((one for one in kept if one <= epoch), default=kept[0])
