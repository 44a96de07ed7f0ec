from __future__ import annotations

from typing import Any

from tests.tui.recorder import epoch_ended
from tui.dashboard.diagnosis import collapsed_dimensions, diagnose
from tui.history import History


def history(*epochs: dict[str, Any], latent_dim: int = 4) -> History:
    return History(
        tuple(
            epoch_ended(number, latent_dim, **figures)
            for number, figures in enumerate(epochs, start=1)
        )
    )


def sentences(found: History, status: Any = "completed", reason: str = "") -> list[str]:
    return [finding.sentence for finding in diagnose(found, status, reason, found.newest)]


def test_nothing_is_reported_before_the_first_epoch() -> None:
    assert sentences(history(), "starting") == []


def test_a_healthy_run_is_reported_as_such() -> None:
    assert sentences(history({}, {}, {})) == ["All 4 dimensions carry information."]


def test_a_dimension_with_hardly_any_information_is_not_praised() -> None:
    one = history({"kl_per_dimension": [3.0, 0.043, 2.0, 0.05]})
    assert sentences(one) == [
        "2 of 4 dimensions carry hardly any information, less than 0.1 nats: z1, z3."
    ]
    assert diagnose(one, "completed", "", 1)[0].weight == "neutral"
    none = history({"kl_per_dimension": [0.043, 0.02, 0.05, 0.09]})
    assert sentences(none) == [
        "All 4 dimensions carry hardly any information: less than 0.1 nats each."
    ]
    assert diagnose(none, "completed", "", 1)[0].weight == "warning"


def test_collapsed_dimensions_are_those_with_the_least_kl() -> None:
    epoch = epoch_ended(5, 4, kl_per_dimension=[3.0, 0.001, 2.0, 0.002], active_units=2)
    assert collapsed_dimensions(epoch) == (1, 3)


def test_collapsed_dimensions_are_named() -> None:
    figures = {"kl_per_dimension": [3.0, 0.001, 2.0, 0.002], "active_units": 2}
    assert sentences(history({}, {}, figures)) == [
        "2 of 4 dimensions have collapsed to the prior: z1, z3."
    ]


def test_many_collapsed_dimensions_are_not_all_named() -> None:
    found = history({}, {}, {"active_units": 1}, latent_dim=64)
    (sentence,) = sentences(found)
    assert sentence.startswith("63 of 64 dimensions have collapsed")
    assert sentence.endswith("z6, ….")


def test_a_young_training_is_not_called_collapsed_yet() -> None:
    (sentence,) = sentences(history({"active_units": 3}), "training")
    assert sentence == "Not yet in use: 1 of 4 dimensions (z3)."


def test_a_whole_collapse_says_what_helps() -> None:
    found = history({}, {}, {"active_units": 0})
    (finding,) = diagnose(found, "training", "", 3)
    assert finding.weight == "error"
    assert "the decoder ignores z" in finding.sentence
    assert "beta" in finding.sentence


def test_the_dimensions_are_judged_at_the_epoch_that_is_looked_at() -> None:
    found = history({}, {}, {"active_units": 3}, {})
    assert "collapsed" in diagnose(found, "completed", "", 3)[0].sentence
    assert "All 4" in diagnose(found, "completed", "", 4)[0].sentence


def test_a_diverged_training_says_why_first() -> None:
    found = diagnose(history({}, {}), "diverged", "the loss was not finite in epoch 3", 2)
    assert found[0].weight == "error"
    assert found[0].sentence == "Training has diverged: the loss was not finite in epoch 3."


def test_a_rising_validation_loss_is_reported_with_its_best() -> None:
    rising = history({"val_loss": 150.0}, {"val_loss": 190.0}, {"val_loss": 195.0})
    found = diagnose(rising, "training", "", 3)
    assert found[0].weight == "warning"
    assert "45.0 nats above its best, of epoch 1" in found[0].sentence


def test_a_single_epoch_far_above_all_others_is_no_divergence() -> None:
    for losses in ([150.0, 140.0, 1.2e6], [150.0, 140.0, 1.2e6, 141.0]):
        found = history(*({"val_loss": loss} for loss in losses))
        assert sentences(found, "training") == ["All 4 dimensions carry information."]


def test_a_little_noise_in_the_validation_loss_is_not_told() -> None:
    assert len(diagnose(history({"val_loss": 150.0}, {"val_loss": 152.0}), "training", "", 2)) == 1


def test_any_number_of_dimensions_can_be_reported() -> None:
    found = History((epoch_ended(1, 4, kl_per_dimension=[], active_units=3),))
    assert sentences(found) == []
    assert sentences(history({"active_units": 9})) == ["All 4 dimensions carry information."]
    assert sentences(history({}, latent_dim=1)) == ["The only dimension carries information."]


FEW = "98 steps at most (2 steps per epoch) are few to learn from, 400 or more are better: X"


def test_few_steps_are_named_before_what_looks_well() -> None:
    found = diagnose(history({}, {}), "training", "", 2, FEW)
    assert [finding.weight for finding in found] == ["warning", "good"]
    assert found[0].sentence == f"{FEW}."


def test_a_collapse_of_few_steps_does_not_blame_beta() -> None:
    collapsed = history({"active_units": 0}, {"active_units": 0}, {"active_units": 0})
    first, second = diagnose(collapsed, "completed", "converged", 3, FEW)
    assert first.weight == "error"
    assert first.sentence.startswith("Posterior collapse")
    assert "beta" not in first.sentence
    assert second.sentence == f"{FEW}."
    (alone,) = diagnose(collapsed, "completed", "converged", 3)
    assert "beta" in alone.sentence
