"""When training ends: an honest reading of "20 to 50 epochs, depending on convergence"."""

from __future__ import annotations

from typing import Literal

import msgspec

EndReason = Literal["converged", "epochs"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one stretch of training may do; an extension begins a new one.

    Attributes:
        first_epoch: epochs that were done before it.
        epochs: the epoch it ends with at the latest.
        min_epochs: the epoch it ends with at the earliest.
        decay_epochs: its last epochs, in which the learning rate falls.
    """

    first_epoch: int
    epochs: int
    min_epochs: int
    decay_epochs: int

    @property
    def shortest(self) -> int:
        """How many epochs it trains at least."""
        return max(self.min_epochs, self.first_epoch + 1) - self.first_epoch


def make_plan(*, first_epoch: int, epochs: int, min_epochs: int, decay_epochs: int) -> Plan:
    """A plan whose decay takes at most 2/5 of the epochs, so that a short run learns first."""
    plan = Plan(
        first_epoch=first_epoch, epochs=epochs, min_epochs=min_epochs, decay_epochs=decay_epochs
    )
    longest = max(1, plan.shortest * 2 // 5)
    return msgspec.structs.replace(plan, decay_epochs=min(decay_epochs, longest))


class Convergence(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the decision, kept in every checkpoint.

    Attributes:
        best: lowest val_loss that counted as progress so far, nats.
        stale_epochs: epochs since.
        decay_start: the epoch after which the decay begins, None as long as it is open.
        reason: why the decay begins there.
    """

    best: float | None = None
    stale_epochs: int = 0
    decay_start: int | None = None
    reason: EndReason | None = None


def begin(plan: Plan) -> Convergence:
    """The state before a plan's first epoch."""
    return _decide(Convergence(), plan, plan.first_epoch, patience=None)


def after_epoch(
    state: Convergence, plan: Plan, *, epoch: int, val_loss: float, patience: int, min_delta: float
) -> Convergence:
    """The state after `epoch`: the decay begins once `patience` epochs brought no progress.

    Progress is a val_loss more than `min_delta` nats below the best one. No decay begins so
    early that training would end before `min_epochs`, nor so late that it would not be done by
    `epochs`.
    """
    if state.best is None or val_loss < state.best - min_delta:
        state = msgspec.structs.replace(state, best=val_loss, stale_epochs=0)
    else:
        state = msgspec.structs.replace(state, stale_epochs=state.stale_epochs + 1)
    return _decide(state, plan, epoch, patience=patience)


def end_reason(state: Convergence, plan: Plan, epoch: int) -> EndReason | None:
    """Why training ends after `epoch`, None as long as it goes on."""
    if state.decay_start is not None and epoch >= state.decay_start + plan.decay_epochs:
        return state.reason
    return "epochs" if epoch >= plan.epochs else None


def earliest_end(state: Convergence, plan: Plan, epoch: int, *, patience: int) -> int:
    """The epoch with which training ends at the earliest, as far as is known after `epoch`."""
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
