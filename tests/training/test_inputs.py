import numpy as np
import pytest

from vae_engine.settings import make_settings
from vae_engine.training.convergence import Convergence, begin, make_plan
from vae_engine.training.inputs import epoch_inputs

IMAGES = 1000  # 10 steps of 100
SETTINGS = make_settings(
    batch_size=100, warmup_steps=5, beta=2.0, beta_warmup_epochs=4, learning_rate=0.01
)
PLAN = make_plan(first_epoch=0, epochs=50, min_epochs=20, decay_epochs=5)


def test_every_step_of_an_epoch_has_its_rate_and_beta() -> None:
    inputs = epoch_inputs(SETTINGS, PLAN, begin(PLAN), epoch=3, images=IMAGES)
    assert inputs.epoch == 3
    assert len(inputs.order) == IMAGES
    np.testing.assert_allclose(inputs.learning_rates, np.full(10, 0.01))
    np.testing.assert_allclose(inputs.betas, 2.0 * np.arange(20, 30) / 40, rtol=1e-6)


def test_the_decay_begins_where_convergence_says() -> None:
    converged = Convergence(decay_start=20, reason="converged")
    before = epoch_inputs(SETTINGS, PLAN, converged, epoch=20, images=IMAGES)
    first = epoch_inputs(SETTINGS, PLAN, converged, epoch=21, images=IMAGES)
    last = epoch_inputs(SETTINGS, PLAN, converged, epoch=25, images=IMAGES)
    assert before.learning_rates.min() == first.learning_rates[0] == pytest.approx(0.01)
    assert first.learning_rates[-1] < 0.01
    assert 0 < last.learning_rates[-1] < 0.001


def test_a_short_run_has_short_warm_ups() -> None:
    short = make_plan(first_epoch=0, epochs=2, min_epochs=2, decay_epochs=5)
    first = epoch_inputs(SETTINGS, short, begin(short), epoch=1, images=IMAGES)
    # 20 steps in all: 2 of rising rate, 6 of rising beta.
    assert first.learning_rates[2] == pytest.approx(0.01)
    assert first.betas[6] == 2.0


@pytest.mark.parametrize(("first_epoch", "epochs"), [(0, 1), (0, 2), (0, 3), (20, 22)])
def test_one_to_three_epochs_decay_linearly_in_their_second_half(
    first_epoch: int, epochs: int
) -> None:
    short = make_plan(first_epoch=first_epoch, epochs=epochs, min_epochs=epochs, decay_epochs=5)
    rates = np.concatenate(
        [
            epoch_inputs(SETTINGS, short, begin(short), epoch=epoch, images=IMAGES).learning_rates
            for epoch in range(first_epoch + 1, epochs + 1)
        ]
    )
    half = len(rates) // 2
    np.testing.assert_allclose(rates[3 : half + 1], 0.01)
    np.testing.assert_allclose(rates[half:], 0.01 * (1 - np.arange(half) / half), rtol=1e-5)


def test_four_epochs_decay_in_the_last_one() -> None:
    four = make_plan(first_epoch=0, epochs=4, min_epochs=4, decay_epochs=5)
    third = epoch_inputs(SETTINGS, four, begin(four), epoch=3, images=IMAGES)
    assert four.decay_epochs == 1
    np.testing.assert_allclose(third.learning_rates, 0.01)


def test_a_last_batch_that_is_not_full_is_a_step() -> None:
    assert len(epoch_inputs(SETTINGS, PLAN, begin(PLAN), epoch=1, images=1001).betas) == 11
