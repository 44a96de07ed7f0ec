"""Learning rate and beta of every step.

The learning rate rises, stays, and falls to zero over the last epochs: warm-up, stable, decay
(Hu et al., "MiniCPM", 2024, section 4; the fall's shape from Hägele et al., "Scaling Laws and
Compute-Optimal Training Beyond Fixed Training Durations", 2024, section 3). Where the end is
decided by convergence, no schedule that is fixed beforehand, such as a cosine, can end well; here
the decay begins when convergence or the last epochs call for it, so that a run of 20 epochs ends
as well as one of 50.
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
    """The learning rate of each of `steps`.

    Args:
        peak: the rate between warm-up and decay.
        warmup_steps: length of the linear rise.
        decay_steps: length of the fall, which has the shape `1 - sqrt(t)`, or `1 - t` where it
            is all there is, as in a run of one epoch.
        first_step: the step at which the warm-up starts.
        decay_start: the step at which the decay starts, None as long as it is not known.
        steps: global steps, (n,).

    Returns:
        (n,) float32.
    """
    rise = (steps - first_step + 1) / (warmup_steps + 1)
    rates = peak * np.minimum(rise, 1.0)
    if decay_start is not None and decay_steps:
        elapsed = np.clip((steps - decay_start) / decay_steps, 0.0, 1.0)
        # Where there is no time before the fall, the steep one would waste most of it.
        rates = rates * (1.0 - (elapsed if decay_start <= first_step else np.sqrt(elapsed)))
    return rates.astype(np.float32)


def betas(*, beta: float, warmup_steps: int, steps: NDArray[np.int64]) -> Floats:
    """The weight of kl_loss in each of `steps`: linear from 0 to `beta`, (n,) float32."""
    if not warmup_steps:
        return np.full(len(steps), beta, np.float32)
    return (beta * np.minimum(steps / warmup_steps, 1.0)).astype(np.float32)
