"""TensorBoard summaries of a session: scalars and images per epoch, and final results."""

from __future__ import annotations

import io
import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_engine.inference.pictures import picture, square_columns
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.previews import Originals, Preview
from vae_engine.sessions.records import EvaluationRecord, Result
from vae_engine.tensorboard.protos import Summary

EPOCH_TAGS = {
    "loss/train": "loss",
    "loss/validation": "val_loss",
    "reconstruction_loss/train": "reconstruction_loss",
    "reconstruction_loss/validation": "val_reconstruction_loss",
    "kl_loss/train": "kl_loss",
    "kl_loss/validation": "val_kl_loss",
    "elbo/validation": "val_elbo",
    "latent/active_units": "active_units",
    "schedule/learning_rate": "learning_rate",
    "schedule/beta": "beta",
    "speed/images_per_second": "images_per_second",
    "speed/epoch_seconds": "duration",
}
"""Scalars of an epoch: the field of `EpochEnded` that each tag shows."""

RESULT_TAGS = {
    "result/test_loss": "test_loss",
    "result/test_reconstruction_loss": "test_reconstruction_loss",
    "result/test_kl_loss": "test_kl_loss",
    "result/best_epoch": "best_epoch",
}
"""Final scalars of a session: the field of `Result` that each tag shows."""

EVALUATION_TAGS = {
    f"evaluation/{name}": name
    for name in (
        "negative_elbo",
        "nll",
        "reconstruction_loss",
        "kl_loss",
        "active_units",
        "mutual_information",
        "aggregate_kl",
        "knn_accuracy",
        "linear_accuracy",
    )
}
"""Scalars of `vae evaluate`: the field of `EvaluationRecord` that each tag shows."""

KL_TAG = "kl_per_dimension/z{}"
RECONSTRUCTIONS_TAG = "images/reconstructions"
SAMPLES_TAG = "images/samples"


def scalar(tag: str, value: float) -> Summary.Value:
    """Make one scalar; TensorBoard stores single precision."""
    return Summary.Value(tag=tag, simple_value=value)


def epoch_scalars(epoch: EpochEnded) -> list[Summary.Value]:
    """Make the scalars of an epoch, and the KL of every dimension of z."""
    kl = enumerate(epoch.kl_per_dimension)
    return [
        *(scalar(tag, getattr(epoch, name)) for tag, name in EPOCH_TAGS.items()),
        *(scalar(KL_TAG.format(dimension), value) for dimension, value in kl),
    ]


def preview_images(preview: Preview, originals: Originals | None) -> list[Summary.Value]:
    """Make two sheets: test images above their reconstructions, and samples of the prior."""
    return [
        _image(RECONSTRUCTIONS_TAG, reconstruction_sheet(preview, originals)),
        _image(SAMPLES_TAG, picture(preview.samples, square_columns(preview.samples))),
    ]


def reconstruction_sheet(preview: Preview, originals: Originals | None) -> NDArray[np.uint8]:
    """Arrange the original images in a row above their reconstructions, uint8.

    Where there are none that fit, the reconstructions alone.
    """
    below = preview.reconstructions
    if originals is None or originals.images.shape != below.shape:
        return picture(below, len(below))
    return picture(np.concatenate([originals.images, below]), len(below))


def result_scalars(
    result: Result | None, evaluation: EvaluationRecord | None
) -> list[Summary.Value]:
    """Make the final scalars that are available."""
    values = itertools.chain(
        ((tag, getattr(result, name)) for tag, name in RESULT_TAGS.items() if result),
        ((tag, getattr(evaluation, name)) for tag, name in EVALUATION_TAGS.items() if evaluation),
    )
    return [scalar(tag, value) for tag, value in values if value is not None]


def _image(tag: str, pixels: NDArray[np.uint8]) -> Summary.Value:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG")
    height, width, *colours = pixels.shape
    image = Summary.Image(
        height=height,
        width=width,
        colorspace=colours[0] if colours else 1,
        encoded_image_string=content.getvalue(),
    )
    return Summary.Value(tag=tag, image=image)
