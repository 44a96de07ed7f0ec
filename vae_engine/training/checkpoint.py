"""Checkpoints: all the state from which a later run resumes with the same bits."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import ArraySpec, parse_npz
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.records import CheckpointEntry, CheckpointIndex
from vae_engine.training.convergence import Convergence, Plan

_log = logging.getLogger(__name__)

Array = NDArray[Any]

_STATE = "state"
_STATE_LIMIT = 2**20
# Names and headers of the archive.
_OVERHEAD = 2**20


class TrainingState(msgspec.Struct, frozen=True, kw_only=True):
    """State of training, apart from the weights and the optimizer.

    Attributes:
        epoch: completed epochs.
        step: completed steps of the current epoch.
        totals: loss, reconstruction_loss and kl_loss, summed over the images of that epoch so far.
        elapsed: seconds spent on that epoch so far.
        trained: seconds of these spent in training steps.
        plan: epochs and decay of the current run.
        convergence: early-stopping state.
        best_epoch: the epoch with the lowest val_loss, 0 before the first.
        best_val_loss: val_loss of that epoch, nats per image.
        last_epoch: event of the last completed epoch, in case the log lost it.
    """

    epoch: int
    step: int
    totals: tuple[float, float, float]
    elapsed: float
    trained: float
    plan: Plan
    convergence: Convergence
    best_epoch: int = 0
    best_val_loss: float | None = None
    last_epoch: EpochEnded | None = None

    def after_epoch(self, ended: EpochEnded, convergence: Convergence) -> TrainingState:
        """Return the state at the start of the next epoch."""
        is_best = self.best_val_loss is None or ended.val_loss < self.best_val_loss
        return TrainingState(
            epoch=ended.epoch,
            step=0,
            totals=(0.0, 0.0, 0.0),
            elapsed=0.0,
            trained=0.0,
            plan=self.plan,
            convergence=convergence,
            best_epoch=ended.epoch if is_best else self.best_epoch,
            best_val_loss=ended.val_loss if is_best else self.best_val_loss,
            last_epoch=ended,
        )


@dataclass(frozen=True)
class Checkpoint:
    """Training state with the values of the weights and of the optimizer's variables."""

    state: TrainingState
    weights: list[Array]
    optimizer: list[Array]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint and make it the latest; the one before becomes the previous.

    At the end of the best epoch it becomes the best checkpoint too.

    Raises:
        OSError: it cannot be written; the earlier checkpoints are intact.
    """
    state = checkpoint.state
    content = _encode(checkpoint)
    name = layout.checkpoint_file(state.epoch, state.step)
    atomic.replace_file(folder / name, lambda temporary: _write(temporary, content))
    entry = CheckpointEntry(
        file=name,
        sha256=hashlib.sha256(content).hexdigest(),
        epoch=state.epoch,
        step=state.step,
    )
    before = read_index(folder)
    is_best = state.step == 0 and state.epoch == state.best_epoch
    previous = before.latest if before and before.latest.file != name else None
    if before and previous is None:
        previous = before.previous
    index = CheckpointIndex(
        latest=entry,
        previous=previous,
        best=entry if is_best else (before.best if before else None),
    )
    atomic.write_record(folder / layout.CHECKPOINTS / layout.INDEX, index)
    prune(folder, index)


def read_index(folder: Path) -> CheckpointIndex | None:
    """Read the index of checkpoints; None if there are none.

    Raises:
        SessionDamagedError: the index cannot be read.
    """
    return atomic.read_optional(folder / layout.CHECKPOINTS / layout.INDEX, CheckpointIndex)


def load_latest(
    folder: Path, weights: Sequence[Array], optimizer: Sequence[Array]
) -> Checkpoint | None:
    """Load the latest intact checkpoint; None if the session has none yet.

    Args:
        folder: the session's folder.
        weights: arrays of the expected shapes and types.
        optimizer: likewise, for the optimizer's variables.

    Raises:
        SessionDamagedError: there are checkpoints, but none is intact.
    """
    index = read_index(folder)
    if index is None:
        return None
    problems = []
    for entry in (index.latest, index.previous):
        if entry is None:
            continue
        try:
            return load(folder, entry, weights, optimizer)
        except SessionDamagedError as error:
            _log.warning("skipping a checkpoint: %s", error)
            problems.append(str(error))
    raise SessionDamagedError(f"no checkpoint can be used: {'; '.join(problems)}")


def load(
    folder: Path, entry: CheckpointEntry, weights: Sequence[Array], optimizer: Sequence[Array]
) -> Checkpoint:
    """Read one checkpoint.

    Raises:
        SessionDamagedError: missing, too large, or its digest or shapes do not match.
    """
    name = Path(entry.file).name
    limit = sum(value.nbytes for value in (*weights, *optimizer)) + _STATE_LIMIT + _OVERHEAD
    try:
        content = atomic.read_bounded(folder / layout.CHECKPOINTS / name, limit)
    except FileNotFoundError:
        raise SessionDamagedError(f"{name} is missing") from None
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise SessionDamagedError(f"{name} is not the file that was saved: its SHA-256 differs")
    specs = _specs("weights", weights) | _specs("optimizer", optimizer)
    arrays = parse_npz(
        content, specs | {_STATE: ArraySpec("uint8", (None,), _STATE_LIMIT)}, name=name
    )
    try:
        state = msgspec.json.decode(arrays[_STATE].tobytes(), type=TrainingState)
    except msgspec.MsgspecError as error:
        raise SessionDamagedError(f"{name} is damaged: {error}") from None
    return Checkpoint(
        state,
        [arrays[key] for key in _specs("weights", weights)],
        [arrays[key] for key in _specs("optimizer", optimizer)],
    )


def prune(folder: Path, index: CheckpointIndex) -> None:
    """Delete checkpoints that are not in the index."""
    kept = {entry.file for entry in (index.latest, index.previous, index.best) if entry}
    for path in (folder / layout.CHECKPOINTS).glob("epoch-*.npz"):
        if f"{layout.CHECKPOINTS}/{path.name}" not in kept:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _encode(checkpoint: Checkpoint) -> bytes:
    arrays = _named("weights", checkpoint.weights) | _named("optimizer", checkpoint.optimizer)
    arrays[_STATE] = np.frombuffer(msgspec.json.encode(checkpoint.state), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _named(part: str, values: Sequence[Array]) -> dict[str, Array]:
    return {f"{part}-{index:03d}": value for index, value in enumerate(values)}


def _specs(part: str, values: Sequence[Array]) -> dict[str, ArraySpec]:
    return {
        name: ArraySpec(str(value.dtype), value.shape)
        for name, value in _named(part, values).items()
    }


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
