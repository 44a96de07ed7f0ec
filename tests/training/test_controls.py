import threading

import pytest

from vae_engine.sessions.inbox import CommandName
from vae_engine.training.controls import Controls


@pytest.mark.parametrize(
    ("commands", "paused", "stop", "ignored"),
    [
        (["pause"], True, None, 0),
        (["pause", "continue"], False, None, 0),
        (["pause", "pause"], True, None, 1),
        (["continue"], False, None, 1),
        (["stop"], False, "epoch", 0),
        (["stop", "stop"], False, "epoch", 1),
        (["stop", "stop_now"], False, "now", 0),
        (["stop_now", "stop"], False, "now", 1),
        (["pause", "stop"], False, "epoch", 0),
        (["stop", "pause"], False, "epoch", 1),
    ],
)
def test_commands_act_in_the_order_of_asking(
    commands: list[CommandName], paused: bool, stop: str | None, ignored: int
) -> None:
    controls = Controls()
    answers = [controls.obey(command) for command in commands]
    assert (controls.paused, controls.stop) == (paused, stop)
    assert len([why for why in answers if why]) == ignored


@pytest.mark.parametrize("waking", ["continue", "stop", "stop_now"])
def test_a_pause_ends_with_continue_or_any_stop(waking: CommandName) -> None:
    controls = Controls()
    controls.obey("pause")
    waiting = threading.Thread(target=controls.wait_while_paused)
    waiting.start()
    assert waiting.is_alive()
    controls.obey(waking)
    waiting.join(timeout=10)
    assert not waiting.is_alive()
