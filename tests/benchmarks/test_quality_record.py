"""Finished entries stay in the record, even if its end is damaged."""

from pathlib import Path

import pytest

from benchmarks.quality import Plan, all_plans, figures_of
from benchmarks.quality_record import Pace, Record, Run
from vae_engine.machine import with_machine_settings
from vae_engine.settings import Settings, make_settings


def run_of(settings: Settings, test_loss: float = 130.0) -> Run:
    return Run(
        settings=settings,
        session="20261125-120000-abcd",
        epochs=settings.epochs,
        reason="epochs",
        val_loss=test_loss + 1.0,
        test_loss=test_loss,
        test_reconstruction_loss=test_loss - 7.0,
        test_kl_loss=7.0,
        weights_sha256="0" * 64,
        seconds=60.0,
    )


def test_a_finished_run_is_found_again_by_its_settings_alone(tmp_path: Path) -> None:
    settings = make_settings(latent_dim=8, seed=1, threads=1)
    Record(tmp_path / "runs.jsonl").add(run_of(settings))
    record = Record(tmp_path / "runs.jsonl")
    assert record.run(settings) == run_of(settings)
    for other in ({"seed": 2}, {"latent_dim": 2}, {"threads": 2}, {"learning_rate": 1e-3}):
        changes: dict[str, object] = {"latent_dim": 8, "seed": 1, "threads": 1, **other}
        assert record.run(make_settings(changes)) is None


def test_a_torn_line_is_passed_over_and_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    first, second = make_settings(seed=1), make_settings(seed=2)
    path = tmp_path / "runs.jsonl"
    Record(path).add(run_of(first))
    with path.open("ab") as file:
        file.write(b'{"run":{"settings":{"seed":')
    Record(path).add(run_of(second))
    assert Record(path).run(first) is not None
    assert Record(path).run(second) is not None


def test_the_pace_is_measured_once(tmp_path: Path) -> None:
    record = Record(tmp_path / "deep" / "runs.jsonl")
    assert record.pace() is None
    pace = Pace(workers=2, threads=1, rates={"one": 3000.0, "two": 4000.0})
    record.add(pace)
    record.add(run_of(make_settings()))
    assert record.pace() == pace


def test_a_row_has_mean_and_sample_deviation_of_its_seeds() -> None:
    plan = Plan("d = 2", {"latent_dim": 2}, goal=134.5)
    runs = [run_of(plan.settings(seed, 1), loss) for seed, loss in enumerate((133.0, 134.0, 135.0))]
    mean, deviation, *others = figures_of(plan, runs)
    assert (mean.measured, mean.reached) == (134.0, True)
    assert deviation.measured == pytest.approx(1.0)
    assert [figure.measured for figure in others] == [135.0, 7.0, 50]


def test_one_seed_has_no_deviation() -> None:
    plan = Plan("d = 2", {"latent_dim": 2})
    assert "deviation" not in " ".join(f.name for f in figures_of(plan, [run_of(make_settings())]))


def test_the_plans_are_the_defaults_but_for_what_their_names_say() -> None:
    plans = {plan.name: plan.settings(seed=0, threads=1) for plan in all_plans()}
    expected: dict[str, dict[str, object]] = {
        "d = 8, 20 epochs": {"latent_dim": 8, "epochs": 20},
        "d = 16, convergence": {"latent_dim": 16},
        "d = 40, binarized": {"latent_dim": 40, "binarize": "dynamic", "epochs": 20},
    }
    for name, changes in expected.items():
        # As a session records it, or a finished run would not be found again.
        assert plans[name] == with_machine_settings(make_settings(changes, threads=1))
