import numpy as np
import pytest

from vae_engine.training.schedule import betas, learning_rates


def rates(steps: list[int], **changes: int | None) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    arguments: dict[str, int | None] = {
        "warmup_steps": 9,
        "decay_steps": 16,
        "first_step": 0,
        "decay_start": None,
    }
    arguments |= changes
    return learning_rates(peak=0.01, steps=np.array(steps), **arguments)  # type: ignore[arg-type]


def test_the_rate_rises_linearly_and_then_stays() -> None:
    np.testing.assert_allclose(
        rates([0, 4, 9, 10, 10_000]), [0.001, 0.005, 0.01, 0.01, 0.01], rtol=1e-6
    )


def test_the_first_step_already_learns() -> None:
    assert rates([0])[0] > 0
    assert rates([0], warmup_steps=0)[0] == pytest.approx(0.01)


def test_the_decay_falls_to_zero_by_the_square_root() -> None:
    found = rates([100, 104, 116, 200], decay_start=100)
    np.testing.assert_allclose(found, [0.01, 0.005, 0.0, 0.0], atol=1e-9)


def test_a_decay_that_is_all_there_is_takes_the_second_half() -> None:
    found = rates([4, 8, 12, 16], warmup_steps=0, decay_start=0)
    np.testing.assert_allclose(found, [0.01, 0.01, 0.005, 0.0], atol=1e-9)
    extended = rates([104, 112], warmup_steps=0, first_step=100, decay_start=100)
    np.testing.assert_allclose(extended, [0.01, 0.005], atol=1e-9)


def test_an_extension_warms_up_again() -> None:
    assert rates([50], first_step=50)[0] == pytest.approx(0.001)


def test_no_decay_epochs_leave_the_rate_alone() -> None:
    assert rates([120], decay_start=100, decay_steps=0)[0] == pytest.approx(0.01)


def test_beta_rises_linearly_to_its_setting() -> None:
    np.testing.assert_allclose(
        betas(beta=4.0, warmup_steps=10, steps=np.array([0, 5, 10, 99])), [0, 2, 4, 4]
    )
    np.testing.assert_array_equal(betas(beta=4.0, warmup_steps=0, steps=np.array([0])), [4])
