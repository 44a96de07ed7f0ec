"""Interpretation of a run's metrics, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tui.history import History
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.records import LIVE, Status

Weight = Literal["good", "neutral", "warning", "error"]

RISE_SHARE = 0.1
"""A validation loss is reported if it exceeds its best by this proportion..."""
RISE_NATS = 5.0
"""...and by at least this many nats."""
LEAST_NATS = 0.1
"""A dimension with a smaller KL carries hardly any information; one bit is 0.69 nats."""
_WEIGHTS: tuple[Weight, ...] = ("error", "warning", "neutral", "good")
_YOUNG_EPOCHS = 2
_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """One sentence, with its severity."""

    weight: Weight
    sentence: str


def collapsed_dimensions(epoch: EpochEnded) -> tuple[int, ...]:
    """Return the inactive dimensions of z: as many as the worker counted, smallest KL first.

    A dimension is active if the variance of its posterior mean over the images is above 0.01
    (Burda et al., 2016, "Importance Weighted Autoencoders", section 5.2).
    """
    kl = epoch.kl_per_dimension
    count = max(0, len(kl) - epoch.active_units)
    return tuple(sorted(sorted(range(len(kl)), key=kl.__getitem__)[:count]))


def diagnose(
    history: History, status: Status, stop_reason: str, epoch: int, few_steps: str = ""
) -> list[Finding]:
    """Return the findings about a session.

    Args:
        history: its finished epochs.
        status: its present status.
        stop_reason: why its latest run ended.
        epoch: the epoch whose latent dimensions are examined.
        few_steps: why its steps are too few to learn from; empty if they are enough.

    Returns:
        The findings, the most worrying first; none before the first epoch of a sound training.
    """
    findings = [
        _divergence(history, status, stop_reason),
        _few_steps(few_steps),
        _latent(history, status, epoch, few_steps),
    ]
    found = [finding for finding in findings if finding is not None]
    return sorted(found, key=lambda finding: _WEIGHTS.index(finding.weight))


def _few_steps(few_steps: str) -> Finding | None:
    if not few_steps:
        return None
    return Finding("warning", f"{few_steps[0].upper()}{few_steps[1:]}.")


def _divergence(history: History, status: Status, stop_reason: str) -> Finding | None:
    if status == "diverged":
        why = stop_reason or "the loss is not finite"
        return Finding("error", f"Training has diverged: {why}.")
    if not history.ended:
        return None
    newest = history.ended[-1]
    if not (math.isfinite(newest.loss) and math.isfinite(newest.val_loss)):
        return Finding("error", f"The loss of epoch {newest.epoch} is not finite.")
    best = min(history.ended, key=lambda ended: ended.val_loss)
    rise = newest.val_loss - best.val_loss
    # One image far from all others may make a single epoch's loss 10^6.
    lasting = min(ended.val_loss for ended in history.ended[-2:]) - best.val_loss
    if lasting <= max(RISE_NATS, RISE_SHARE * abs(best.val_loss)):
        return None
    return Finding(
        "warning",
        f"The validation loss is {rise:.1f} nats above its best, of epoch {best.epoch}: "
        "training may be diverging. A smaller learning rate is steadier.",
    )


def _latent(history: History, status: Status, epoch: int, few_steps: str) -> Finding | None:
    judged = history.nearest(epoch)
    if judged is None or not judged.kl_per_dimension:
        return None
    collapsed = collapsed_dimensions(judged)
    total = len(judged.kl_per_dimension)
    if not collapsed:
        return _all_active(judged.kl_per_dimension)
    young = judged.epoch <= _YOUNG_EPOCHS and status in LIVE
    if len(collapsed) == total:
        if young:
            return Finding("neutral", "No dimension carries information yet.")
        collapse = "Posterior collapse: no dimension carries information, the decoder ignores z."
        remedy = "" if few_steps else " A smaller beta, or a longer beta warm-up, helps."
        return Finding("error", collapse + remedy)
    named = _named(collapsed)
    if young:
        count = f"{len(collapsed)} of {total} dimensions"
        return Finding("neutral", f"Not yet in use: {count} ({named}).")
    have = "has" if len(collapsed) == 1 else "have"
    return Finding(
        "warning",
        f"{len(collapsed)} of {total} dimensions {have} collapsed to the prior: {named}.",
    )


def _all_active(kl: Sequence[float]) -> Finding:
    """Describe what active dimensions carry; a dimension of 0.01 nats can count as active."""
    total = len(kl)
    weak = [dimension for dimension, nats in enumerate(kl) if nats < LEAST_NATS]
    if not weak:
        them = "The only dimension carries" if total == 1 else f"All {total} dimensions carry"
        return Finding("good", f"{them} information.")
    if len(weak) == total:
        them = "The only dimension carries" if total == 1 else f"All {total} dimensions carry"
        return Finding(
            "warning",
            f"{them} hardly any information: less than {LEAST_NATS:g} nats"
            f"{' each' if total > 1 else ''}.",
        )
    return Finding(
        "neutral",
        f"{len(weak)} of {total} dimensions {'carries' if len(weak) == 1 else 'carry'} hardly any "
        f"information, less than {LEAST_NATS:g} nats: {_named(weak)}.",
    )


def _named(dimensions: Sequence[int]) -> str:
    more = ", …" if len(dimensions) > _NAMED else ""
    return ", ".join(f"z{dimension}" for dimension in dimensions[:_NAMED]) + more
