"""Decode samples of many images in several processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.errors import SessionError
from vae_engine.evaluation.bounds import Floats, ImportanceSums, importance_sums
from vae_engine.inference.networks import Decoder
from vae_engine.machine import working_directory_off_path

BLOCK = 256
"""Images per block; their noise depends on it."""
# Samples per task, of about a second, so that progress is reported often.
_TASK_SAMPLES = 50
_QUEUED_TASKS = 2
# Purposes of random streams; those of training begin at 1.
_NOISE, _AGGREGATE_NOISE = 101, 102

_decoder: Decoder


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

    posterior: Posterior
    seed: int
    block: int
    samples: range


def noise(seed: int, block: int, sample: int, shape: tuple[int, ...]) -> Floats:
    """Draw epsilon of one sample of a block's images, from N(0, I).

    A function of its arguments alone: the numbers of processes and samples do not affect
    it.
    """
    key = np.random.SeedSequence([seed, _NOISE, block, sample])
    return np.random.Generator(np.random.Philox(key)).standard_normal(shape, np.float32)


def aggregate_noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw epsilon for samples of the aggregate posterior, from N(0, I)."""
    key = np.random.SeedSequence([seed, _AGGREGATE_NOISE])
    return np.random.Generator(np.random.Philox(key)).standard_normal(shape)


def decoded_parts(
    decoder: Decoder, posterior: Posterior, *, samples: int, seed: int
) -> Iterator[tuple[int, ImportanceSums]]:
    """Decode `samples` z of every image, with one process per processor.

    Beside the images, memory for a few blocks is taken, however many the samples.

    Args:
        decoder: of the export.
        posterior: of the split.
        samples: z an image.
        seed: equal seeds draw equal z.

    Yields:
        The number of a block of images, from 0 on without gaps, and the sums over a part of their
        samples; a block's parts follow each other.

    Raises:
        SessionError: a process was killed.
    """
    tasks = _tasks(posterior, samples=samples, seed=seed)
    processes = os.cpu_count() or 1
    with working_directory_off_path():
        executor = ProcessPoolExecutor(
            processes,
            # A fork would copy locks that other threads hold.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load_decoder,
            initargs=(decoder,),
        )
    waiting: deque[tuple[int, Future[ImportanceSums]]] = deque()

    def submit(task: _Task) -> None:
        # This may start a process.
        with working_directory_off_path():
            waiting.append((task.block, executor.submit(_decode, task)))

    try:
        with _interrupts_held():
            for task in islice(tasks, _QUEUED_TASKS * processes):
                submit(task)
        while waiting:
            block, future = waiting.popleft()
            yield block, future.result()
            for task in islice(tasks, 1):
                submit(task)
    except BrokenProcessPool:
        raise SessionError(
            "a process that decoded was killed: evaluate again with enough free memory"
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _tasks(posterior: Posterior, *, samples: int, seed: int) -> Iterator[_Task]:
    for block, start in enumerate(range(0, len(posterior.images), BLOCK)):
        part = posterior.rows(slice(start, start + BLOCK))
        for first in range(0, samples, _TASK_SAMPLES):
            yield _Task(part, seed, block, range(samples)[first : first + _TASK_SAMPLES])


def _load_decoder(decoder: Decoder) -> None:
    """Initialise a process of the pool."""
    global _decoder
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _decoder = decoder


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
    posterior = task.posterior
    shape = posterior.z_mean.shape
    return importance_sums(
        _decoder.decode_logits,
        to_float(posterior.images),
        posterior.z_mean,
        posterior.z_log_var,
        (noise(task.seed, task.block, sample, shape) for sample in task.samples),
        _decoder.pixels,
    )
