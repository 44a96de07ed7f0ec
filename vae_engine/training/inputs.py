"""Inputs of an epoch's steps: order of the images, learning rates and betas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_engine.settings import Settings
from vae_engine.training.convergence import Convergence, Plan
from vae_engine.training.randomness import epoch_order
from vae_engine.training.schedule import betas, learning_rates


@dataclass(frozen=True)
class EpochInputs:
    """Inputs of an epoch's steps.

    Attributes:
        epoch: number of the epoch, from 1.
        order: (images,) int32 indices of the training images.
        learning_rates: (steps,) float32.
        betas: (steps,) float32.
    """

    epoch: int
    order: NDArray[np.int32]
    learning_rates: NDArray[np.float32]
    betas: NDArray[np.float32]


def epoch_inputs(
    settings: Settings, plan: Plan, convergence: Convergence, *, epoch: int, images: int
) -> EpochInputs:
    """Compute the inputs of an epoch from the settings and the plan alone.

    Args:
        settings: seed, rates and warm-up lengths.
        plan: epochs and decay of the current run.
        convergence: where the decay begins, if decided.
        epoch: number of the epoch, from 1.
        images: number of training images.
    """
    per_epoch = -(-images // settings.batch_size)
    steps = np.arange((epoch - 1) * per_epoch, epoch * per_epoch, dtype=np.int64)
    decay = convergence.decay_start
    shortest = plan.shortest * per_epoch
    return EpochInputs(
        epoch=epoch,
        order=epoch_order(settings.seed, epoch, images),
        learning_rates=learning_rates(
            peak=settings.learning_rate,
            warmup_steps=min(settings.warmup_steps, shortest // 10),
            decay_steps=plan.decay_epochs * per_epoch,
            first_step=plan.first_epoch * per_epoch,
            decay_start=None if decay is None else decay * per_epoch,
            steps=steps,
        ),
        betas=betas(
            beta=settings.beta,
            warmup_steps=min(round(settings.beta_warmup_epochs * per_epoch), shortest * 3 // 10),
            steps=steps,
        ),
    )
