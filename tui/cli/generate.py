"""Commands that use a session's exported model: sample, reconstruct, embed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click
import msgspec
import numpy as np
from numpy.typing import NDArray

from tui.cli import completion
from tui.cli.gallery import draw, terminal_grid
from tui.cli.options import (
    id_argument,
    json_option,
    moved_option,
    number_setting,
    output_option,
    setting_option,
    store_option,
    with_options,
)
from tui.cli.output import say
from tui.cli.pixels import graphics_option
from tui.cli.prior_option import prior_option, read_prior
from tui.cli.report import to_json
from tui.cli.saving import is_png, label_names, save_npz, writing
from tui.rendering.sampling import image_size
from vae_engine.datasets import Dataset, to_float
from vae_engine.datasets.parts import Rows
from vae_engine.errors import SettingError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.pictures import paired_rows, picture, save_png, square_columns
from vae_engine.inference.sampling import (
    find_export,
    load_decoder,
    load_encoder,
    to_uint8,
    without_grey_axis,
)
from vae_engine.inspection.images import InspectedImages, own_images, split_images
from vae_engine.inspection.ranking import label_text
from vae_engine.priors.names import PriorName
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Settings

_MOST_IMAGES = 10_000
_PAIRS_PER_ROW = 10
_USUAL_PAIRS = 10
_ENCODED_VALUES = 2048 * 28 * 28
_MOST_VALUES = 2**29
"""Maximum number of pixel values of all images together: 2 GiB as floats."""

SAMPLES = number_setting("n", "int", 64, 1, _MOST_IMAGES, "number of samples")
DIGITS = number_setting("n", "int", _USUAL_PAIRS, 1, _MOST_IMAGES, "number of test images")
SEED = msgspec.structs.replace(SETTINGS["seed"], help="seed for z; equal seeds give equal images")
_IMAGES = msgspec.structs.replace(SETTINGS["dataset"], name="images")
TEMPERATURE = number_setting(
    "temperature", "float", 1.0, 0.0, 10.0, "scale of the noise in z; 1 is the prior"
)


@click.command()
@id_argument
@setting_option(SAMPLES, "-n", "count", fallback=SAMPLES.default)
@setting_option(SEED, fallback=SEED.default)
@setting_option(TEMPERATURE, fallback=TEMPERATURE.default)
@prior_option
@output_option(".png", ".npz")
@json_option
@graphics_option
@store_option
def sample(
    reference: str,
    store: SessionStore,
    count: int,
    seed: int,
    temperature: float,
    prior_name: PriorName,
    output: Path | None,
    as_json: bool,
) -> None:
    """Draw samples from a session's prior.

    An .npz has images (n, height, width), or (n, height, width, 3), from 0 to 1, z (n, latent_dim),
    seed, temperature, prior, session and epoch. The same seed gives the same images; a larger -n
    only adds more. --prior gmm fits a Gaussian mixture to the training images' posteriors, some
    seconds the first time; see `vae priors`.
    """
    session = store.find(reference)
    decoder = load_decoder(session)
    _check_count(count, decoder.shape)
    prior = read_prior(session, prior_name)
    z = prior.draw(count, seed=seed, temperature=temperature)
    images = decoder.decode(z)
    pixels = to_uint8(images)
    facts = {"seed": seed, "temperature": temperature, "prior": prior_name}
    if as_json:
        described = {"session": session.id, "epoch": find_export(session).epoch, **facts}
        click.echo(to_json({**described, "z": z.tolist()}))
    if output is None:
        if not as_json:
            draw(pixels, terminal_grid(count, size=image_size(pixels)))
        return
    with writing(output, f"{count} samples of seed {seed}", quiet=as_json):
        if is_png(output):
            save_png(output, picture(pixels, square_columns(pixels)))
        else:
            save_npz(output, session, {"images": images, "z": z, **facts})


@click.command()
@id_argument
@setting_option(DIGITS, "-n", "count", fallback=None, default="10, or all there are")
@output_option(".png", ".npz")
@json_option
@graphics_option
@moved_option
@store_option
def reconstruct(
    reference: str,
    store: SessionStore,
    count: int | None,
    output: Path | None,
    place: str | None,
    as_json: bool,
) -> None:
    """Show test images with their reconstructions.

    The images are spread over the test split (for MNIST: the first ones) and decoded from z_mean.
    An .npz has originals and reconstructions (n, height, width), or (n, height, width, 3), labels
    (n,), z_mean (n, latent_dim), session and epoch, and label_names where the labels have names.
    """
    session = store.find(reference)
    encoder, decoder = load_encoder(session), load_decoder(session)
    dataset = session_dataset(session, place)
    test = split_images(dataset, "test", session.settings)
    available = len(test)
    if count is None:
        count = min(_USUAL_PAIRS, available)
    if count > available:
        raise SettingError(
            f"n is {count}: it must be at most {available}, the images of the test split"
        )
    _check_count(count, decoder.shape)
    shown = dataset.shown_rows(count)
    originals = to_float(test.images[shown])
    z_mean, _ = encoder.encode(originals)
    reconstructions = decoder.decode(z_mean)
    originals = without_grey_axis(originals)
    above, below = to_uint8(originals), to_uint8(reconstructions)
    if as_json:
        errors = np.square(originals - reconstructions).reshape(count, -1).mean(axis=1)
        images = _fields(test, shown, errors, z_mean)
        described = {"session": session.id, "epoch": find_export(session).epoch}
        click.echo(to_json({**described, "images": images}))
    if output is None:
        if not as_json:
            grid = terminal_grid(count, layers=2, size=image_size(above))
            draw(paired_rows(above, below, min(count, grid.across)), grid)
        return
    with writing(output, f"{count} reconstructions", quiet=as_json):
        if is_png(output):
            across = min(count, _PAIRS_PER_ROW)
            save_png(output, picture(paired_rows(above, below, across), across))
        else:
            arrays = {
                "originals": originals,
                "reconstructions": reconstructions,
                "labels": test.labels[shown],
                "z_mean": z_mean,
                **label_names(test.label_names),
            }
            save_npz(output, session, arrays)


@click.command()
@id_argument
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    help="split of the session's dataset  [default: test]",
)
@click.option(
    "--images",
    metavar="FILE_OR_FOLDER",
    shell_complete=completion.files,
    help="images of your own: a file or a folder",
)
@output_option(".npz", required=True)
@moved_option
@store_option
def embed(
    reference: str,
    store: SessionStore,
    split: Literal["test", "train"] | None,
    images: str | None,
    output: Path,
    place: str | None,
) -> None:
    """Save latent embeddings (z_mean, z_log_var) of a split.

    The .npz has z_mean and z_log_var (n, latent_dim), labels and rows (n,), split, session and
    epoch, and label_names where the labels have names; rows are the positions of the images in the
    dataset's array or sorted files. The train split holds the images the session trained on,
    without those for validation. --images reads files like a dataset.
    """
    if images is not None and (split is not None or place is not None):
        raise SettingError("--images replaces the dataset: omit --split and --dataset")
    if images is not None:
        _IMAGES.check(images)
    session = store.find(reference)
    encoder = load_encoder(session)
    if images is None:
        dataset = session_dataset(session, place)
        embedded = _of_split(dataset, split or "test", session.settings)
    else:
        embedded = _of_file(images, encoder.shape, session.settings)
    pixels = embedded.pop("images")
    at_once = max(1, _ENCODED_VALUES // encoder.shape.values)
    parts = [
        encoder.encode(to_float(pixels[at : at + at_once])) for at in range(0, len(pixels), at_once)
    ]
    z_mean, z_log_var = (np.concatenate(outputs) for outputs in zip(*parts, strict=True))
    with writing(output, f"{len(pixels)} embeddings"):
        save_npz(output, session, {"z_mean": z_mean, "z_log_var": z_log_var, **embedded})


def _fields(
    test: InspectedImages, shown: Rows, errors: NDArray[np.floating], z_mean: NDArray[np.float32]
) -> list[dict[str, Any]]:
    """The shown images of a split, with the squared error and z_mean of each, for JSON."""
    labels = test.labels[shown].tolist()
    columns = shown.tolist(), test.rows[shown].tolist(), labels, errors.tolist(), z_mean.tolist()
    return [
        {
            "index": index,
            "row": row,
            "label": label if label >= 0 else None,
            "class": label_text(label, test.label_names) if label >= 0 else None,
            "squared_error": error,
            "z_mean": z,
        }
        for index, row, label, error, z in zip(*columns, strict=True)
    ]


def _check_count(count: int, shape: ImageShape) -> None:
    """Check that the images fit into memory.

    Raises:
        SettingError: there are too many.
    """
    most = _MOST_VALUES // shape.values
    if count > most:
        raise SettingError(f"n is {count}: it must be at most {most} for images of {shape.text}")


def _of_split(
    dataset: Dataset, split: Literal["test", "train"], settings: Settings
) -> dict[str, Any]:
    chosen = split_images(dataset, split, settings)
    return {
        "images": chosen.images,
        "labels": chosen.labels,
        "rows": chosen.rows,
        "split": split,
        **label_names(chosen.label_names),
    }


def _of_file(path: str, shape: ImageShape, settings: Settings) -> dict[str, Any]:
    own = own_images(path, shape, settings)
    for note in own.notes:
        say(with_options(note), err=True)
    return {"images": own.images, "labels": own.labels, "rows": own.rows, "split": "own"}


COMMANDS = {"sample": sample, "reconstruct": reconstruct, "embed": embed}
