"""Learning rate and beta of every step.

The learning rate follows a warm-up, stable, decay schedule (Hu et al., "MiniCPM", 2024, section 4;
the shape of the decay is that of Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond
Fixed Training Durations", 2024, section 3). A schedule of fixed length, such as a cosine, does not
suit a run that ends by convergence. Here the decay begins once the run has converged, or in time
for its last epoch, so that a run of 20 epochs decays as fully as one of 50.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def learning_rates(
    *,
    peak: float,
    warmup_steps: int,
    decay_steps: int,
    first_step: int,
    decay_start: int | None,
    steps: NDArray[np.int64],
) -> Floats:
    """Compute the learning rate of each of `steps`.

    Args:
        peak: learning rate between warm-up and decay.
        warmup_steps: length of the linear warm-up.
        decay_steps: length of the decay, which has the shape `1 - sqrt(t)`. Where nothing comes
            before it, as in a run of one to three epochs, it is `1 - t` over the second half.
        first_step: step at which the warm-up starts.
        decay_start: step at which the decay starts, None until that is decided.
        steps: global steps, (n,).

    Returns:
        (n,) float32.
    """
    warmup = (steps - first_step + 1) / (warmup_steps + 1)
    rates = peak * np.minimum(warmup, 1.0)
    if decay_start is not None and decay_steps:
        elapsed = np.clip((steps - decay_start) / decay_steps, 0.0, 1.0)
        # Without steps before the decay, its shape would waste most of the training.
        whole = decay_start <= first_step
        rates *= 1.0 - (np.maximum(2.0 * elapsed - 1.0, 0.0) if whole else np.sqrt(elapsed))
    return rates.astype(np.float32)


def betas(*, beta: float, warmup_steps: int, steps: NDArray[np.int64]) -> Floats:
    """Compute the weight of kl_loss in each of `steps`: linear from 0 to `beta`, (n,) float32."""
    if not warmup_steps:
        return np.full(len(steps), beta, np.float32)
    return (beta * np.minimum(steps / warmup_steps, 1.0)).astype(np.float32)
