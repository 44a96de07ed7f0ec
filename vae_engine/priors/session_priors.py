"""The priors of a session, fitted to its exports."""

from __future__ import annotations

import numpy as np

from vae_engine.datasets.parallel_files import Report
from vae_engine.errors import SessionError
from vae_engine.inference.exported import load_model
from vae_engine.inference.sampling import find_export
from vae_engine.priors.codes import session_codes
from vae_engine.priors.fit import fit_mixture
from vae_engine.priors.fitted import Compared, FittedPrior
from vae_engine.priors.keeping import keep_prior, kept_prior
from vae_engine.priors.latent_metrics import LEAST_POINTS, LatentMetrics, latent_metrics
from vae_engine.priors.names import PriorName
from vae_engine.priors.prior import Floats, Prior, StandardPrior
from vae_engine.random_purposes import Purpose
from vae_engine.sessions.session import Session


def fit_prior(
    session: Session,
    *,
    epoch: int | None = None,
    place: str | None = None,
    report: Report = lambda *_: None,
) -> FittedPrior:
    """Fit a mixture to the aggregate posterior, and compare it with the standard prior.

    Equal weights and images give equal bits on a machine. Nothing is written.

    Args:
        session: any session; a worker may be at it.
        epoch: of the export; None takes the current one.
        place: where the dataset is now; None uses the latest known one.
        report: called with the progress.

    Raises:
        SessionError: nothing was exported yet, or there are too few images.
        DatasetError: neither the images nor embeddings of test images can be read.
        SessionDamagedError: the export or the embeddings are damaged.
    """
    model = load_model(session, epoch)
    codes = session_codes(session, model, place, report)
    fit = fit_mixture(codes.fitted, seed=session.settings.seed, report=report)
    # Not the draws that one looks at.
    key = np.random.SeedSequence([session.settings.seed, Purpose.COMPARED_DRAWS])
    seed = int(key.generate_state(1)[0])
    held_out = len(codes.held_out)
    spread = np.linspace(0, len(codes.fitted) - 1, held_out).round().astype(np.intp)
    candidates: dict[Compared, Floats] = {
        "standard": StandardPrior(model.encoder.latent_dim).draw(held_out, seed=seed),
        "gmm": fit.prior.draw(held_out, seed=seed),
        "posterior": codes.fitted[spread],
    }
    metrics: dict[Compared, LatentMetrics] = {}
    if held_out >= LEAST_POINTS:
        for at, (name, drawn) in enumerate(candidates.items()):
            report("comparing priors", at, len(candidates))
            metrics[name] = latent_metrics(codes.held_out, drawn)
        report("comparing priors", len(candidates), len(candidates))
    return FittedPrior(
        epoch=model.entry.epoch,
        step=model.entry.step,
        encoder_sha256=model.entry.encoder_sha256,
        prior=fit.prior,
        bic=fit.bic,
        split=codes.split,
        images=len(codes.fitted),
        held_out=held_out if metrics else 0,
        metrics=metrics,
    )


def fitted_prior(
    session: Session, *, epoch: int | None = None, report: Report = lambda *_: None
) -> tuple[FittedPrior, str]:
    """Return the mixture of an export: the kept one, or a new one, which is then kept.

    Only the mixture of the current export is kept.

    Returns:
        The mixture, and why it could not be kept; empty if it was.

    Raises:
        SessionError, DatasetError, SessionDamagedError: as `kept_prior` and `fit_prior`.
    """
    entry = find_export(session, epoch)
    if (kept := kept_prior(session, entry)) is not None:
        return kept, ""
    fitted = fit_prior(session, epoch=epoch, report=report)
    if not fitted.is_of(find_export(session)):
        return fitted, ""
    try:
        keep_prior(session, fitted)
    except SessionError as error:
        return fitted, str(error)
    return fitted, ""


def prior_named(
    session: Session, name: PriorName, *, report: Report = lambda *_: None
) -> tuple[Prior, str]:
    """Return a prior of the current export, and why it could not be kept; as `fitted_prior`."""
    if name == "standard":
        return StandardPrior(session.settings.latent_dim), ""
    fitted, problem = fitted_prior(session, report=report)
    return fitted.prior, problem
