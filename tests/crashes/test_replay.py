"""Every command that reports something as done, and every state that a crash may leave of it.

The quick run takes some of the states before the report and all after it, `-m slow` a thousand.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.crashes.operations import Operation, operations
from tests.crashes.recording import Recording, recorded
from tests.crashes.states import State, build, crash_states, killed_states
from tests.crashes.world import make_world

_NAMES = [
    "create the first session",
    "import into nothing",
    "delete",
    "delete to another file system",
    "restore",
    "empty the trash",
    "withdraw",
    "label",
    "ask",
    "log for TensorBoard",
    "sweep",
    "export a zip",
    "export a history",
    "export a picture",
    "export embeddings",
    "export for TensorBoard",
]
_SAMPLE, _MOST = 12, 1000
_LAST, _STRIDE = 8, 6


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("world")
    make_world(world)
    return world


def record(operation: Operation, root: Path) -> Recording:
    root.mkdir()
    operation.prepare(root)
    with recorded(root) as recorder:
        operation.act(root)
        recorder.tell("done")
    return recorder.recording()


def judge(states: list[State], operation: Operation, folder: Path) -> None:
    folder.mkdir()
    for number, state in enumerate(states):
        root = folder / str(number)
        root.mkdir()
        build(state.tree, root)
        try:
            operation.check(root, bool(state.told))
        except Exception as error:
            shown = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
            raise AssertionError(f"told {state.told}: {error}\n{state}\nleft: {shown}") from error
        shutil.rmtree(root)


def test_all_operations_are_named(world: Path) -> None:
    assert list(operations(world)) == _NAMES


@pytest.mark.parametrize("name", _NAMES)
def test_a_power_cut_leaves_the_old_or_the_new_and_after_the_report_the_new(
    name: str, world: Path, tmp_path: Path
) -> None:
    operation = operations(world)[name]
    recording = record(operation, tmp_path / "recorded")
    before: list[State] = []
    after: list[State] = []
    stride = max(1, len(recording.steps) // 20)
    for state in crash_states(recording, every_subset_of=2, stride=stride):
        (after if state.told else before).append(state)
    chosen = random.Random(name).sample(before, min(_SAMPLE, len(before)))
    assert after
    judge([*chosen, *after], operation, tmp_path / "states")


@pytest.mark.slow
@pytest.mark.parametrize("name", _NAMES)
def test_a_thousand_states_that_a_power_cut_may_leave(
    name: str, world: Path, tmp_path: Path
) -> None:
    operation = operations(world)[name]
    recording = record(operation, tmp_path / "recorded")
    states = list(crash_states(recording, every_subset_of=8))
    after = [state for state in states if state.told]
    chosen = random.Random(name).sample(states, min(_MOST, len(states)))
    judge([*chosen, *after], operation, tmp_path / "states")
    print(f"{name}: {len(recording.steps)} steps, {len(states)} states, {len(chosen)} judged")


@pytest.mark.parametrize("name", _NAMES)
def test_a_kill_at_any_step_leaves_what_the_next_command_continues_with(
    name: str, world: Path, tmp_path: Path
) -> None:
    operation = operations(world)[name]
    states = list(killed_states(record(operation, tmp_path / "recorded")))
    # Some where they are many, the last steps all.
    judge([*states[:-_LAST:_STRIDE], *states[-_LAST:]], operation, tmp_path / "states")
