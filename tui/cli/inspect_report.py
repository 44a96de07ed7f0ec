"""What commands tell of single images: in lines, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui.cli.output import Column, table, table_width
from tui.text import encodable, shortened
from vae_engine.datasets.source import SPLIT_NAMES, Split, counted
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.scoring import Reconstructed
from vae_engine.inference.exported import ExportedModel
from vae_engine.inspection.images import InspectedImages
from vae_engine.inspection.ranking import ClassScore, label_text
from vae_engine.sessions.session import Session

_CLASSES_SHOWN = 10
_LONGEST_NAME = 24
_Z_SHOWN = 8


@dataclass(frozen=True, eq=False)
class ShownImages:
    """Images in the order in which they are shown.

    Attributes:
        images: what they are, (n, ...).
        places: (n,) their indices in the split.
        scores: of each.
        model: what the model makes of them.
    """

    images: InspectedImages
    places: NDArray[np.intp]
    scores: ImageScores
    model: Reconstructed


def outlier_lines(
    session: Session,
    model: ExportedModel,
    split: Split,
    shown: ShownImages,
    scores: ImageScores,
    classes: list[ClassScore],
) -> Iterator[str]:
    """The metrics of a split's outliers as a table, below the means of all and of each class."""
    mean = float(scores.negative_elbo.mean())
    yield (
        f"session {session.id} ({session.label.name}): {_weights(model)}, mean -ELBO "
        f"{mean:.2f} nats over {counted(len(scores), f'{SPLIT_NAMES[split]} image')}"
    )
    names = shown.images.label_names
    if classes:
        hardest = ", ".join(
            f"{shortened(label_text(one.label, names), _LONGEST_NAME)} {one.negative_elbo:.2f}"
            for one in classes[:_CLASSES_SHOWN]
        )
        yield f"classes, hardest first: {hardest}{', ...' * (len(classes) > _CLASSES_SHOWN)}"
    columns = [Column("IMAGE", "right"), Column("CLASS", least=5), *_TERMS]
    rows = [
        (f"{place}", shortened(label_text(label, names), _LONGEST_NAME), *terms)
        for place, label, terms in zip(
            shown.places.tolist(), shown.images.labels.tolist(), _term_texts(shown), strict=True
        )
    ]
    yield from table(columns, rows, table_width())


_TERMS = (Column("-ELBO", "right"), Column("REC", "right"), Column("KL", "right"))


def _term_texts(shown: ShownImages) -> Iterator[tuple[str, str, str]]:
    scores = shown.scores
    for terms in zip(scores.negative_elbo, scores.reconstruction_loss, scores.kl_loss, strict=True):
        elbo, rec, kl = (f"{term:.2f}" for term in terms)
        yield elbo, rec, kl


def encode_lines(
    session: Session, model: ExportedModel, shown: ShownImages, names: Sequence[str]
) -> Iterator[str]:
    """The metrics of your own images as a table."""
    yield f"session {session.id} ({session.label.name}): {_weights(model)}"
    columns = [Column("FILE", least=12), Column("IMAGE", "right"), *_TERMS, Column("Z_MEAN")]
    rows = [
        (encodable(name), f"{row}", *terms, _z_text(z))
        for name, row, terms, z in zip(
            names, shown.images.rows.tolist(), _term_texts(shown), shown.model.z_mean, strict=True
        )
    ]
    yield from table(columns, rows, table_width())


def _z_text(z: NDArray[np.float32]) -> str:
    shown = " ".join(f"{value:+.2f}" for value in z[:_Z_SHOWN])
    return f"{shown} ..." if len(z) > _Z_SHOWN else shown


def _weights(model: ExportedModel) -> str:
    entry = model.entry
    return f"weights of epoch {entry.epoch}" + (f" and {entry.step} steps" if entry.step else "")


def outliers_json(
    session: Session,
    model: ExportedModel,
    facts: dict[str, Any],
    shown: ShownImages,
    scores: ImageScores,
    classes: list[ClassScore],
) -> dict[str, Any]:
    """The same as fields; losses in nats."""
    names = shown.images.label_names
    means = {
        "negative_elbo": float(scores.negative_elbo.mean()),
        "reconstruction_loss": float(scores.reconstruction_loss.mean()),
        "kl_loss": float(scores.kl_loss.mean()),
    }
    return {
        "session": session.id,
        "epoch": model.entry.epoch,
        "likelihood": model.decoder.pixels.likelihood,
        **facts,
        "images": len(scores),
        **means,
        "classes": [
            {
                "label": one.label,
                "name": label_text(one.label, names),
                "images": one.images,
                "negative_elbo": one.negative_elbo,
                "reconstruction_loss": one.reconstruction_loss,
                "kl_loss": one.kl_loss,
            }
            for one in classes
        ],
        "outliers": [
            {"index": place, **entry}
            for place, entry in zip(shown.places.tolist(), _entries(shown), strict=True)
        ],
    }


def encode_json(
    session: Session, model: ExportedModel, shown: ShownImages, names: Sequence[str]
) -> dict[str, Any]:
    """The same as fields; losses in nats."""
    return {
        "session": session.id,
        "epoch": model.entry.epoch,
        "likelihood": model.decoder.pixels.likelihood,
        "images": [
            {"file": encodable(name), **entry}
            for name, entry in zip(names, _entries(shown), strict=True)
        ],
    }


def _entries(shown: ShownImages) -> Iterator[dict[str, Any]]:
    scores, names = shown.scores, shown.images.label_names
    for at, (row, label) in enumerate(
        zip(shown.images.rows.tolist(), shown.images.labels.tolist(), strict=True)
    ):
        yield {
            "row": row,
            "label": None if label < 0 else label,
            "class": None if label < 0 else label_text(label, names),
            "negative_elbo": float(scores.negative_elbo[at]),
            "reconstruction_loss": float(scores.reconstruction_loss[at]),
            "kl_loss": float(scores.kl_loss[at]),
            "z_mean": shown.model.z_mean[at].tolist(),
            "z_log_var": shown.model.z_log_var[at].tolist(),
        }
