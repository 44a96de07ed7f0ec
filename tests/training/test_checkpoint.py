import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import layout
from vae_engine.training import checkpoint
from vae_engine.training.checkpoint import Checkpoint, TrainingState
from vae_engine.training.convergence import begin, make_plan

PLAN = make_plan(first_epoch=0, epochs=5, min_epochs=5, decay_epochs=1)
WEIGHTS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(3, np.float32)]
OPTIMIZER: list[checkpoint.Array] = [np.array(7, np.int64), np.ones(6, np.float32)]


def state(epoch: int, *, step: int = 0, best_epoch: int = 0) -> TrainingState:
    return TrainingState(
        epoch=epoch,
        step=step,
        totals=(1.25, 0.1, 1 / 3),
        elapsed=2.0,
        trained=1.0,
        plan=PLAN,
        convergence=begin(PLAN),
        best_epoch=best_epoch,
        best_val_loss=150.0 / 7,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    layout.create_folders(tmp_path)
    return tmp_path


def save(folder: Path, state: TrainingState) -> None:
    weights = [value + state.epoch for value in WEIGHTS]
    checkpoint.save(folder, Checkpoint(state, weights, OPTIMIZER))


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "checkpoints").glob("*.npz")}


def test_everything_comes_back_to_the_bit(folder: Path) -> None:
    save(folder, state(3, step=17))
    found = checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER)
    assert found is not None
    assert found.state == state(3, step=17)
    for value, expected in zip(found.weights, WEIGHTS, strict=True):
        np.testing.assert_array_equal(value, expected + 3)
    assert [value.tolist() for value in found.optimizer] == [7, [1.0] * 6]


def test_a_new_session_has_none(folder: Path) -> None:
    assert checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER) is None


def test_latest_previous_and_best_are_kept_and_nothing_else(folder: Path) -> None:
    for epoch in range(1, 6):
        save(folder, state(epoch, best_epoch=min(epoch, 2)))
    index = checkpoint.read_index(folder)
    assert index is not None
    assert index.previous is not None
    assert index.best is not None
    assert (index.latest.epoch, index.previous.epoch, index.best.epoch) == (5, 4, 2)
    assert files(folder) == {f"epoch-{epoch:06d}-step-000000.npz" for epoch in (2, 4, 5)}


def test_saving_the_same_place_twice_keeps_the_previous(folder: Path) -> None:
    save(folder, state(1))
    save(folder, state(2))
    save(folder, state(2))
    index = checkpoint.read_index(folder)
    assert index is not None
    assert index.previous is not None
    assert (index.latest.epoch, index.previous.epoch) == (2, 1)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_latest_falls_back_to_the_previous(folder: Path, damage: str) -> None:
    save(folder, state(1))
    save(folder, state(2))
    path = folder / layout.checkpoint_file(2, 0)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:-10])
    else:
        path.unlink()
    found = checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER)
    assert found is not None
    assert found.state.epoch == 1


def test_no_whole_checkpoint_is_an_error_that_names_them(folder: Path) -> None:
    save(folder, state(1))
    (folder / layout.checkpoint_file(1, 0)).write_bytes(b"")
    with pytest.raises(SessionDamagedError, match="no checkpoint can be used: epoch-000001"):
        checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER)


def test_other_shapes_are_refused(folder: Path) -> None:
    save(folder, state(1))
    other = [np.zeros((3, 2), np.float32), WEIGHTS[1]]
    with pytest.raises(SessionDamagedError, match="weights-000"):
        checkpoint.load_latest(folder, other, OPTIMIZER)


def test_a_file_larger_than_any_checkpoint_is_not_read(folder: Path) -> None:
    save(folder, state(1))
    os.truncate(folder / layout.checkpoint_file(1, 0), 2**40)
    with pytest.raises(SessionDamagedError, match=f"has {2**40} bytes"):
        checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER)


def test_a_failed_save_leaves_the_earlier_checkpoint(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(folder, state(1))

    def full_disk(path: Path, content: bytes) -> None:
        path.write_bytes(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save(folder, state(2))
    monkeypatch.undo()
    found = checkpoint.load_latest(folder, WEIGHTS, OPTIMIZER)
    assert found is not None
    assert found.state.epoch == 1
    assert files(folder) == {"epoch-000001-step-000000.npz"}


def test_the_state_survives_json_exactly() -> None:
    before = state(2, step=3)
    assert msgspec.json.decode(msgspec.json.encode(before), type=TrainingState) == before
