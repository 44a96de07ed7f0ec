"""t-SNE of embeddings, by scikit-learn: van der Maaten and Hinton 2008, Barnes-Hut of 2014."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import EngineError

MOST_POINTS: Final = 2000
"""More would take longer than the 5 s that one waits for a picture."""
LEAST_POINTS: Final = 5
ITERATIONS: Final = 500
_SEED: Final = 0
_PERPLEXITY: Final = 30.0
_THREADS: Final = 2
_LEAST_SPREAD: Final = 1e-6
_ITERATION = re.compile(r"Iteration (\d+)")

ReportSteps = Callable[[int, int], object]
"""Called with the iterations done, and their number."""


def chosen_points(count: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Choose up to `most` of the points at random, always the same ones, in order."""
    if count <= most:
        return np.arange(count)
    key = np.random.SeedSequence([_SEED, count, most])
    rng = np.random.Generator(np.random.Philox(key))
    return np.sort(rng.choice(count, most, replace=False)).astype(np.intp)


def tsne(z_mean: NDArray[np.float32], report: ReportSteps | None = None) -> NDArray[np.float32]:
    """Place embeddings in a plane, so that near neighbours stay near.

    Equal embeddings give equal bits on one machine: the seed and the number of threads are fixed.
    Distances between groups, and the sizes of groups, mean nothing.

    Args:
        z_mean: (n, d), d of at least 2.
        report: called with the progress.

    Returns:
        (n, 2), without a unit.

    Raises:
        EngineError: there are too few points, or they all lie in one place.
    """
    count = len(z_mean)
    if count < LEAST_POINTS:
        raise EngineError(f"t-SNE needs at least {LEAST_POINTS} images: there are {count}")
    if not np.isfinite(z_mean).all() or float(z_mean.std(axis=0).max()) < _LEAST_SPREAD:
        raise EngineError("t-SNE needs images in different places: all have the same z_mean")
    # Imported here: it takes a second and 60 MB.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    estimator = TSNE(
        init="pca",
        max_iter=ITERATIONS,
        n_jobs=1,
        perplexity=min(_PERPLEXITY, (count - 1) / 3),
        random_state=_SEED,
        verbose=2,
    )
    with threadpool_limits({"openmp": _THREADS, "blas": 1}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _reporting(report or _silent):
            places: NDArray[np.float32] = estimator.fit_transform(z_mean)
    if not np.isfinite(places).all():
        raise EngineError("t-SNE found no places for these images")
    return places


class _Lines:
    """A stream for what scikit-learn prints, which is its only word on how far it is."""

    def __init__(self, report: ReportSteps) -> None:
        self._report = report

    def write(self, text: str) -> int:
        """Report the iteration that a line names."""
        if (found := _ITERATION.search(text)) is not None:
            self._report(min(int(found[1]), ITERATIONS), ITERATIONS)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


@contextlib.contextmanager
def _reporting(report: ReportSteps) -> Iterator[None]:
    with contextlib.redirect_stdout(_Lines(report)):
        yield


def _silent(done: int, total: int) -> None:
    """Report to nobody."""
