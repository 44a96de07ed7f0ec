from collections.abc import Callable

import pytest

from vae_engine.training.convergence import (
    Plan,
    after_epoch,
    begin,
    earliest_end,
    end_reason,
    make_plan,
)


def train(plan: Plan, val_loss: Callable[[int], float]) -> tuple[int, str, int | None]:
    """Walk through a plan; returns the last epoch, why it ended and where the decay began."""
    state, epoch = begin(plan), plan.first_epoch
    while (reason := end_reason(state, plan, epoch)) is None:
        epoch += 1
        state = after_epoch(
            state, plan, epoch=epoch, val_loss=val_loss(epoch), patience=3, min_delta=0.1
        )
    return epoch, reason, state.decay_start


def plan(epochs: int = 50, min_epochs: int = 20, first_epoch: int = 0) -> Plan:
    return make_plan(first_epoch=first_epoch, epochs=epochs, min_epochs=min_epochs, decay_epochs=5)


def test_steady_progress_trains_to_the_last_epoch_and_decays_before_it() -> None:
    assert train(plan(), lambda epoch: -epoch) == (50, "epochs", 45)


def test_early_convergence_still_trains_the_least_epochs() -> None:
    assert train(plan(), lambda _: 150.0) == (20, "converged", 15)


def test_convergence_in_between_begins_the_decay_there() -> None:
    # Progress up to 30, then three epochs without.
    assert train(plan(), lambda epoch: -min(epoch, 30)) == (38, "converged", 33)


def test_progress_within_min_delta_does_not_count() -> None:
    assert train(plan(), lambda epoch: 150.0 - 0.02 * min(epoch, 4)) == (20, "converged", 15)


def test_slow_progress_adds_up_to_progress() -> None:
    # 0.05 nats an epoch: every third epoch is more than 0.1 below the best that counted.
    assert train(plan(), lambda epoch: -0.05 * epoch)[:2] == (50, "epochs")


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 20])
def test_few_epochs_are_all_used_and_end_with_a_decay(epochs: int) -> None:
    few = plan(epochs=epochs, min_epochs=epochs)
    last, reason, decay_start = train(few, lambda _: 1.0)
    assert (last, reason) == (epochs, "epochs")
    assert decay_start == epochs - few.decay_epochs
    assert few.decay_epochs == {1: 1, 2: 2, 3: 3, 7: 2, 20: 5}[epochs]


def walked(plan: Plan, val_loss: Callable[[int], float]) -> tuple[int, list[int]]:
    """The epoch with which it ended, and when it could at the earliest, after each epoch."""
    state, epoch, told = begin(plan), plan.first_epoch, []
    while end_reason(state, plan, epoch) is None:
        epoch += 1
        state = after_epoch(
            state, plan, epoch=epoch, val_loss=val_loss(epoch), patience=3, min_delta=0.1
        )
        told.append(earliest_end(state, plan, epoch, patience=3))
    return epoch, told


@pytest.mark.parametrize("best", [1, 12, 13, 14, 30, 41, 42, 43, 50])
def test_no_run_ends_before_its_earliest_end(best: int) -> None:
    last, told = walked(plan(), lambda epoch: -min(epoch, best))
    assert all(earliest <= last for earliest in told)
    assert told == sorted(told)
    assert told[-1] == last
    # Once progress has stopped for good the end is known.
    assert set(told[best - 1 :]) == {last}


def test_an_extension_ends_as_told() -> None:
    last, told = walked(plan(epochs=60, min_epochs=60, first_epoch=50), lambda _: 1.0)
    assert set(told) == {last} == {60}


def test_an_extension_counts_from_where_it_begins() -> None:
    extension = plan(epochs=30, min_epochs=30, first_epoch=20)
    assert extension.decay_epochs == 4
    assert train(extension, lambda _: 1.0) == (30, "epochs", 26)


def test_an_extension_by_one_epoch_trains_one_epoch() -> None:
    assert train(plan(epochs=21, min_epochs=21, first_epoch=20), lambda _: 1.0)[0] == 21


def test_without_decay_convergence_ends_at_once() -> None:
    flat = make_plan(first_epoch=0, epochs=50, min_epochs=4, decay_epochs=0)
    assert train(flat, lambda _: 1.0) == (4, "converged", 4)
