"""Evaluate a session's current export on the test split."""

from __future__ import annotations

import time
from functools import reduce
from itertools import groupby
from operator import itemgetter

import numpy as np

from vae_engine.datasets import Dataset
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.datasets.parallel_files import Report
from vae_engine.errors import SessionError
from vae_engine.evaluation.aggregate import active_units, kl_per_dimension, mutual_information
from vae_engine.evaluation.bounds import ImportanceSums, standard_error
from vae_engine.evaluation.decoding import Posterior, decoded_parts
from vae_engine.evaluation.encoding import encode_images, require_finite
from vae_engine.evaluation.noise import aggregate_noise
from vae_engine.evaluation.probes import LabelledCodes, knn_accuracy, linear_accuracy
from vae_engine.inference.exported import ExportedModel, load_model
from vae_engine.inference.networks import Encoder
from vae_engine.likelihoods import bits_per_dimension
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import write_record
from vae_engine.sessions.records import EvaluationRecord
from vae_engine.sessions.session import Session

_MOST_AGGREGATE_DRAWS = 10_000


def evaluate_session(
    session: Session, dataset: Dataset, *, samples: int, report: Report
) -> EvaluationRecord:
    """Evaluate the weights that a session exported last, without writing anything.

    Equal weights, images and `samples` give equal results. Labels are used by the probes only.

    Args:
        session: any session; a worker may be at it.
        dataset: what it trains on; its splits are binarized as for the session's own losses.
        samples: z per image for the likelihoods; the importance-weighted bound is the tighter, the
            more there are, and left out with one.
        report: called with the progress.

    Raises:
        SessionError: nothing was exported yet, or the test split has one image only.
        SessionDamagedError: the export is not what was exported, does not fit the settings, or
            gives values that are not finite.
    """
    began = time.time()
    dataset = as_evaluated(dataset, session.settings)
    images = len(dataset.test_images)
    if images < 2:
        raise SessionError("the test split has 1 image: an evaluation needs at least 2")
    export = load_model(session)
    seed = session.settings.seed
    posterior = encode_images(
        export.encoder, dataset.test_images, "encoding the test split", report
    )
    report("mutual information", 0, 1)
    kl = kl_per_dimension(posterior.z_mean, posterior.z_log_var)
    information = _information(posterior, seed)
    knn, linear = _probe(export.encoder, dataset, posterior, report)
    sums = _decode(export, posterior, samples=samples, seed=seed, report=report)
    negative_elbo = sums.reconstruction_loss + kl.sum(axis=1)
    require_finite("loss", negative_elbo, sums.nll)
    mean_kl = float(kl.sum(axis=1).mean())
    return EvaluationRecord(
        epoch=export.entry.epoch,
        step=export.entry.step,
        encoder_sha256=export.entry.encoder_sha256,
        decoder_sha256=export.entry.decoder_sha256,
        dataset_sha256=dataset.sha256,
        evaluated=began,
        duration=time.time() - began,
        samples=samples,
        images=images,
        negative_elbo=float(negative_elbo.mean()),
        negative_elbo_error=standard_error(negative_elbo),
        reconstruction_loss=float(sums.reconstruction_loss.mean()),
        kl_loss=mean_kl,
        nll=float(sums.nll.mean()) if samples > 1 else None,
        nll_error=standard_error(sums.nll) if samples > 1 else None,
        kl_per_dimension=kl.mean(axis=0).tolist(),
        active_units=active_units(posterior.z_mean),
        mutual_information=information,
        aggregate_kl=mean_kl - information,
        knn_accuracy=knn,
        linear_accuracy=linear,
        likelihood=export.decoder.pixels.likelihood,
        bits_per_dimension=bits_per_dimension(
            float((sums.nll if samples > 1 else negative_elbo).mean()),
            export.decoder.shape,
            export.decoder.pixels.likelihood,
        ),
    )


def keep_evaluation(session: Session, record: EvaluationRecord) -> None:
    """Save an evaluation in the session's folder, replacing an earlier one.

    Raises:
        SessionError: the folder cannot be written.
    """
    try:
        write_record(session.folder / layout.EVALUATION, record)
    except OSError as error:
        raise SessionError(
            f"the evaluation cannot be kept in {session.folder}: {error.strerror}"
        ) from None


def _information(posterior: Posterior, seed: int) -> float:
    count, latent_dim = posterior.z_mean.shape
    draws = min(count, _MOST_AGGREGATE_DRAWS)
    rows = np.linspace(0, count - 1, draws).round().astype(np.intp)
    epsilon = aggregate_noise(seed, (draws, latent_dim))
    return mutual_information(posterior.z_mean, posterior.z_log_var, rows, epsilon)


def _probe(
    encoder: Encoder, dataset: Dataset, test: Posterior, report: Report
) -> tuple[float | None, float | None]:
    """Return the accuracy of the k-nearest-neighbour and the linear probe; None without labels."""
    if dataset.train_labels is None or dataset.test_labels is None:
        return None, None
    training = encode_images(encoder, dataset.train_images, "encoding the training split", report)
    fitted = LabelledCodes(training.z_mean, dataset.train_labels)
    scored = LabelledCodes(test.z_mean, dataset.test_labels)
    report("k-nearest-neighbour probe", 0, 1)
    knn = knn_accuracy(fitted, scored)
    report("linear probe", 0, 1)
    return knn, linear_accuracy(fitted, scored)


def _decode(
    export: ExportedModel, posterior: Posterior, *, samples: int, seed: int, report: Report
) -> ImportanceSums:
    """Compute the sums over `samples` z of every image."""
    total = len(posterior.images) * samples
    blocks, done = [], 0
    report("decoding", 0, total)
    parts = decoded_parts(export.decoder, posterior, samples=samples, seed=seed)
    for _, of_block in groupby(parts, key=itemgetter(0)):
        block: list[ImportanceSums] = []
        for _, part in of_block:
            block.append(part)
            done += part.samples * len(part.log_likelihood)
            report("decoding", done, total)
        blocks.append(reduce(ImportanceSums.plus, block))
    return ImportanceSums.joined(blocks)
