"""Commands that ask a model about single images: outliers of a split, your own images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.gallery import draw, terminal_grid
from tui.cli.inspect_report import (
    ShownImages,
    encode_json,
    encode_lines,
    outlier_lines,
    outliers_json,
)
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
from tui.cli.output import is_terminal, say
from tui.cli.pixels import graphics_option
from tui.cli.progress import reading_progress
from tui.cli.remedies import error_text
from tui.cli.report import to_json
from tui.cli.saving import is_png, label_names, save_npz, writing
from tui.rendering.sampling import image_size
from tui.text import encodable
from vae_engine.datasets import to_float
from vae_engine.datasets.source import Split, counted
from vae_engine.errors import DatasetError, EngineError, SettingError
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.evaluation.scoring import reconstructed, score_images
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.pictures import paired_rows, picture, save_png
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.inspection.images import InspectedImages, model_dataset, own_images, split_images
from vae_engine.inspection.ranking import Order, class_scores, ranked, read_label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

_MOST = 10_000
_USUAL = 20
_PAIRS_PER_ROW = 10

WORST = number_setting("worst", "int", _USUAL, 1, _MOST, "number of worst images")
BEST = number_setting("best", "int", _USUAL, 1, _MOST, "number of best images instead")
SAMPLES = number_setting("samples", "int", 1, 1, 1000, "samples of z per image")

_outputs = output_option(".png", ".npz", several=True, otherwise="", required=False)


@click.command()
@id_argument
@click.option(
    "--split",
    type=click.Choice(["test", "val", "train"]),
    default="test",
    help="split of the session's dataset  [default: test]",
)
@setting_option(WORST, fallback=None)
@setting_option(BEST, fallback=None, default="none")
@click.option("--class", "wanted", metavar="NAME", help="only images of this class")
@setting_option(SAMPLES, fallback=SAMPLES.default)
@_outputs
@moved_option
@json_option
@graphics_option
@store_option
def outliers(
    reference: str,
    store: SessionStore,
    split: Split,
    worst: int | None,
    best: int | None,
    wanted: str | None,
    samples: int,
    outputs: Sequence[Path],
    place: str | None,
    as_json: bool,
) -> None:
    """List the images that a session's model explains worst.

    Scores every image of a split by its negative ELBO, in nats: reconstruction loss plus KL, z
    sampled as by `vae evaluate`. A .png has each image above its reconstruction. An .npz has
    originals and reconstructions, negative_elbo, reconstruction_loss, kl_loss, indices (in the
    split), rows (in the dataset), labels (n,), z_mean and z_log_var (n, latent_dim), split, session
    and epoch.
    """
    if worst is not None and best is not None:
        raise SettingError("--worst and --best exclude each other: omit one")
    order: Order = "worst" if best is None else "best"
    session = store.find(reference)
    model = load_model(session)
    with reading_progress() as report:
        dataset = model_dataset(session, model, place)
        every = split_images(dataset, split, session.settings)
        label = None if wanted is None else read_label(wanted, every.labels, every.label_names)
        seed = session.settings.seed
        scores = score_images(model, every.images, seed=seed, samples=samples, report=report)
    chosen = ranked(scores, order, every.labels, label)[: best or worst or _USUAL]
    shown = _shown(model, every, chosen, scores)
    classes = class_scores(scores, every.labels)
    if as_json:
        facts = {"split": split, "order": order, "class": wanted, "samples": samples}
        click.echo(to_json(outliers_json(session, model, facts, shown, scores, classes)))
    else:
        _draw_on_terminal(shown)
        for line in outlier_lines(session, model, split, shown, scores, classes):
            say(line)
    what = f"the {order} {counted(len(chosen), 'image')}"
    _write(outputs, session, model, shown, {"split": split}, what, quiet=as_json)


@click.command()
@id_argument
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@setting_option(SAMPLES, fallback=SAMPLES.default)
@_outputs
@json_option
@graphics_option
@store_option
@click.pass_context
def encode(
    context: click.Context,
    reference: str,
    store: SessionStore,
    files: Sequence[str],
    samples: int,
    outputs: Sequence[Path],
    as_json: bool,
) -> None:
    """Encode images of your own: z, ELBO, reconstruction.

    FILE is an image, an array file or a folder; each is prepared as the session's images were. A
    .png has each image above its reconstruction. An .npz has originals and reconstructions,
    z_mean and z_log_var (n, latent_dim), negative_elbo, reconstruction_loss, kl_loss, indices (in
    the file), labels and files (n,), session and epoch. A file that cannot be read is reported and
    left out; the exit code is then 1.
    """
    session = store.find(reference)
    model = load_model(session)
    found: list[InspectedImages] = []
    names: list[str] = []
    failed = 0
    for path in files:
        try:
            own = own_images(path, model.shape, session.settings)
        except (DatasetError, SettingError) as error:
            failed += 1
            say(f"vae: {error_text(error)}", err=True)
            continue
        for note in own.notes:
            say(with_options(note), err=True)
        found.append(own)
        names += [path] * len(own)
    if not found:
        raise EngineError(f"none of {counted(len(files), 'file')} has an image that can be read")
    every = _together(found)
    with reading_progress() as report:
        seed = session.settings.seed
        scores = score_images(model, every.images, seed=seed, samples=samples, report=report)
    shown = _shown(model, every, np.arange(len(every)), scores)
    if as_json:
        click.echo(to_json(encode_json(session, model, shown, names)))
    else:
        _draw_on_terminal(shown)
        for line in encode_lines(session, model, shown, names):
            say(line)
    facts = {"files": np.array([encodable(name) for name in names], np.str_)}
    _write(outputs, session, model, shown, facts, counted(len(every), "image"), quiet=as_json)
    if failed:
        context.exit(1)


COMMANDS = {"outliers": outliers, "encode": encode}


def _shown(
    model: ExportedModel, every: InspectedImages, chosen: NDArray[np.intp], scores: ImageScores
) -> ShownImages:
    images = InspectedImages(
        every.images[chosen], every.labels[chosen], every.rows[chosen], every.label_names
    )
    return ShownImages(images, chosen, scores.rows(chosen), reconstructed(model, images.images))


def _together(parts: list[InspectedImages]) -> InspectedImages:
    """Images of several files in a row; as floats, if those of any are."""
    alike = all(part.images.dtype == np.uint8 for part in parts)
    images = [part.images if alike else without_grey_axis(to_float(part.images)) for part in parts]
    whole: Any = np.concatenate(images)
    labels = np.concatenate([part.labels for part in parts])
    return InspectedImages(whole, labels, np.concatenate([part.rows for part in parts]))


def _draw_on_terminal(shown: ShownImages) -> None:
    if not is_terminal():
        return
    above, below = _pixels(shown)
    grid = terminal_grid(len(above), layers=2, size=image_size(above))
    draw(paired_rows(above, below, min(len(above), grid.across)), grid)


def _pixels(shown: ShownImages) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    originals = without_grey_axis(to_float(shown.images.images))
    return to_uint8(originals), to_uint8(shown.model.images)


def _write(
    outputs: Sequence[Path],
    session: Session,
    model: ExportedModel,
    shown: ShownImages,
    facts: dict[str, Any],
    what: str,
    *,
    quiet: bool,
) -> None:
    """Write the files that were asked for.

    Raises:
        EngineError: one cannot be written.
    """
    for output in outputs:
        save: Callable[[], None] = partial(_save_pairs, output, shown)
        if not is_png(output):
            arrays = {**_arrays(shown), **facts, **label_names(shown.images.label_names)}
            save = partial(save_npz, output, session, arrays, epoch=model.entry.epoch)
        with writing(output, what, quiet=quiet):
            save()


def _save_pairs(path: Path, shown: ShownImages) -> None:
    above, below = _pixels(shown)
    across = min(len(above), _PAIRS_PER_ROW)
    save_png(path, picture(paired_rows(above, below, across), across))


def _arrays(shown: ShownImages) -> dict[str, Any]:
    scores = shown.scores
    return {
        "originals": without_grey_axis(to_float(shown.images.images)),
        "reconstructions": shown.model.images,
        "negative_elbo": scores.negative_elbo,
        "reconstruction_loss": scores.reconstruction_loss,
        "kl_loss": scores.kl_loss,
        "indices": shown.places,
        "rows": shown.images.rows,
        "labels": shown.images.labels,
        "z_mean": shown.model.z_mean,
        "z_log_var": shown.model.z_log_var,
    }
