"""What a user waits for: the parts of a command, and the options that give settings."""

import pytest

from benchmarks.processes import MeasurementError
from benchmarks.time_to_quality import budget_settings
from benchmarks.whole_command import command_options, commands, parts_of
from tui.cli.train import train
from vae_engine.sessions.events import AnyEvent, Finishing, Prepared, Preparing
from vae_engine.settings import Settings, make_settings

_PREPARED = Prepared(time=105.0, epoch=0, step=0, environment={}, dataset={}, parameters=1)
_FINISHING = Finishing(time=120.0, reason="epochs")


@pytest.mark.parametrize("budget", [0.25, 1.0, 1.75])
def test_the_command_has_the_settings_of_the_budget(budget: float) -> None:
    settings = budget_settings(budget, 55_000)
    assert _settings_of(command_options(settings)) == settings


def test_default_settings_need_no_options() -> None:
    assert command_options(make_settings()) == []


def test_the_parts_add_up_to_the_whole() -> None:
    events: list[AnyEvent] = [Preparing(time=101.0, stage="data"), _PREPARED, _FINISHING]
    assert parts_of(events, 100.0, 123.0) == (5.0, 15.0, 3.0)


@pytest.mark.parametrize("events", [[], [_PREPARED], [_FINISHING]])
def test_a_command_that_did_not_come_to_its_end_is_refused(
    events: list[AnyEvent],
) -> None:
    with pytest.raises(MeasurementError, match="did not come to its end"):
        parts_of(events, 100.0, 123.0)


@pytest.mark.slow
def test_a_command_is_timed_in_a_home_folder_of_its_own() -> None:
    said: list[str] = []
    with commands(said.append) as ran:
        waited = ran.train(["--epochs", "1", "--limit", "256", "--dense-units", "8"])
        assert min(waited.start, waited.training, waited.end) > 0
        assert waited.processor > 0
        assert 0 < waited.test_loss < 784
        with pytest.raises(MeasurementError, match="exited with"):
            ran.train(["--epochs", "none"])
    assert said


def _settings_of(options: list[str]) -> Settings:
    given = train.make_context("train", list(options)).params
    names = Settings.__struct_fields__
    return make_settings({name: given[name] for name in names if given[name] is not None})
