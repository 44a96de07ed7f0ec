import itertools
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

import pytest

from tests.waiting import DEADLINE
from vae_engine.sessions.inbox import CommandName
from vae_engine.training.controls import Controls, IgnoredCommand

Batch = Sequence[CommandName]


class Run:
    """A run whose inbox gives a batch at a time: between two steps, or during a pause."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.controls = Controls()
        self.events: list[str] = []
        self.ignored: list[IgnoredCommand] = []
        self._batches = list(batches)

    def train(self) -> None:
        while self._batches:
            self._read_inbox()
            self.controls.pause_if_requested(self._paused, lambda: self.events.append("continue"))
        self.ignored += self.controls.end()

    def _paused(self) -> None:
        self.events.append("pause")
        while self.controls.is_paused:
            if not self._batches:
                self._batches = [["stop_now"]]
            self._read_inbox()

    def _read_inbox(self) -> None:
        for command in self._batches.pop(0):
            ignored = self.controls.apply(command)
            self.ignored += ignored
            if command.startswith("stop") and command not in dict(ignored):
                self.events.append(command)


def splits(commands: Batch) -> Iterator[list[Batch]]:
    """All ways in which the commands may arrive: one by one, in one batch, in some batches."""
    for ends in itertools.product((False, True), repeat=len(commands) - 1):
        cuts = [0, *(at for at, end in enumerate(ends, 1) if end), len(commands)]
        yield [commands[first:last] for first, last in itertools.pairwise(cuts)]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_command_is_carried_out_or_reported_as_ignored(length: int) -> None:
    for commands in itertools.product(get_args(CommandName), repeat=length):
        for batches in splits(commands):
            run = Run(batches)
            run.train()
            answered = Counter([*run.events, *(command for command, _ in run.ignored)])
            # The stop that ends a pause at the end of the test is not one of the commands.
            added = answered["stop_now"] - commands.count("stop_now")
            assert added in (0, 1), batches
            assert answered == Counter([*commands, *["stop_now"] * added]), batches


@pytest.mark.parametrize(
    ("batches", "events", "ignored"),
    [
        ([["pause"]], ["pause", "stop_now"], []),
        ([["pause"], ["continue"]], ["pause", "continue"], []),
        ([["pause", "continue"]], [], ["pause", "continue"]),
        ([["pause", "pause"]], ["pause", "stop_now"], ["pause"]),
        ([["continue"]], [], ["continue"]),
        ([["stop"]], ["stop"], []),
        ([["stop", "stop"]], ["stop"], ["stop"]),
        ([["stop", "stop_now"]], ["stop", "stop_now"], []),
        ([["stop_now", "stop"]], ["stop_now"], ["stop"]),
        ([["pause"], ["stop"]], ["pause", "stop"], []),
        ([["pause", "stop"]], ["stop"], ["pause"]),
        ([["pause"], ["pause", "continue"]], ["pause", "continue"], ["pause"]),
        ([["stop", "pause"]], ["stop"], ["pause"]),
        ([["pause"], ["continue", "pause"]], ["pause", "continue", "pause", "stop_now"], []),
        ([["pause"], ["continue", "stop"]], ["pause", "stop", "continue"], []),
        (
            [["pause"], ["continue", "pause", "continue"]],
            ["pause", "continue"],
            ["pause", "continue"],
        ),
    ],
)
def test_commands_act_in_the_order_of_asking(
    batches: list[Batch], events: list[str], ignored: list[str]
) -> None:
    run = Run(batches)
    run.train()
    assert run.events == events
    assert [command for command, _ in run.ignored] == ignored


def test_a_pause_that_was_undone_is_reported_as_ignored() -> None:
    controls = Controls()
    assert controls.apply("pause") == []
    assert controls.apply("continue") == [
        ("pause", "a continue came before the run paused"),
        ("continue", "the run had not paused yet, and continues"),
    ]
    assert controls.apply("pause") == []
    assert controls.apply("stop") == [("pause", "a stop came before the run paused")]


@pytest.mark.parametrize("command", get_args(CommandName))
def test_commands_at_the_end_of_training_are_reported_as_ignored(command: CommandName) -> None:
    controls = Controls()
    controls.apply("pause")
    assert controls.end() == [("pause", "training ended before the run paused")]
    assert controls.end() == []
    assert controls.apply(command) == [(command, "training has ended")]


@pytest.mark.parametrize(
    ("waking", "events"),
    [
        (["continue"], ["pause", "continue"]),
        (["continue", "pause", "stop"], ["pause", "continue"]),
        (["stop"], ["pause"]),
        (["stop_now"], ["pause"]),
    ],
)
def test_a_waiting_thread_is_woken_by_continue_or_any_stop(
    waking: Batch, events: list[str]
) -> None:
    controls = Controls()
    heard: list[str] = []
    paused = threading.Event()

    def pause() -> None:
        heard.append("pause")
        paused.set()

    def train() -> None:
        controls.pause_if_requested(pause, lambda: heard.append("continue"))

    controls.apply("pause")
    thread = threading.Thread(target=train, daemon=True)
    thread.start()
    assert paused.wait(DEADLINE)
    for command in waking:
        controls.apply(command)
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert heard == events
