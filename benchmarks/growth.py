"""How time and memory grow with the data, the latent dimension, the batch and the threads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.training_sessions import train
from vae_engine.datasets import load_dataset
from vae_engine.settings import Settings, make_settings

# The first epoch compiles; of the others the quicker one counts.
EPOCHS = 3
EIGHTHS = (1, 2, 4, 8)
LATENT_DIMS = (2, 16, 64, 256)
BATCH_SIZES = (32, 128, 512, 1024)
THREADS = (1, 2)

Say = Callable[[str], None]


def cases(images: int) -> Iterator[tuple[str, Settings]]:
    """What is varied, one at a time; all but the data at an eighth of it."""
    eighth = images // 8
    for count in EIGHTHS:
        limit = images * count // 8
        yield f"{count}/8 of the data", make_settings(limit=limit, epochs=EPOCHS)
    for latent_dim in LATENT_DIMS:
        settings = make_settings(latent_dim=latent_dim, limit=eighth, epochs=EPOCHS)
        yield f"d = {latent_dim}", settings
    for size in BATCH_SIZES:
        yield f"batch {size}", make_settings(batch_size=size, limit=eighth, epochs=EPOCHS)
    for threads in THREADS:
        yield f"{threads} threads", make_settings(threads=threads, limit=eighth, epochs=EPOCHS)


def measure(say: Say, limit: int = 0) -> Iterator[Figure]:
    """Seconds of an epoch, images per second and the worker's peak memory in each case."""
    images = limit or len(load_dataset("mnist").train_images)
    for name, settings in cases(images):
        say(f"growth: {name}")
        with tempfile.TemporaryDirectory() as folder:
            trained = train(settings, Path(folder))
        quickest = min(trained.epochs[1:], key=lambda epoch: epoch.duration)
        yield Figure(f"{name}: images per second", quickest.images_per_second, "/s")
        yield Figure("  an epoch with validation and preview", quickest.duration, "s")
        yield Figure("  peak memory of the worker", trained.peak_bytes / 2**20, "MiB")
