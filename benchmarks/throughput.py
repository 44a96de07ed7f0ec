"""Images per second of ours, the Keras example and PyTorch, and our share of the peak."""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.operations import network_operations, training_operations
from benchmarks.processes import findings, last_finding
from benchmarks.training_sessions import train
from vae_engine.settings import Settings, make_settings

# The first epoch compiles.
EPOCHS = 4
GOAL_SHARE = 0.5
_GIGA = 1e9

Say = Callable[[str], None]


def measure(say: Say, limit: int = 0) -> Iterator[Figure]:
    """Rates, operations, the share of the peak, and a table of the step's parts."""
    settings = make_settings(epochs=EPOCHS, limit=limit)
    threads = settings.threads or os.cpu_count() or 1
    peak = _peak(say, threads)
    yield Figure("peak: the fastest matrix product", peak / _GIGA, "GFLOP/s")
    say(f"ours, {EPOCHS} epochs")
    with tempfile.TemporaryDirectory() as folder:
        epochs = train(settings, Path(folder)).epochs
    ours = statistics.median(epoch.images_per_second for epoch in epochs[1:])
    say("the Keras example")
    keras = max(last_finding("benchmarks.keras_example", "--probe")["rates"].values())
    yield Figure("ours; peer: the Keras example", ours, "images/s", peer=keras)
    if importlib.util.find_spec("torch"):
        say("PyTorch with our network")
        arguments = ("--threads", threads, "--limit", limit)
        found = list(findings("benchmarks.torch_network", *arguments))
        torch = max(one["images_per_second"] for one in found)
        yield Figure("ours; peer: PyTorch with our network", ours, "images/s", peer=torch)
    operations = training_operations(settings)
    yield Figure("operations an image needs in training", operations / 1e6, "MFLOP")
    yield Figure("  ours", ours * operations / _GIGA, "GFLOP/s")
    share = ours * operations / peak
    yield Figure("  share of the peak", share, "", goal=GOAL_SHARE, at_least=True)
    yield from _parts(say, settings, peak)


def _peak(say: Say, threads: int) -> float:
    """Floating point operations a second."""
    say("matrix products")
    rates: list[float] = []
    for found in findings("benchmarks.matrix_product", "--threads", threads):
        say(f"matrix products: {found['library']} {found['operations_per_second'] / _GIGA:.0f}")
        rates.append(found["operations_per_second"])
    return max(rates)


def _parts(say: Say, settings: Settings, peak: float) -> Iterator[Figure]:
    """Milliseconds of a step's parts, those of layers against what they would take at the peak."""
    say("the step's parts")
    found = last_finding("benchmarks.training_step", "trace", "--limit", settings.limit)
    work = {layer.name: layer.training for layer in network_operations(settings)}
    yield Figure("a traced step", found["step_ms"], "ms")
    for part, milliseconds in found["parts_ms"].items():
        ideal = None
        if part in work:
            ideal = 1e3 * work[part] * settings.batch_size / peak
        name = f"  {part}" + ("" if ideal is None else "; peer: at the peak")
        yield Figure(name, milliseconds, "ms", peer=ideal)
