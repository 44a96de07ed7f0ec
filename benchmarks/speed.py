"""The short form for throughput alone: ours and PyTorch with the same networks, on a quiet machine.

Two workloads: MNIST with the default network, and 64x64 images in colour with theirs.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.figures import Figure
from benchmarks.processes import MeasurementError, findings
from benchmarks.quiet import check_quiet
from benchmarks.training_sessions import train
from benchmarks.workloads import COLOUR, MNIST, WORKLOADS, workload_settings
from vae_engine.machine import usable_processors

GOAL_RATIO = 1.15
"""Of PyTorch's rate."""
# The first epoch compiles.
EPOCHS = 4
_IMAGES = {MNIST: 25_600, COLOUR: 2_560}

Say = Callable[[str], None]


def measure(say: Say, threads: int, most_busy: float) -> Iterator[Figure]:
    """Images per second of each workload; nothing is reported of a machine that became busy.

    Args:
        say: receives progress.
        threads: of ours and of PyTorch; 0 uses all processors.
        most_busy: processors that others may keep busy before and after.

    Raises:
        MeasurementError: the machine is busy, or a measurement failed.
    """
    check_quiet(most_busy)
    threads = threads or usable_processors()
    measured = [_workload(say, name, threads) for name in WORKLOADS]
    check_quiet(most_busy)
    yield from measured


def _workload(say: Say, name: str, threads: int) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        say(f"ours, {name}, {EPOCHS} epochs")
        rate = _ours(name, threads, Path(folder))
    what = f"{name}, {threads} threads"
    if not importlib.util.find_spec("torch"):
        say("PyTorch is not installed: see docs/benchmarks.md")
        return Figure(what, rate, "images/s")
    say(f"PyTorch, {name}")
    peer = 0.0
    for found in findings("benchmarks.torch_network", "--threads", threads, "--workload", name):
        say(f"PyTorch, {found['form']}: {found.get('error') or found['images_per_second']}")
        peer = max(peer, found["images_per_second"])
    return Figure(f"{what}; peer: PyTorch", rate, "images/s", GOAL_RATIO, peer=peer, at_least=True)


def _ours(name: str, threads: int, folder: Path) -> float:
    settings = msgspec.structs.replace(
        workload_settings(name), threads=threads, epochs=EPOCHS, min_epochs=EPOCHS
    )
    count = _IMAGES[name]
    if name == MNIST:
        settings = msgspec.structs.replace(settings, limit=count)
    else:
        path = folder / "images.npz"
        _save_random_images(path, name, count)
        settings = msgspec.structs.replace(settings, dataset=str(path))
    epochs = train(settings, folder / "sessions").epochs
    if len(epochs) < EPOCHS:
        raise MeasurementError(f"{name} ended after {len(epochs)} of {EPOCHS} epochs")
    return statistics.median(epoch.images_per_second for epoch in epochs[1:])


def _save_random_images(path: Path, name: str, count: int) -> None:
    """Save images to train on and a few others; a step takes as long whatever they show."""
    rng = np.random.default_rng(0)
    shape = WORKLOADS[name].array
    train_images, others = (rng.integers(0, 256, (n, *shape), np.uint8) for n in (count, 128))
    np.savez(path, x_train=train_images, x_val=others, x_test=255 - others)
