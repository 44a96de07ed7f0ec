"""Results of a run: saved models, embeddings of the test split, pictures, `result.json`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import Dataset
from vae_engine.datasets.arrays import Labels
from vae_engine.inference.pictures import picture, save_png, square_columns
from vae_engine.likelihoods import bits_per_dimension
from vae_engine.model.network import Networks, weights_sha256
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.previews import Originals, Preview
from vae_engine.sessions.records import Result
from vae_engine.training.export import file_sha256
from vae_engine.training.litert import write_litert
from vae_engine.training.steps import Evaluation

_FILES = (
    layout.WEIGHTS,
    layout.KERAS_MODEL,
    layout.LITERT_ENCODER,
    layout.LITERT_DECODER,
    layout.EMBEDDINGS,
    layout.RECONSTRUCTIONS,
    layout.SAMPLES,
)


def write_result(
    folder: Path,
    *,
    networks: Networks,
    dataset: Dataset,
    originals: Originals,
    preview: Preview,
    test: Evaluation,
    best_epoch: int,
) -> Result:
    """Write models, pictures and embeddings, then `result.json` with their digests.

    Args:
        folder: the session's folder.
        networks: with the best weights.
        dataset: for the labels of the test split.
        originals: test images that `preview` reconstructs.
        preview: reconstructions and samples from the best weights.
        test: evaluation of the best weights on the whole test split.
        best_epoch: epoch of these weights.

    Raises:
        OSError: a file cannot be written.
    """
    _write_embeddings(folder, test, dataset.test_labels)
    pairs = np.concatenate([originals.images, preview.reconstructions])
    save_png(folder / layout.RECONSTRUCTIONS, picture(pairs, len(originals.images)))
    save_png(folder / layout.SAMPLES, picture(preview.samples, square_columns(preview.samples)))
    _replace(folder / layout.WEIGHTS, networks.vae.save_weights)
    _replace(folder / layout.KERAS_MODEL, networks.vae.save)
    _replace(folder / layout.LITERT_ENCODER, partial(write_litert, networks.encoder))
    _replace(folder / layout.LITERT_DECODER, partial(write_litert, networks.decoder))
    result = Result(
        best_epoch=best_epoch,
        test_loss=-test.elbo,
        test_reconstruction_loss=test.reconstruction_loss,
        test_kl_loss=test.kl_loss,
        weights_sha256=weights_sha256(networks),
        files={name: file_sha256(folder / name) for name in _FILES},
        image_shape=networks.shape,
        likelihood=networks.likelihood,
        test_bits_per_dimension=bits_per_dimension(-test.elbo, networks.shape, networks.likelihood),
        log_sigma=None if networks.log_sigma is None else float(networks.log_sigma),
    )
    atomic.write_record(folder / layout.RESULT, result)
    return result


def _write_embeddings(folder: Path, test: Evaluation, labels: Labels | None) -> None:
    embeddings: dict[str, NDArray[np.generic]] = {
        "z_mean": test.z_mean,
        "z_log_var": test.z_log_var,
        "labels": np.full(len(test.z_mean), -1) if labels is None else labels.astype(np.int64),
    }
    write_npz(folder / layout.EMBEDDINGS, embeddings)


def _replace(path: Path, save: Callable[[Path], object]) -> None:
    def write(temporary: Path) -> None:
        save(temporary)

    atomic.replace_file(path, write)
