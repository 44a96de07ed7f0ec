"""Decode samples of many images in several processes.

Decoder and posterior reach them in files, and tasks name their place in these. What goes through a
pipe is small: if a process died before it had read all of a larger message, its parent would go on
writing for ever.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.errors import SessionError
from vae_engine.evaluation.bounds import Floats, ImportanceSums, importance_sums
from vae_engine.evaluation.noise import BLOCK, noise
from vae_engine.inference.networks import Decoder
from vae_engine.machine import working_directory_off_path

# Samples per task, of about half a second, so that progress is reported often.
_TASK_SAMPLES = 128
_QUEUED_TASKS = 2
_DECODER = "decoder"
_ARRAYS = ("images", "z_mean", "z_log_var")

_decoder: Decoder
_posterior: Posterior


@dataclass(frozen=True, eq=False)
class Posterior:
    """Images of a split and their posterior.

    Attributes:
        images: (n, h, w) or (n, h, w, 3), uint8, or float32 in [0, 1].
        z_mean: (n, latent_dim).
        z_log_var: (n, latent_dim).
    """

    images: Images
    z_mean: Floats
    z_log_var: Floats

    def rows(self, rows: slice) -> Posterior:
        """Select some of the images."""
        return Posterior(self.images[rows], self.z_mean[rows], self.z_log_var[rows])


@dataclass(frozen=True, eq=False)
class _Task:
    """One task: some samples of a block of images."""

    seed: int
    block: int
    samples: range


def decoded_parts(
    decoder: Decoder, posterior: Posterior, *, samples: int, seed: int
) -> Iterator[tuple[int, ImportanceSums]]:
    """Decode `samples` z of every image, with one process per processor.

    Beside the images, memory for a few blocks is taken, however many the samples.

    Args:
        decoder: of the export.
        posterior: of the split.
        samples: number of z per image.
        seed: equal seeds draw equal z.

    Yields:
        The number of a block of images, from 0 on without gaps, and the sums over a part of their
        samples; a block's parts follow each other.

    Raises:
        SessionError: a process was killed, or the temporary folder has no room.
    """
    with tempfile.TemporaryDirectory(prefix="vae-evaluate-") as name:
        folder = Path(name)
        try:
            _hand_over(folder, decoder, posterior)
        except OSError as error:
            raise SessionError(
                f"no room for {posterior.images.nbytes / 2**20:.0f} MiB of test images in "
                f"{folder.parent} ({error.strerror}): make some, or set TMPDIR to another folder"
            ) from None
        yield from _decoded(folder, _tasks(len(posterior.images), samples=samples, seed=seed))


def _hand_over(folder: Path, decoder: Decoder, posterior: Posterior) -> None:
    """Write what every process needs into a folder of this process's own."""
    (folder / _DECODER).write_bytes(pickle.dumps(decoder))
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(posterior, name), allow_pickle=False)


def _decoded(folder: Path, tasks: Iterator[_Task]) -> Iterator[tuple[int, ImportanceSums]]:
    processes = os.cpu_count() or 1
    # One executor per process: one of several starts them as it goes, and fails in many ways if
    # the first is dead before the second is started.
    with working_directory_off_path():
        executors = [
            ProcessPoolExecutor(
                1,
                # A fork would copy locks that other threads hold.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_load,
                initargs=(str(folder),),
            )
            for _ in range(processes)
        ]
    waiting: deque[tuple[int, Future[ImportanceSums], ProcessPoolExecutor]] = deque()

    def load(executor: ProcessPoolExecutor) -> int:
        return sum(one is executor and not future.done() for _, future, one in waiting)

    def submit(task: _Task) -> None:
        executor = min(executors, key=load)
        # This may start a process.
        with working_directory_off_path():
            waiting.append((task.block, executor.submit(_decode, task), executor))

    try:
        with _interrupts_held():
            for task in islice(tasks, _QUEUED_TASKS * processes):
                submit(task)
        while waiting:
            block, future, _ = waiting.popleft()
            yield block, future.result()
            for task in islice(tasks, 1):
                submit(task)
    except BrokenProcessPool:
        raise SessionError(
            "a process that decoded was killed: evaluate again with enough free memory"
        ) from None
    finally:
        for executor in executors:
            executor.shutdown(cancel_futures=True)


def _tasks(images: int, *, samples: int, seed: int) -> Iterator[_Task]:
    for block in range(-(-images // BLOCK)):
        for first in range(0, samples, _TASK_SAMPLES):
            yield _Task(seed, block, range(samples)[first : first + _TASK_SAMPLES])


def _load(folder: str) -> None:
    """Initialise a process of the pool."""
    global _decoder, _posterior
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _decoder = pickle.loads(Path(folder, _DECODER).read_bytes())
    _posterior = Posterior(
        *(np.load(Path(folder, f"{name}.npy"), mmap_mode="r") for name in _ARRAYS)
    )


def _end_with_parent() -> None:
    """Exit if the parent is killed, instead of waiting for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Defer Ctrl+C to the end of the block; processes started in it ignore it.

    The terminal sends it to them too, but their parent stops them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _decode(task: _Task) -> ImportanceSums:
    start = task.block * BLOCK
    posterior = _posterior.rows(slice(start, start + BLOCK))
    shape = posterior.z_mean.shape
    return importance_sums(
        _decoder.log_likelihood(to_float(posterior.images)),
        posterior.z_mean,
        posterior.z_log_var,
        (noise(task.seed, task.block, sample, shape) for sample in task.samples),
    )
