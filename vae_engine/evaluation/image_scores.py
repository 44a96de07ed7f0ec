"""The ELBO terms of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ImageScores:
    """ELBO terms of images, in nats, at beta = 1 and with z sampled.

    Attributes:
        reconstruction_loss: (n,) -E_q[log p(x|z)], the mean over the samples of z.
        kl_loss: (n,) KL(q(z|x) || N(0, I)).
    """

    reconstruction_loss: Doubles
    kl_loss: Doubles

    def __len__(self) -> int:
        return len(self.kl_loss)

    @property
    def negative_elbo(self) -> Doubles:
        """Sum of both, (n,): lower is better."""
        return self.reconstruction_loss + self.kl_loss

    def rows(self, rows: NDArray[np.intp]) -> ImageScores:
        """Select the scores of some of the images."""
        return ImageScores(self.reconstruction_loss[rows], self.kl_loss[rows])

    @classmethod
    def joined(cls, parts: list[ImageScores]) -> ImageScores:
        """Concatenate the scores of several parts, at least one."""
        return cls(
            np.concatenate([part.reconstruction_loss for part in parts]),
            np.concatenate([part.kl_loss for part in parts]),
        )
