"""Probes that predict labels from z_mean, fitted on the training split."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

NEIGHBOURS = 5
_MOST_ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class LabelledCodes:
    """Codes of a split with their labels.

    Attributes:
        z_mean: (n, latent_dim).
        labels: (n,).
    """

    z_mean: Floats
    labels: Labels


def knn_accuracy(training: LabelledCodes, test: LabelledCodes) -> float:
    """Return the accuracy of the majority label of the 5 nearest training codes.

    Cover & Hart, "Nearest neighbor pattern classification", 1967; Euclidean distance.
    """
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(n_neighbors=min(NEIGHBOURS, len(training.labels)))
    classifier.fit(training.z_mean, training.labels)
    return float(classifier.score(test.z_mean, test.labels))


def linear_accuracy(training: LabelledCodes, test: LabelledCodes) -> float:
    """Return the accuracy of logistic regression on standardized codes.

    Alain & Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
    Regularized by scikit-learn's default, an L2 penalty of C = 1. A training split of one class
    leaves nothing to fit: that class is then the prediction.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(classes := np.unique(training.labels)) == 1:
        return float((test.labels == classes[0]).mean())
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=_MOST_ITERATIONS))
    with warnings.catch_warnings():
        # A limit of iterations is enough for a good probe.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(training.z_mean, training.labels)
    return float(probe.score(test.z_mean, test.labels))
