"""This machine's peak: the fastest large float32 matrix product of the libraries that are here.

Run by `benchmarks.training` as ``python -m benchmarks.matrix_product``; prints JSON lines.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import tell

SIDES = (512, 1024, 2048, 4096)
ROUNDS = 10

Floats = NDArray[np.float32]


def products(threads: int) -> Iterator[tuple[str, Callable[[Floats], Callable[[], object]]]]:
    """Each library's name, and what makes of a matrix a function that squares it."""
    yield "numpy", lambda matrix: lambda: matrix @ matrix
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(threads)

        def with_torch(matrix: Floats) -> Callable[[], object]:
            tensor = torch.from_numpy(matrix)
            return lambda: tensor @ tensor

        yield "torch", with_torch
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)

    def with_tensorflow(matrix: Floats) -> Callable[[], object]:
        tensor = tf.constant(matrix)
        return lambda: tf.matmul(tensor, tensor).numpy()

    yield "tensorflow", with_tensorflow


def operations_per_second(multiply: Callable[[], object], side: int) -> float:
    """The best of several rounds, after one that warms up."""
    seconds = []
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - began)
    return 2.0 * side**3 / min(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    threads = parser.parse_args().threads
    rng = np.random.default_rng(0)
    matrices = {side: rng.random((side, side), dtype=np.float32) for side in SIDES}
    for library, prepare in products(threads):
        rates = [operations_per_second(prepare(matrix), side) for side, matrix in matrices.items()]
        tell(library=library, operations_per_second=max(rates))


if __name__ == "__main__":
    main()
