"""Several models side by side: the same images, or the same z, through each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.source import Split
from vae_engine.errors import EngineError, SessionError, SettingError
from vae_engine.evaluation.bounds import Doubles, Floats, standard_error
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.scoring import (
    Reconstructed,
    reconstructed,
    score_images,
    score_rows,
    squared_errors,
)
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inspection.images import (
    InspectedImages,
    first_images,
    model_dataset,
    own_images,
    split_images,
)
from vae_engine.inspection.letters import LETTERS
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings

Measure = Literal["negative_elbo", "squared_error"]


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """The weights of one epoch of a session."""

    session: Session
    model: ExportedModel

    @property
    def latent_dim(self) -> int:
        """Dimensions of z."""
        return self.model.decoder.latent_dim

    @property
    def weights_text(self) -> str:
        """Id of the session and epoch of the weights, as `vae compare` takes them: `ID@12`."""
        return f"{self.session.id}@{self.model.entry.epoch}"


@dataclass(frozen=True, eq=False)
class ModelScores:
    """Figures of n images with one model.

    Attributes:
        elbo: the ELBO terms in nats, at beta = 1, with z sampled.
        squared_error: (n,) mean over an image's values of the squared difference to its
            reconstruction from z_mean, values in [0, 1].
    """

    elbo: ImageScores
    squared_error: Doubles

    def __len__(self) -> int:
        return len(self.squared_error)

    def of(self, measure: Measure) -> Doubles:
        """Return the values, (n,), by which models are compared; lower is better."""
        return self.elbo.negative_elbo if measure == "negative_elbo" else self.squared_error

    def rows(self, rows: NDArray[np.intp]) -> ModelScores:
        """Select the figures of some of the images."""
        return ModelScores(self.elbo.rows(rows), self.squared_error[rows])


@dataclass(frozen=True)
class MeanDifference:
    """Mean of the differences image by image, with its standard error (0 for one image)."""

    mean: float
    standard_error: float


def open_models(wanted: Sequence[tuple[Session, int | None]]) -> list[ComparedModel]:
    """Load the models of sessions, each of an epoch or (None) its current export.

    Raises:
        SettingError: fewer than two, more than there are letters, one of them twice, or their
            images are of different shapes.
        SessionError: nothing was exported, or not at that epoch.
        SessionDamagedError: a file is not what was exported.
    """
    if not 2 <= len(wanted) <= len(LETTERS):
        raise SettingError(
            f"{len(wanted)} to compare: name 2 to {len(LETTERS)}, `ID ID` for two sessions or "
            "`ID@EPOCH ID@EPOCH` for two epochs of one"
        )
    opened = [ComparedModel(session, _loaded(session, epoch)) for session, epoch in wanted]
    texts = [one.weights_text for one in opened]
    if twice := next((text for text in texts if texts.count(text) > 1), None):
        raise SettingError(
            f"{twice} is named twice: `ID@EPOCH` names another epoch of the same session"
        )
    first = opened[0]
    for one in opened[1:]:
        if one.model.shape != first.model.shape:
            raise SettingError(
                f"images of {first.session.id} are of {first.model.shape.text}, those of "
                f"{one.session.id} of {one.model.shape.text}: compare sessions of one size"
            )
    return opened


def common_measure(models: Sequence[ComparedModel]) -> Measure:
    """Return what compares on the same images: the ELBO, where all have one likelihood of pixels.

    Otherwise the squared error, which needs no likelihood.
    """
    kinds = {(one.model.decoder.pixels.likelihood, _binarize(one)) for one in models}
    return "negative_elbo" if len(kinds) == 1 else "squared_error"


def common_split(
    models: Sequence[ComparedModel], split: Split, place: str | None = None
) -> InspectedImages:
    """Return the images of a split of the first session's dataset, the same for all models.

    They are binarized as the first session's are, if all sessions binarize.

    Raises:
        DatasetError: they cannot be read, or are not those that it was trained on.
    """
    return dict(common_splits(models, [split], place))[split]


def common_splits(
    models: Sequence[ComparedModel], splits: Sequence[Split], place: str | None = None
) -> Iterator[tuple[Split, InspectedImages]]:
    """Yield several splits as `common_split` returns them; the dataset is read once."""
    first = models[0]
    dataset = model_dataset(first.session, first.model, place)
    for split in splits:
        yield split, split_images(dataset, split, _common_settings(models))


def first_common(models: Sequence[ComparedModel]) -> InspectedImages | None:
    """Return the test images of the first session, if they are known before its dataset is read."""
    return first_images(models[0].session, _common_settings(models))


def common_file(models: Sequence[ComparedModel], path: str) -> InspectedImages:
    """Read images of one's own, prepared as those of the first session were.

    Raises:
        DatasetError: the path is missing or has no readable images.
    """
    return own_images(path, models[0].model.shape, _common_settings(models))


def saved_images(models: Sequence[ComparedModel]) -> InspectedImages:
    """Return the few test images that the first session's folder has.

    Raises:
        SessionError: it has none.
        SessionDamagedError: they cannot be read.
    """
    session, shape = models[0].session, models[0].model.shape
    originals = read_originals(session.folder, shape)
    if originals is None:
        raise SessionError(f"session {session.id} has saved no test images")
    prepared = session.log.prepared
    names = tuple(prepared.label_names) if prepared else ()
    rows = np.arange(len(originals.images))
    return InspectedImages(originals.images, originals.labels, rows, names)


def other_images(models: Sequence[ComparedModel]) -> list[ComparedModel]:
    """List the models that were trained on other images than the first, as far as recorded."""
    first = _trained_on(models[0])
    return [one for one in models[1:] if first and _trained_on(one) not in ("", first)]


def score_model(
    one: ComparedModel, images: InspectedImages, report: Report = lambda *_: None
) -> ModelScores:
    """Compute the figures of all images; the ELBO terms equal those of `vae outliers`.

    Raises:
        SessionDamagedError: the model gives something that is not finite.
    """
    seed = one.session.settings.seed
    elbo = score_images(one.model, images.images, seed=seed, report=report)
    return ModelScores(elbo, squared_errors(one.model, images.images))


def show_model(
    one: ComparedModel, images: InspectedImages, rows: NDArray[np.intp]
) -> tuple[Reconstructed, ModelScores]:
    """Reconstruct some of the images, with their figures, equal to those of `score_model`.

    Raises:
        SessionDamagedError: the model gives something that is not finite.
    """
    chosen = images.images[rows]
    elbo = score_rows(one.model, images.images, rows, seed=one.session.settings.seed)
    return (
        reconstructed(one.model, chosen),
        ModelScores(elbo, squared_errors(one.model, chosen)),
    )


def spread(scores: Sequence[ModelScores], measure: Measure) -> Doubles:
    """Return how far the models are apart on each image, (n,): the largest minus the smallest."""
    values = np.stack([one.of(measure) for one in scores])
    apart: Doubles = values.max(axis=0) - values.min(axis=0)
    return apart


def mean_differences(
    scores: Sequence[ModelScores], measure: Measure
) -> Iterator[MeanDifference | None]:
    """Yield the mean difference of each model to the first, None for the first itself.

    The images are the same, so the differences are paired: their standard error is that of the
    mean difference, far smaller than those of the two means.
    """
    first = scores[0].of(measure)
    yield None
    for one in scores[1:]:
        differences = one.of(measure) - first
        error = standard_error(differences) if len(differences) > 1 else 0.0
        yield MeanDifference(float(differences.mean()), error)


def check_same_dimensions(models: Sequence[ComparedModel]) -> int:
    """Return the dimensions of z that all models have.

    Raises:
        SettingError: they differ.
    """
    first = models[0]
    for one in models[1:]:
        if one.latent_dim != first.latent_dim:
            raise SettingError(
                f"z of {first.session.id} has {first.latent_dim} dimensions, z of "
                f"{one.session.id} {one.latent_dim}: the same z needs equal ones; compare the "
                "same images instead"
            )
    return first.latent_dim


def decode_all(models: Sequence[ComparedModel], z: Floats) -> Floats:
    """Decode the same z (n, latent_dim) with every model: (models, n, h, w) or (..., 3).

    Raises:
        SessionDamagedError: a model gives something that is not finite.
    """
    return np.stack([one.model.decoder.decode(z) for one in models])


def image_differences(images: Floats) -> Doubles:
    """Mean squared difference of each model's image to the first model's.

    Args:
        images: (models, n, h, w) or (models, n, h, w, 3), in [0, 1].

    Returns:
        (models, n); 0 for the first model.
    """
    flat = images.reshape(*images.shape[:2], -1).astype(np.float64)
    squares: Doubles = np.square(flat - flat[:1]).mean(axis=2)
    return squares


def _loaded(session: Session, epoch: int | None) -> ExportedModel:
    session.poll(progress=False)
    try:
        return load_model(session, epoch)
    except EngineError as error:
        if session.id in str(error):
            raise
        problem = f"session {session.id}: {error}"
        raise type(error)(problem, remedy=error.remedy, subject=error.subject) from error


def _binarize(one: ComparedModel) -> str:
    return one.session.settings.binarize


def _common_settings(models: Sequence[ComparedModel]) -> Settings:
    """The first session's settings; without binarization, unless all binarize."""
    settings = models[0].session.settings
    if len({_binarize(one) for one in models}) == 1:
        return settings
    return msgspec.structs.replace(settings, binarize="none")


def _trained_on(one: ComparedModel) -> str:
    prepared = one.session.log.prepared
    return str((prepared.dataset if prepared else {}).get("sha256", ""))
