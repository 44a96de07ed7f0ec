"""Matrix products keep to one thread, whichever thread asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from vae_engine.inference.blas import one_thread


def blas_threads() -> int:
    (found,) = [pool for pool in threadpool_info() if "numpy" in pool["filepath"]]
    count: int = found["num_threads"]
    return count


def in_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_every_thread_has_the_limit_whoever_had_it_first() -> None:
    assert np.ones((2, 2)) @ np.ones(2) is not None
    usual = blas_threads()
    if usual == 1:
        pytest.skip("this machine has one processor")
    found: list[int] = []

    def limited() -> None:
        with one_thread():
            found.append(blas_threads())

    for run in (limited, lambda: in_thread(limited), limited, lambda: in_thread(limited)):
        run()
        assert blas_threads() == usual
    assert found == [1, 1, 1, 1]


def test_the_limit_stays_until_the_last_block_is_left() -> None:
    usual = blas_threads()
    outer, inner = one_thread(), one_thread()
    outer.__enter__()
    in_thread(inner.__enter__)
    outer.__exit__(None, None, None)
    assert blas_threads() == 1
    in_thread(lambda: inner.__exit__(None, None, None))
    assert blas_threads() == usual
