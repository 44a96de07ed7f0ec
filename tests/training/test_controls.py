import threading
from typing import Literal

import pytest

from tests.waiting import DEADLINE
from vae_engine.sessions.inbox import CommandName
from vae_engine.training.controls import Controls


@pytest.mark.parametrize(
    ("commands", "paused", "stop", "ignored"),
    [
        (["pause"], True, None, 0),
        (["pause", "rest", "continue"], False, None, 0),
        (["pause", "continue"], False, None, 2),
        (["pause", "pause"], True, None, 1),
        (["continue"], False, None, 1),
        (["stop"], False, "epoch", 0),
        (["stop", "stop"], False, "epoch", 1),
        (["stop", "stop_now"], False, "now", 0),
        (["stop_now", "stop"], False, "now", 1),
        (["pause", "rest", "stop"], False, "epoch", 0),
        (["pause", "stop"], False, "epoch", 1),
        (["pause", "rest", "pause", "continue"], False, None, 1),
        (["stop", "pause"], False, "epoch", 1),
    ],
)
def test_commands_act_in_the_order_of_asking(
    commands: list[CommandName | Literal["rest"]], paused: bool, stop: str | None, ignored: int
) -> None:
    controls = Controls()
    ignored_commands = []
    for command in commands:
        if command == "rest":
            assert controls.begin_pause()
        else:
            ignored_commands += controls.apply(command)
    assert (controls.begin_pause(), controls.stop) == (paused, stop)
    assert len(ignored_commands) == ignored


def test_a_pause_that_was_undone_is_reported_as_ignored() -> None:
    controls = Controls()
    assert controls.apply("pause") == []
    assert controls.apply("continue") == [
        ("pause", "a continue came before the run paused"),
        ("continue", "the run had not paused yet, and continues"),
    ]
    assert not controls.begin_pause()
    assert controls.apply("pause") == []
    assert controls.apply("stop") == [("pause", "a stop came before the run paused")]


@pytest.mark.parametrize("waking", ["continue", "stop", "stop_now"])
def test_a_pause_ends_with_continue_or_any_stop(waking: CommandName) -> None:
    controls = Controls()
    controls.apply("pause")
    waiting = threading.Thread(target=controls.wait_while_paused)
    waiting.start()
    assert waiting.is_alive()
    controls.apply(waking)
    waiting.join(timeout=DEADLINE)
    assert not waiting.is_alive()
