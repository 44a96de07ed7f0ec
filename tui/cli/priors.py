"""The command that compares the standard prior with a mixture fitted after training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from tui.cli.options import (
    id_argument,
    json_option,
    moved_option,
    output_option,
    store_option,
)
from tui.cli.output import Column, say, table, table_width
from tui.cli.progress import reading_progress
from tui.cli.report import to_json
from tui.cli.saving import is_png, save_npz, writing
from tui.text import one_line
from vae_engine.datasets.source import SPLIT_NAMES, counted
from vae_engine.errors import SessionError
from vae_engine.inference.pictures import picture, save_png
from vae_engine.inference.sampling import load_decoder, to_uint8
from vae_engine.priors.fitted import Compared, FittedPrior
from vae_engine.priors.keeping import keep_prior
from vae_engine.priors.latent_metrics import NEIGHBOURS
from vae_engine.priors.prior import Prior, StandardPrior
from vae_engine.priors.session_priors import fit_prior, fitted_prior
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

_SAMPLES = 10
_NAMES: dict[Compared, str] = {
    "standard": "standard",
    "gmm": "gmm",
    "posterior": "(posteriors)",
}


@click.command()
@id_argument
@output_option(".png", ".npz", several=True, otherwise="", required=False)
@moved_option
@json_option
@store_option
def priors(
    reference: str,
    store: SessionStore,
    outputs: Sequence[Path],
    place: str | None,
    as_json: bool,
) -> None:
    """Compare the standard prior with a mixture fitted later.

    After training, a Gaussian mixture is fitted to one z ~ q(z|x) of each of at most 5,000 training
    images, with full covariances; BIC chooses the number of components. Precision, recall and
    coverage compare draws of each prior with posterior draws of as many test images, by the 5
    nearest neighbours in latent space. The last line has them for the posterior draws that were
    fitted, as a yardstick. The mixture is saved in the session; --dataset fits it again. A .png has
    a row of ten samples of each prior; an .npz has them (images, z), and the metrics of both.
    """
    session = store.find(reference)
    with reading_progress() as report:
        if place is None:
            fitted, not_kept = fitted_prior(session, report=report)
        else:
            fitted = fit_prior(session, place=place, report=report)
            not_kept = _keep(session, fitted)
    if as_json:
        click.echo(to_json(fields(session, fitted)))
    else:
        for line in _lines(session, fitted):
            say(line)
    for output in outputs:
        with writing(output, f"{_SAMPLES} samples of each prior", quiet=as_json):
            _save(output, session, fitted)
    if not_kept:
        say(not_kept, err=True)


COMMANDS = {"priors": priors}


def fields(session: Session, fitted: FittedPrior) -> dict[str, Any]:
    """The mixture and the metrics of both priors, for JSON."""
    return {
        "session": session.id,
        "epoch": fitted.epoch,
        "step": fitted.step,
        "components": fitted.components,
        "weights": fitted.prior.weights.tolist(),
        "bic": {f"{components}": bic for components, bic in fitted.bic.items()},
        "fitted_split": fitted.split,
        "fitted_images": fitted.images,
        "held_out_images": fitted.held_out,
        "neighbours": NEIGHBOURS,
        "priors": {
            name: {
                "latent_precision": found.precision,
                "latent_recall": found.recall,
                "latent_coverage": found.coverage,
            }
            for name, found in fitted.metrics.items()
        },
    }


def _lines(session: Session, fitted: FittedPrior) -> Iterator[str]:
    images = f"{SPLIT_NAMES[fitted.split]} image"
    yield (
        f"session {session.id} ({one_line(session.label.name)}): a mixture of "
        f"{counted(fitted.components, 'Gaussian')}, fitted to {counted(fitted.images, images)} "
        f"by the encoder of epoch {fitted.epoch}"
    )
    if fitted.split == "test":
        yield "the dataset cannot be read here: half of the embedded test images were fitted"
    if not fitted.metrics:
        yield f"too few test images to compare: at least {NEIGHBOURS + 1} are needed"
        return
    columns = [
        Column("PRIOR", least=8),
        Column("LATENT PRECISION", "right"),
        Column("LATENT RECALL", "right"),
        Column("LATENT COVERAGE", "right"),
    ]
    rows = [
        [_NAMES[name], f"{found.precision:.3f}", f"{found.recall:.3f}", f"{found.coverage:.3f}"]
        for name, found in fitted.metrics.items()
    ]
    yield from table(columns, rows, table_width())
    yield f"against {counted(fitted.held_out, 'posterior draw')} of other test images"


def _save(output: Path, session: Session, fitted: FittedPrior) -> None:
    """Save samples of N(0, I) and of the mixture, of the same seed."""
    decoder = load_decoder(session, fitted.epoch)
    drawn: list[Prior] = [StandardPrior(decoder.latent_dim), fitted.prior]
    z = np.stack([prior.draw(_SAMPLES, seed=0) for prior in drawn])
    images = decoder.decode(z.reshape(-1, decoder.latent_dim))
    if is_png(output):
        save_png(output, picture(to_uint8(images), _SAMPLES))
        return
    names = [name for name in _NAMES if name in fitted.metrics]
    arrays = {
        "priors": np.array(["standard", "gmm"], np.str_),
        "images": images.reshape(2, _SAMPLES, *images.shape[1:]),
        "z": z,
        "compared": np.array(names, np.str_),
        "latent_precision": [fitted.metrics[name].precision for name in names],
        "latent_recall": [fitted.metrics[name].recall for name in names],
        "latent_coverage": [fitted.metrics[name].coverage for name in names],
    }
    save_npz(output, session, arrays, epoch=fitted.epoch)


def _keep(session: Session, fitted: FittedPrior) -> str:
    try:
        keep_prior(session, fitted)
    except SessionError as error:
        return str(error)
    return ""
