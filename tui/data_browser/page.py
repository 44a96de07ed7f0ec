"""A page of images with what the model makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.inspection.messages import ImagesShown
from vae_engine.random_purposes import Purpose

_MOST_LOG_VAR: Final = 20.0


@dataclass(frozen=True, eq=False)
class Page:
    """Images that are on the screen.

    Attributes:
        asked: split and indices, by which it is known whether this is still the page wanted.
        images: what came.
    """

    asked: tuple[str, tuple[int, ...]]
    images: ImagesShown

    @property
    def pairs(self) -> NDArray[np.uint8]:
        """Each image with its reconstruction to the right: (n, h, 2 w + gap[, 3])."""
        originals, made = self.images.originals.values, self.images.reconstructions.values
        count, height, width, *colours = originals.shape
        gap = np.zeros((count, height, pair_gap(width), *colours), np.uint8)
        pairs: NDArray[np.uint8] = np.concatenate([originals, gap, made], axis=2)
        return pairs

    def scores(self) -> ImageScores:
        """The ELBO terms of its images."""
        rec, kl = self.images.reconstruction_loss.values, self.images.kl_loss.values
        return ImageScores(rec.astype(np.float64), kl.astype(np.float64))

    def terms(self, at: int) -> dict[str, str]:
        """The metrics of an image, by the names of their explanations."""
        scores = self.scores()
        values = {
            "elbo": -scores.negative_elbo[at],
            "reconstruction_loss": scores.reconstruction_loss[at],
            "kl": scores.kl_loss[at],
        }
        return {name: f"{value:.2f}" for name, value in values.items()}

    def draw(self, at: int, number: int) -> NDArray[np.float32]:
        """A draw from the posterior of an image, (latent_dim,); equal numbers give equal draws."""
        mean, log_var = self.images.z_mean.values[at], self.images.z_log_var.values[at]
        key = np.random.SeedSequence([Purpose.POSTERIOR_DRAW, self.images.indices[at], number])
        rng = np.random.Generator(np.random.Philox(key))
        deviation = np.exp(0.5 * np.minimum(log_var, _MOST_LOG_VAR))
        drawn: NDArray[np.float32] = mean + deviation * rng.standard_normal(len(mean), np.float32)
        return drawn.astype(np.float32)


def pair_gap(width: int) -> int:
    """Columns of pixels between an image of this width and its reconstruction."""
    return max(2, width // 14 // 2 * 2)
