"""When training ends: `min_epochs` to `epochs`, depending on convergence."""

from __future__ import annotations

from typing import Literal

import msgspec

EndReason = Literal["converged", "epochs"]

WHOLE_EPOCHS = 3
"""Runs of so few epochs decay in one stretch: docs/decisions/0053-short-runs.md."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Epochs of one stretch of training; extending a session begins a new one.

    Attributes:
        first_epoch: epochs completed before it.
        epochs: last possible epoch.
        min_epochs: first epoch after which it may end.
        decay_epochs: number of final epochs in which the learning rate decays.
    """

    first_epoch: int
    epochs: int
    min_epochs: int
    decay_epochs: int

    @property
    def shortest(self) -> int:
        """Minimum number of epochs that it trains."""
        return max(self.min_epochs, self.first_epoch + 1) - self.first_epoch


def make_plan(*, first_epoch: int, epochs: int, min_epochs: int, decay_epochs: int) -> Plan:
    """Make a plan; limits the decay to 2/5 of its epochs, so that a short run learns first.

    Up to `WHOLE_EPOCHS` epochs are all decay, whose shape keeps the first half of them constant.
    """
    plan = Plan(
        first_epoch=first_epoch, epochs=epochs, min_epochs=min_epochs, decay_epochs=decay_epochs
    )
    whole = epochs - first_epoch
    longest = whole if whole <= WHOLE_EPOCHS else max(1, plan.shortest * 2 // 5)
    return msgspec.structs.replace(plan, decay_epochs=min(decay_epochs, longest))


class Convergence(msgspec.Struct, frozen=True, kw_only=True):
    """Early-stopping state, saved in every checkpoint.

    Attributes:
        best: lowest val_loss so far that counted as progress, nats.
        stale_epochs: epochs without progress since.
        decay_start: the epoch after which the decay begins, None until that is decided.
        reason: why the decay begins there.
    """

    best: float | None = None
    stale_epochs: int = 0
    decay_start: int | None = None
    reason: EndReason | None = None


def begin(plan: Plan) -> Convergence:
    """Return the state before the first epoch of a plan."""
    return _decide(Convergence(), plan, plan.first_epoch, patience=None)


def after_epoch(
    state: Convergence, plan: Plan, *, epoch: int, val_loss: float, patience: int, min_delta: float
) -> Convergence:
    """Return the state after `epoch`: decay begins after `patience` epochs without progress.

    Progress is a val_loss more than `min_delta` nats below the best one. The decay starts late
    enough that training does not end before `min_epochs`, and early enough that it ends by
    `epochs`.
    """
    if state.best is None or val_loss < state.best - min_delta:
        state = msgspec.structs.replace(state, best=val_loss, stale_epochs=0)
    else:
        state = msgspec.structs.replace(state, stale_epochs=state.stale_epochs + 1)
    return _decide(state, plan, epoch, patience=patience)


def end_reason(state: Convergence, plan: Plan, epoch: int) -> EndReason | None:
    """Return why training ends after `epoch`, None while it continues."""
    if state.decay_start is not None and epoch >= state.decay_start + plan.decay_epochs:
        return state.reason
    return "epochs" if epoch >= plan.epochs else None


def earliest_end(state: Convergence, plan: Plan, epoch: int, *, patience: int) -> int:
    """Return the earliest epoch at which training can end, as known after `epoch`."""
    if state.decay_start is not None:
        return state.decay_start + plan.decay_epochs
    stale = epoch + max(1, patience - state.stale_epochs)
    return min(max(stale + plan.decay_epochs, plan.min_epochs), plan.epochs)


def _decide(state: Convergence, plan: Plan, epoch: int, *, patience: int | None) -> Convergence:
    if state.decay_start is not None:
        return state
    stale = patience is not None and state.stale_epochs >= patience
    if stale and plan.min_epochs <= epoch + plan.decay_epochs < plan.epochs:
        return msgspec.structs.replace(state, decay_start=epoch, reason="converged")
    if epoch >= plan.epochs - plan.decay_epochs:
        return msgspec.structs.replace(state, decay_start=epoch, reason="epochs")
    return state
