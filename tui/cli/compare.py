"""The command `vae compare`: the same images, or the same z, through several models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli import completion
from tui.cli.compare_report import (
    ComparedImages,
    ComparedSamples,
    caption_texts,
    head_lines,
    image_lines,
    images_json,
    models_json,
    rate_distortion_json,
    sample_captions,
    sample_lines,
    samples_json,
)
from tui.cli.gallery import draw, row_grid
from tui.cli.options import (
    ids_argument,
    json_option,
    moved_option,
    number_setting,
    output_option,
    setting_option,
    store_option,
    with_options,
)
from tui.cli.output import is_terminal, say
from tui.cli.pixels import graphics_option
from tui.cli.progress import ReadingProgress, reading_progress
from tui.cli.remedies import error_text
from tui.cli.report import to_json
from tui.cli.saving import is_png, label_names, writing
from tui.cli.starts import FORMS, read_start
from tui.rendering.sampling import image_size
from vae_engine.datasets import to_float
from vae_engine.datasets.source import SPLIT_NAMES, Split, counted
from vae_engine.errors import DatasetError, SessionNotFoundError, SettingError
from vae_engine.evaluation.scoring import reconstructed
from vae_engine.inference.pictures import picture, save_png
from vae_engine.inference.sampling import draw_prior, to_uint8, without_grey_axis
from vae_engine.inspection.comparison import (
    ComparedModel,
    check_same_dimensions,
    common_file,
    common_measure,
    common_split,
    decode_all,
    image_differences,
    open_models,
    other_images,
    saved_images,
    score_model,
    spread,
)
from vae_engine.inspection.images import InspectedImages
from vae_engine.inspection.letters import letters_of
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS

Order = Literal["index", "difference"]

SAVED = "saved"
_MOST = 1000
_USUAL = 10

COUNT = number_setting("count", "int", _USUAL, 1, _MOST, "rows: images, or samples of a seed")
EPOCH = number_setting("epoch", "int", 1, 1, 100_000_000, "epoch of all sessions without @EPOCH")


@click.command()
@ids_argument
@click.option(
    "--images",
    metavar="WHICH",
    shell_complete=completion.files,
    help=f"test, val, train, {SAVED} (with the session) or a file  [default: test]",
)
@click.option(
    "--order",
    type=click.Choice(get_args(Order)),
    default="index",
    help="by index, or where the models differ most  [default: index]",
)
@click.option(
    "--z",
    "starts",
    metavar="START",
    multiple=True,
    shell_complete=completion.files,
    help=f"decode the same z instead: {FORMS}",
)
@setting_option(SETTINGS["seed"], fallback=None, default="none: the same images")
@setting_option(EPOCH, fallback=None, default="the current export of each")
@setting_option(COUNT, "-n", "count", fallback=_USUAL)
@output_option(".png", ".npz", several=True, otherwise="", required=False)
@moved_option
@json_option
@graphics_option
@store_option
def compare(
    references: Sequence[str],
    store: SessionStore,
    images: str | None,
    order: Order,
    starts: Sequence[str],
    seed: int | None,
    epoch: int | None,
    count: int,
    outputs: Sequence[Path],
    place: str | None,
    as_json: bool,
) -> None:
    """Show the same images, or the same z, through several models.

    ID@EPOCH is a session at an epoch that keeps its weights. Every image is scored with every
    model: -ELBO, reconstruction loss and KL in nats, the squared error of the reconstruction, and
    the difference to the first model; where likelihoods differ, that of the squared error. A .png
    has a row per image: the image, then its reconstruction by each model. With --seed or --z each
    model decodes the same z. An .npz has the images and figures of all models.
    """
    models = open_models([_read_reference(store, text, epoch) for text in references])
    if seed is not None or starts:
        if images is not None or place is not None or order != "index":
            raise SettingError("--seed and --z need no images: omit --images, --order, --dataset")
        shown = _samples(models, seed, starts, count)
        lines, fields = sample_lines(models, shown), samples_json(models, shown)
        what, arrays = counted(len(shown.z), "sample"), _sample_arrays(models, shown)
        sheet, captions = _rows(shown.images), sample_captions(shown)
    else:
        with reading_progress() as report:
            found = _compared_images(models, images, order, count, place, report)
        lines, fields = image_lines(found), images_json(models, found)
        what, arrays = counted(len(found.places), "image"), _image_arrays(models, found)
        sheet = _rows(np.concatenate([found.originals[None], found.made]))
        captions = caption_texts(found)
    if as_json:
        rates = {"rate_distortion": rate_distortion_json(models)}
        click.echo(to_json({"models": models_json(models), **fields, **rates}))
    else:
        for line in head_lines(models):
            say(line)
        if is_terminal():
            _draw(sheet, captions)
        for line in lines:
            say(line)
    columns = len(sheet) // max(1, len(captions))
    for output in outputs:
        with writing(output, what, quiet=as_json):
            if is_png(output):
                save_png(output, picture(sheet, columns))
            else:
                write_npz(output, {name: np.asarray(value) for name, value in arrays.items()})


COMMANDS = {"compare": compare}


def _read_reference(
    store: SessionStore, text: str, epoch: int | None
) -> tuple[Session, int | None]:
    """The session and epoch of `ID` or `ID@EPOCH`.

    A session may have a name with an @: what is named in full comes first.

    Raises:
        SessionNotFoundError: there is no such session.
    """
    reference, at, number = text.rpartition("@")
    try:
        return store.find(text), epoch
    except SessionNotFoundError:
        if not at or not number.isascii() or not number.isdecimal():
            raise
    EPOCH.parse(number)
    return store.find(reference), int(number)


def _samples(
    models: Sequence[ComparedModel], seed: int | None, starts: Sequence[str], count: int
) -> ComparedSamples:
    """The same z through all models.

    Raises:
        SettingError: a START is none, both are given, or the latent dimensions differ.
    """
    if seed is not None and starts:
        raise SettingError("--seed and --z exclude each other: omit one")
    latent_dim = check_same_dimensions(models)
    if seed is not None:
        z = draw_prior(count, latent_dim, seed=seed)
        origins = [f"sample {number} of seed {seed}" for number in range(1, count + 1)]
    else:
        begun = [read_start("z", text, models[0].session) for text in starts]
        z, origins = np.stack([one.z for one in begun]), [one.origin for one in begun]
    made = decode_all(models, z)
    return ComparedSamples(z, origins, made, image_differences(made))


def _compared_images(
    models: Sequence[ComparedModel],
    wanted: str | None,
    order: Order,
    count: int,
    place: str | None,
    report: ReadingProgress,
) -> ComparedImages:
    every, which = _read_images(models, wanted, place, report)
    measure = common_measure(models)
    scores = [score_model(one, every, report) for one in models]
    places = np.arange(len(every))
    if order == "difference":
        places = np.argsort(-spread(scores, measure), kind="stable")
    places = places[:count]
    originals = without_grey_axis(to_float(every.images[places]))
    made = np.stack([reconstructed(one.model, every.images[places]).images for one in models])
    return ComparedImages(which, order, measure, every, places, originals, made, scores)


def _read_images(
    models: Sequence[ComparedModel], wanted: str | None, place: str | None, report: ReadingProgress
) -> tuple[InspectedImages, str]:
    """The images and what they are: a split, `saved`, or a path.

    Test images that nobody asked for by name and that cannot be read are those that were saved.
    """
    which = "test" if wanted is None else wanted
    if which == SAVED:
        return saved_images(models), which
    if which not in get_args(Split):
        own = common_file(models, which)
        for note in own.notes:
            say(with_options(note), err=True)
        return own, which
    report("reading the images", 0, 0)
    split: Split = which  # type: ignore[assignment]  # mypy does not narrow by get_args
    try:
        every = common_split(models, split, place)
    except DatasetError as error:
        if wanted is not None or place is not None:
            raise
        report.clear()
        say(f"{error_text(error)}; compared on the images saved with the session", err=True)
        return saved_images(models), SAVED
    if not len(every):
        raise DatasetError(f"the dataset has no {SPLIT_NAMES[split]} images")
    report.clear()
    for one in other_images(models):
        say(f"session {one.session.id} was trained on other images than these", err=True)
    return every, which


def _rows(layers: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Images (columns, n, ...) row after row, as levels."""
    return to_uint8(layers.swapaxes(0, 1).reshape(-1, *layers.shape[2:]))


def _draw(sheet: NDArray[np.uint8], captions: Sequence[Sequence[str]]) -> None:
    columns = len(captions[0])
    grid = row_grid(columns, len(captions), image_size(sheet))
    for row, texts in enumerate(captions):
        draw(sheet[row * columns : (row + 1) * columns], grid, texts)


def _described(models: Sequence[ComparedModel]) -> dict[str, Any]:
    return {
        "sessions": np.array([one.session.id for one in models], np.str_),
        "epochs": np.array([one.model.entry.epoch for one in models]),
        "letters": np.array(list(letters_of(len(models))), np.str_),
    }


def _sample_arrays(models: Sequence[ComparedModel], shown: ComparedSamples) -> dict[str, Any]:
    return {
        **_described(models),
        "images": shown.images,
        "z": shown.z,
        "squared_difference": shown.differences,
    }


def _image_arrays(models: Sequence[ComparedModel], found: ComparedImages) -> dict[str, Any]:
    scores = [one.rows(found.places) for one in found.scores]
    return {
        **_described(models),
        "originals": found.originals,
        "reconstructions": found.made,
        "negative_elbo": np.stack([one.elbo.negative_elbo for one in scores]),
        "reconstruction_loss": np.stack([one.elbo.reconstruction_loss for one in scores]),
        "kl_loss": np.stack([one.elbo.kl_loss for one in scores]),
        "squared_error": np.stack([one.squared_error for one in scores]),
        "indices": found.places,
        "rows": found.images.rows[found.places],
        "labels": found.images.labels[found.places],
        **label_names(found.images.label_names),
    }
