"""The command that finds the training images nearest to samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.gallery import draw, terminal_grid
from tui.cli.generate import SEED
from tui.cli.options import (
    id_argument,
    json_option,
    moved_option,
    number_setting,
    output_option,
    setting_option,
    store_option,
)
from tui.cli.output import Column, is_terminal, say, table, table_width
from tui.cli.prior_option import prior_option, read_prior
from tui.cli.progress import reading_progress
from tui.cli.report import to_json
from tui.cli.saving import is_png, label_names, save_npz, writing
from tui.rendering.sampling import image_size
from tui.text import shortened
from vae_engine.datasets import to_float
from vae_engine.datasets.source import counted
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.pictures import picture, save_png
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.inspection.images import InspectedImages, model_dataset, split_images
from vae_engine.inspection.neighbours import Neighbours, nearest_images
from vae_engine.inspection.ranking import label_text
from vae_engine.priors.names import PriorName
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

COUNT = number_setting("n", "int", 8, 1, 1000, "number of samples")
NEAREST = number_setting("nearest", "int", 5, 1, 100, "nearest training images per sample")
_LONGEST_NAME = 24


@dataclass(frozen=True, eq=False)
class NearestToSamples:
    """Samples of a model with their nearest training images.

    Attributes:
        session, model: that drew them.
        facts: `seed` and `prior`.
        z: (n, latent_dim).
        samples: (n, height, width) or (n, height, width, 3), in [0, 1].
        training: the training images.
        by_pixels, by_z: the nearest of each sample.
        usual: distances by pixels of as many reconstructed test images, (n,).
    """

    session: Session
    model: ExportedModel
    facts: dict[str, Any]
    z: NDArray[np.float32]
    samples: NDArray[np.float32]
    training: InspectedImages
    by_pixels: Neighbours
    by_z: Neighbours
    usual: NDArray[np.float32]

    @property
    def columns(self) -> int:
        """Images in a row of the sheet: the sample and its nearest."""
        return int(self.by_pixels.indices.shape[1]) + 1

    def sheet(self) -> NDArray[np.uint8]:
        """Each sample followed by its nearest images."""
        rows = []
        for sample, indices in zip(self.samples, self.by_pixels.indices, strict=True):
            images = without_grey_axis(to_float(self.training.images[indices]))
            rows.append(to_uint8(np.concatenate([sample[None], images])))
        return np.concatenate(rows)

    def arrays(self) -> dict[str, Any]:
        """The arrays of an `.npz`."""
        return {
            "samples": self.samples,
            "z": self.z,
            "nearest_pixels": self.by_pixels.indices,
            "pixel_distances": self.by_pixels.distances,
            "nearest_z": self.by_z.indices,
            "z_distances": self.by_z.distances,
            "test_distances": self.usual,
            "labels": self.training.labels[self.by_pixels.indices],
            **self.facts,
            **label_names(self.training.label_names),
        }


@click.command()
@id_argument
@setting_option(COUNT, "-n", "count", fallback=COUNT.default)
@setting_option(SEED, fallback=SEED.default)
@setting_option(NEAREST, fallback=NEAREST.default)
@prior_option
@output_option(".png", ".npz", several=True, otherwise="")
@moved_option
@json_option
@store_option
def neighbours(
    reference: str,
    store: SessionStore,
    count: int,
    seed: int,
    nearest: int,
    prior_name: PriorName,
    outputs: Sequence[Path],
    place: str | None,
    as_json: bool,
) -> None:
    """Find the training images nearest to samples of the prior.

    Distances are the root of the mean squared difference of pixels from 0 to 1, and Euclidean in
    latent space. For comparison, as many test images are encoded, decoded and compared in the same
    way: a model whose samples are much nearer to a training image than these has memorised it. A
    .png has a row per sample: the sample, then its nearest images by pixels. An .npz has samples,
    z, nearest_pixels, pixel_distances, nearest_z, z_distances (n, k), test_distances (n,), labels
    (n, k), seed, prior, session and epoch.
    """
    session = store.find(reference)
    found = _find(session, count, seed, nearest, prior_name, place)
    if as_json:
        click.echo(to_json(_fields(found)))
    else:
        if is_terminal():
            sheet = found.sheet()
            draw(sheet, terminal_grid(found.columns, size=image_size(sheet)))
        for line in _lines(found):
            say(line)
    for output in outputs:
        with writing(output, counted(count, "sample"), quiet=as_json):
            if is_png(output):
                save_png(output, picture(found.sheet(), found.columns))
            else:
                save_npz(output, session, found.arrays(), epoch=found.model.entry.epoch)


COMMANDS = {"neighbours": neighbours}


def _find(
    session: Session, count: int, seed: int, nearest: int, prior_name: PriorName, place: str | None
) -> NearestToSamples:
    model = load_model(session)
    z = read_prior(session, prior_name).draw(count, seed=seed)
    with reading_progress() as report:
        dataset = model_dataset(session, model, place)
        training = split_images(dataset, "train", session.settings)
        test = split_images(dataset, "test", session.settings)
        rows = dataset.shown_rows(count)
        z_test, _ = model.encoder.encode(to_float(test.images[rows]))
        both = np.concatenate([z, z_test])
        by_pixels, by_z = nearest_images(model, training.images, both, nearest, report)
    return NearestToSamples(
        session,
        model,
        {"seed": seed, "prior": prior_name},
        z,
        model.decoder.decode(z),
        training,
        _first(by_pixels, count),
        _first(by_z, count),
        by_pixels.distances[count:, 0],
    )


def _first(found: Neighbours, count: int) -> Neighbours:
    return Neighbours(found.indices[:count], found.distances[:count])


def _lines(found: NearestToSamples) -> Iterator[str]:
    session, training = found.session, found.training
    yield (
        f"session {session.id} ({session.label.name}): weights of epoch {found.model.entry.epoch}, "
        f"{len(training):,} training images"
    )
    yield (
        f"nearest by pixels: samples {np.median(found.by_pixels.distances[:, 0]):.3f}, "
        f"reconstructed test images {np.median(found.usual):.3f} (medians)"
    )
    columns = [
        Column("SAMPLE", "right"),
        Column("BY PIXELS", "right"),
        Column("DISTANCE", "right"),
        Column("CLASS", least=5),
        Column("BY Z", "right"),
        Column("DISTANCE", "right"),
        Column("CLASS", least=5),
    ]
    rows = []
    for at in range(len(found.samples)):
        row = [f"{at + 1}"]
        for nearest in (found.by_pixels, found.by_z):
            index = int(nearest.indices[at, 0])
            name = label_text(int(training.labels[index]), training.label_names)
            row += [f"{index}", f"{nearest.distances[at, 0]:.3f}", shortened(name, _LONGEST_NAME)]
        rows.append(row)
    yield from table(columns, rows, table_width())


def _fields(found: NearestToSamples) -> dict[str, Any]:
    return {
        "session": found.session.id,
        "epoch": found.model.entry.epoch,
        **found.facts,
        "images": len(found.training),
        "sample_distance": float(np.median(found.by_pixels.distances[:, 0])),
        "test_distance": float(np.median(found.usual)),
        "samples": [
            {
                "by_pixels": _entries(found.training, found.by_pixels, at),
                "by_z": _entries(found.training, found.by_z, at),
            }
            for at in range(len(found.samples))
        ],
    }


def _entries(training: InspectedImages, found: Neighbours, at: int) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "row": int(training.rows[index]),
            "class": label_text(int(training.labels[index]), training.label_names),
            "distance": distance,
        }
        for index, distance in zip(
            found.indices[at].tolist(), found.distances[at].tolist(), strict=True
        )
    ]
