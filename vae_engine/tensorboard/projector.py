"""Files for TensorBoard's embedding projector: z_mean of test images, labels, pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import Dataset, to_float
from vae_engine.datasets.binarization import split_as_evaluated
from vae_engine.inference.pictures import save_png
from vae_engine.inference.sampling import load_encoder, to_uint8, without_grey_axis
from vae_engine.sessions import atomic
from vae_engine.sessions.session import Session
from vae_engine.tensorboard.protos import ProjectorConfig, text_format
from vae_engine.text import printable_start

CONFIG = "projector_config.pbtxt"
TENSOR = "z_mean.tsv"
METADATA = "metadata.tsv"
SPRITE = "sprite.png"

POINTS = 10_000
"""Maximum number of test images, the first ones: browsers cannot draw much larger sprites."""

_MOST_VALUES = 10_000 * 28 * 28
"""Maximum number of pixels of the sprite; browsers cannot draw larger ones."""

AXES = 3
"""The projector does not show shorter vectors: z of fewer dimensions is padded with 0."""

_ENCODED_AT_ONCE = 2048


def write_projector(folder: Path, session: Session, dataset: Dataset) -> None:
    """Write the embeddings of the first test images by the session's current export.

    Args:
        folder: where to; each file replaces an older one in one step, the one that names the
            others last.
        session: one with an export.
        dataset: what it trains on, in grey.

    Raises:
        SessionError: nothing was exported yet.
        SessionDamagedError: the export is not what it should be.
        OSError: the folder cannot be written.
    """
    encoder = load_encoder(session)
    points = min(POINTS, _MOST_VALUES // math.prod(dataset.test_images.shape[1:]))
    images = to_float(split_as_evaluated(dataset, "test", session.settings)[:points])
    parts = range(0, len(images), _ENCODED_AT_ONCE)
    means = [encoder.encode(images[at : at + _ENCODED_AT_ONCE])[0] for at in parts]
    z_mean = np.concatenate(means)
    known = dataset.test_labels
    labels = np.full(len(z_mean), -1) if known is None else known[:points]
    _write_text(folder / TENSOR, _tensor(z_mean))
    _write_text(folder / METADATA, _metadata(labels, dataset.label_names))
    save_png(folder / SPRITE, sprite(to_uint8(without_grey_axis(images))))
    shape = (len(z_mean), max(AXES, z_mean.shape[1]))
    height, width = images.shape[1:3]
    config = _config(*shape, image=(width, height))
    _write_text(folder / CONFIG, text_format.MessageToString(config))


def sprite(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Arrange images in a square without gaps, row by row: (rows x h, columns x w) uint8.

    Args:
        images: (n, h, w), or (n, h, w, 3): then so is the sprite.
    """
    count, height, width, *colours = images.shape
    side = math.ceil(math.sqrt(count))
    tiles = np.zeros((side * side, height, width, *colours), np.uint8)
    tiles[:count] = images
    rows = tiles.reshape(side, side, height, width, *colours).swapaxes(1, 2)
    return rows.reshape(side * height, side * width, *colours)


def _tensor(z_mean: NDArray[np.float32]) -> str:
    missing = ["0"] * (AXES - z_mean.shape[1])
    # Nine digits distinguish all float32 values.
    rows = ([f"{value:.9g}" for value in row] + missing for row in z_mean.tolist())
    return "".join("\t".join(row) + "\n" for row in rows)


def _metadata(labels: NDArray[np.int64], names: Sequence[str] = ()) -> str:
    known = dict(enumerate(names))
    texts = (printable_start(known.get(label, str(label))) for label in labels.tolist())
    rows = (f"{label}\t{index}\n" for index, label in enumerate(texts))
    return "label\tindex\n" + "".join(rows)


def _config(points: int, dimensions: int, *, image: tuple[int, int]) -> ProjectorConfig:
    config = ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "z_mean of the test images"
    embedding.tensor_shape.extend([points, dimensions])
    embedding.tensor_path = TENSOR
    embedding.metadata_path = METADATA
    embedding.sprite.image_path = SPRITE
    embedding.sprite.single_image_dim.extend(image)
    return config


def _write_text(path: Path, text: str) -> None:
    atomic.replace_content(path, text.encode())
