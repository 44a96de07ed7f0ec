"""Events with the metrics of an epoch: while it runs, and once it has ended."""

from __future__ import annotations

import time

from vae_engine.evaluation.aggregate import active_units
from vae_engine.sessions import events as ev
from vae_engine.settings import Settings
from vae_engine.training.checkpoint import TrainingState
from vae_engine.training.convergence import Convergence, earliest_end
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.steps import Evaluation, TrainingSteps


def progress_event(
    state: TrainingState, inputs: EpochInputs, steps: TrainingSteps, settings: Settings
) -> ev.Progress:
    """Report the means over the steps done so far of the current epoch."""
    images = min(state.step * settings.batch_size, steps.images)
    loss, reconstruction, kl = (total / images for total in state.totals)
    return ev.Progress(
        epoch=inputs.epoch,
        step=state.step,
        steps=steps.steps,
        loss=loss,
        reconstruction_loss=reconstruction,
        kl_loss=kl,
        images_per_second=images / state.trained,
    )


def epoch_event(
    state: TrainingState,
    inputs: EpochInputs,
    settings: Settings,
    *,
    images: int,
    validation: Evaluation,
    convergence: Convergence,
    end_seconds: float,
) -> ev.EpochEnded:
    """Report an epoch.

    Args:
        state: after the last step of the epoch.
        inputs: of the epoch.
        settings: of the session.
        images: number of training images.
        validation: evaluation of the validation split.
        convergence: early-stopping state after the epoch.
        end_seconds: time since the last step.
    """
    loss, reconstruction, kl = (total / images for total in state.totals)
    return ev.EpochEnded(
        time=time.time(),
        epoch=inputs.epoch,
        loss=loss,
        reconstruction_loss=reconstruction,
        kl_loss=kl,
        val_loss=validation.loss(settings.beta, settings.free_bits),
        val_reconstruction_loss=validation.reconstruction_loss,
        val_kl_loss=validation.kl_loss,
        val_elbo=validation.elbo,
        kl_per_dimension=validation.kl_per_dimension.tolist(),
        active_units=active_units(validation.z_mean),
        learning_rate=float(inputs.learning_rates[-1]),
        beta=float(inputs.betas[-1]),
        images_per_second=images / state.trained,
        duration=state.elapsed + end_seconds,
        earliest_end=earliest_end(
            convergence, state.plan, inputs.epoch, patience=settings.patience
        ),
    )
