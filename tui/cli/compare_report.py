"""What `vae compare` prints: a line per image and model, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui.cli.output import Column, table, table_width
from tui.cli.rates import path_json
from tui.comparison import read_compared
from tui.rate_distortion import rate_paths
from tui.text import encodable, one_line, shortened
from vae_engine.datasets.source import SPLIT_NAMES
from vae_engine.evaluation.bounds import Doubles, Floats
from vae_engine.inspection.comparison import (
    ComparedModel,
    MeanDifference,
    Measure,
    ModelScores,
    mean_differences,
)
from vae_engine.inspection.images import InspectedImages
from vae_engine.inspection.letters import LETTERS, letters_of
from vae_engine.inspection.ranking import label_text
from vae_engine.sessions.session import Session

_LONGEST_NAME = 24


@dataclass(frozen=True, eq=False)
class ComparedImages:
    """Images that went through all models.

    Attributes:
        which: the split, `saved`, or a path.
        order: of the rows.
        measure: by which the models are compared.
        images: all that were scored.
        places: (n,) the shown ones, in order.
        originals: (n, h, w) or (n, h, w, 3), in [0, 1].
        made: (models, n, ...), their reconstructions from z_mean.
        scores: of all images, per model.
    """

    which: str
    order: str
    measure: Measure
    images: InspectedImages
    places: NDArray[np.intp]
    originals: Floats
    made: Floats
    scores: list[ModelScores]


@dataclass(frozen=True, eq=False)
class ComparedSamples:
    """The same z through all models.

    Attributes:
        z: (n, latent_dim).
        origins: what each z is, in words.
        images: (models, n, ...), in [0, 1].
        differences: (models, n), mean squared difference to the first model's image.
    """

    z: Floats
    origins: list[str]
    images: Floats
    differences: Doubles


def head_lines(models: Sequence[ComparedModel]) -> Iterator[str]:
    """Which letter stands for which model."""
    for letter, one in zip(letters_of(len(models)), models, strict=True):
        entry = one.model.entry
        steps = f" and {entry.step} steps" if entry.step else ""
        yield (
            f"{letter}  session {one.session.id} ({one_line(one.session.label.name)}): weights of "
            f"epoch {entry.epoch}{steps}, d = {one.latent_dim}"
        )


def image_lines(found: ComparedImages) -> Iterator[str]:
    """A line per image and model, then the means over all images."""
    what = SPLIT_NAMES.get(found.which, one_line(encodable(found.which)))  # type: ignore[call-overload]
    yield f"{len(found.places):,} of {len(found.images):,} {what} images; losses in nats"
    if found.measure == "squared_error":
        yield "likelihoods differ, so the squared errors are compared"
    columns = [
        Column("IMAGE", "right"),
        Column("CLASS", least=5),
        Column("MODEL"),
        Column("-ELBO", "right"),
        Column("REC", "right"),
        Column("KL", "right"),
        Column("SQ. ERROR", "right"),
        Column("VS A", "right"),
    ]
    rows = [row for at in found.places.tolist() for row in _image_rows(found, at)]
    yield from table(columns, [*rows, *_mean_rows(found)], table_width())


def _image_rows(found: ComparedImages, at: int) -> Iterator[tuple[str, ...]]:
    name = label_text(int(found.images.labels[at]), found.images.label_names)
    label = shortened(name, _LONGEST_NAME)
    first = found.scores[0].of(found.measure)[at]
    for model, scores in enumerate(found.scores):
        head = (f"{at}", label) if not model else ("", "")
        difference = _difference(scores.of(found.measure)[at] - first, found.measure)
        yield *head, LETTERS[model], *_figures(scores, at), difference if model else ""


def _mean_rows(found: ComparedImages) -> Iterator[tuple[str, ...]]:
    every = mean_differences(found.scores, found.measure)
    for model, (scores, difference) in enumerate(zip(found.scores, every, strict=True)):
        head = ("mean", "all") if not model else ("", "")
        yield *head, LETTERS[model], *_means(scores), _with_error(difference, found.measure)


def _figures(scores: ModelScores, at: int) -> tuple[str, ...]:
    elbo = scores.elbo
    terms = (elbo.negative_elbo[at], elbo.reconstruction_loss[at], elbo.kl_loss[at])
    return (*(f"{term:.2f}" for term in terms), f"{scores.squared_error[at]:.5f}")


def _means(scores: ModelScores) -> tuple[str, ...]:
    elbo = scores.elbo
    terms = (elbo.negative_elbo, elbo.reconstruction_loss, elbo.kl_loss)
    return (*(f"{term.mean():.2f}" for term in terms), f"{scores.squared_error.mean():.5f}")


def _difference(value: float, measure: Measure) -> str:
    return f"{value:+.2f}" if measure == "negative_elbo" else f"{value:+.5f}"


def _with_error(found: MeanDifference | None, measure: Measure) -> str:
    if found is None:
        return ""
    digits = 2 if measure == "negative_elbo" else 5
    return f"{_difference(found.mean, measure)} ±{found.standard_error:.{digits}f}"


def sample_lines(models: Sequence[ComparedModel], shown: ComparedSamples) -> Iterator[str]:
    """A line per z: how far each model's image is from the first one's."""
    yield "mean squared difference to A's image of the same z, pixels from 0 to 1"
    letters = LETTERS[1 : len(models)]
    columns = [Column("Z", least=12), *(Column(f"{letter} VS A", "right") for letter in letters)]
    rows = [
        (origin, *(f"{value:.5f}" for value in shown.differences[1:, at].tolist()))
        for at, origin in enumerate(shown.origins)
    ]
    means = ("mean", *(f"{value:.5f}" for value in shown.differences[1:].mean(axis=1).tolist()))
    yield from table(columns, [*rows, means], table_width())


def caption_texts(found: ComparedImages) -> list[list[str]]:
    """Below each image of a row: its index, then the letter and the measure of each model."""
    digits = 1 if found.measure == "negative_elbo" else 4
    return [
        [
            f"{at}",
            *(
                f"{letter} {scores.of(found.measure)[at]:.{digits}f}"
                for letter, scores in zip(letters_of(len(found.scores)), found.scores, strict=True)
            ),
        ]
        for at in found.places.tolist()
    ]


def sample_captions(shown: ComparedSamples) -> list[list[str]]:
    """Below each image of a row: the letter of its model."""
    return [list(letters_of(len(shown.images))) for _ in shown.origins]


def models_json(models: Sequence[ComparedModel]) -> list[dict[str, Any]]:
    """The compared models, in order."""
    return [
        {
            "letter": letter,
            "session": one.session.id,
            "name": one.session.label.name,
            "epoch": one.model.entry.epoch,
            "step": one.model.entry.step,
            "latent_dim": one.latent_dim,
            "likelihood": one.model.decoder.pixels.likelihood,
        }
        for letter, one in zip(letters_of(len(models)), models, strict=True)
    ]


def images_json(models: Sequence[ComparedModel], found: ComparedImages) -> dict[str, Any]:
    """Means over all images and the metrics of the shown ones; losses in nats."""
    differences = mean_differences(found.scores, found.measure)
    return {
        "images": encodable(found.which),
        "order": found.order,
        "count": len(found.images),
        "measure": found.measure,
        "means": [
            {
                "letter": letter,
                "negative_elbo": float(scores.elbo.negative_elbo.mean()),
                "reconstruction_loss": float(scores.elbo.reconstruction_loss.mean()),
                "kl_loss": float(scores.elbo.kl_loss.mean()),
                "squared_error": float(scores.squared_error.mean()),
                "difference": difference.mean if difference else 0.0,
                "standard_error": difference.standard_error if difference else 0.0,
            }
            for letter, scores, difference in zip(
                letters_of(len(models)), found.scores, differences, strict=True
            )
        ],
        "rows": [_row_json(found, at) for at in found.places.tolist()],
    }


def _row_json(found: ComparedImages, at: int) -> dict[str, Any]:
    label = int(found.images.labels[at])
    first = float(found.scores[0].of(found.measure)[at])
    return {
        "index": at,
        "row": int(found.images.rows[at]),
        "label": label if label >= 0 else None,
        "class": label_text(label, found.images.label_names) if label >= 0 else None,
        "models": [
            {
                "letter": letter,
                "negative_elbo": float(scores.elbo.negative_elbo[at]),
                "reconstruction_loss": float(scores.elbo.reconstruction_loss[at]),
                "kl_loss": float(scores.elbo.kl_loss[at]),
                "squared_error": float(scores.squared_error[at]),
                "difference": float(scores.of(found.measure)[at]) - first,
            }
            for letter, scores in zip(letters_of(len(found.scores)), found.scores, strict=True)
        ],
    }


def samples_json(models: Sequence[ComparedModel], shown: ComparedSamples) -> dict[str, Any]:
    """Each z with the squared difference of every model's image to the first one's."""
    letters = letters_of(len(models))
    return {
        "samples": [
            {
                "origin": origin,
                "z": shown.z[at].tolist(),
                "squared_difference": dict(
                    zip(letters, shown.differences[:, at].tolist(), strict=True)
                ),
            }
            for at, origin in enumerate(shown.origins)
        ]
    }


def rate_distortion_json(models: Sequence[ComparedModel]) -> list[dict[str, Any]]:
    """The epochs of each session: rate and distortion of the validation split, in nats."""
    sessions: dict[str, Session] = {one.session.id: one.session for one in models}
    compared = [read_compared(session) for session in sessions.values()]
    return [path_json(path) for one in compared for path in rate_paths([one])]
