"""Datasets as Keras loads them; the functions import Keras, and so TensorFlow, when called."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.dataset import Dataset, make_dataset
from vae_engine.datasets.files import brief, quoted, reading
from vae_engine.datasets.image_record import Recorded
from vae_engine.datasets.keras_cache import cifar_file, fashion_mnist_folder, is_available
from vae_engine.datasets.loader import CIFAR, load_dataset
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.source import Source
from vae_engine.datasets.splits import BY_CONTENT, BY_POSITION, SplitMethod
from vae_engine.errors import DatasetError

_logger = logging.getLogger(__name__)

_SOCKET_SECONDS = 10.0
# Names resolve to many addresses, each of which may swallow packets for _SOCKET_SECONDS.
_MNIST_SECONDS = 30.0

_KerasArrays: TypeAlias = tuple[tuple[AnyArray, AnyArray], tuple[AnyArray, AnyArray]]


def load_dataset_with_keras(
    name: str,
    method: SplitMethod = BY_CONTENT,
    preparation: Preparation = AUTO,
    report: Report | None = None,
    recorded: Recorded | None = None,
) -> Dataset:
    """Load a named dataset by its Keras loader, which downloads it once, or a path.

    Where MNIST cannot be downloaded within half a minute, the packaged copy with the same arrays
    takes its place; `source` tells which it was. Keras prints its progress on stdout.

    Raises:
        DatasetError: a named dataset cannot be downloaded, or as `load_dataset` does.
    """
    if name == "mnist":
        return _keras_mnist(preparation)
    if name == "fashion_mnist":
        return _keras_fashion_mnist(preparation)
    if name in CIFAR and not is_available(name):
        _fetch_cifar(name)
    return load_dataset(name, method, preparation, report, recorded)


def _keras_mnist(preparation: Preparation) -> Dataset:
    from keras.datasets import mnist

    try:
        with _socket_timeout(_SOCKET_SECONDS):
            loaded = _result_within(_MNIST_SECONDS, mnist.load_data)
    # Keras raises bare Exception, and its many ways to fail all mean the same here.
    except Exception as error:  # noqa: BLE001
        # Harmless, and the same arrays: no warning, and the end of what Keras says is enough.
        why = brief(str(error).rpartition(" -- ")[2])
        _logger.info("mnist: using the packaged copy, as Keras has none (%s)", why)
        return load_dataset("mnist", preparation=preparation)
    return make_dataset("mnist", _source(loaded), BY_POSITION, preparation)


def _keras_fashion_mnist(preparation: Preparation) -> Dataset:
    from keras.datasets import fashion_mnist

    try:
        with _socket_timeout(_SOCKET_SECONDS):
            loaded = fashion_mnist.load_data()
    except Exception as error:
        raise DatasetError(
            f"Keras cannot load fashion_mnist ({_reason(error)}): wanted a network, or its four "
            f"IDX files, undamaged, in {quoted(fashion_mnist_folder())}"
        ) from error
    return make_dataset("fashion_mnist", _source(loaded), BY_POSITION, preparation)


def _fetch_cifar(name: str) -> None:
    """Load CIFAR by its Keras loader, and keep its arrays without pickles."""
    from keras import datasets

    try:
        with _socket_timeout(_SOCKET_SECONDS):
            loaded: _KerasArrays = getattr(datasets, name).load_data()
    except Exception as error:
        raise DatasetError(
            f"Keras cannot load {name} ({_reason(error)}): wanted a network, or a copy of "
            f"{quoted(cifar_file(name))} from a machine that has one, or a path with x_train"
        ) from error
    (x_train, y_train), (x_test, y_test) = loaded
    path = cifar_file(name)
    with reading(path, f"a place to keep {name}", "try VAE_CACHE=FOLDER with room in it"):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{name}.{os.getpid()}.part")
        try:
            with partial.open("wb") as file:
                np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _source(loaded: _KerasArrays) -> Source:
    (x_train, y_train), (x_test, y_test) = loaded
    return Source("keras", {"train": x_train, "test": x_test}, {"train": y_train, "test": y_test})


def _reason(error: Exception) -> str:
    return brief(f"{type(error).__name__}: {error}".rstrip(": "))


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _result_within(seconds: float, load: Callable[[], _KerasArrays]) -> _KerasArrays:
    """What `load` returns; a slower load continues in the background without effect.

    Raises:
        TimeoutError: it took longer.
        Exception: whatever `load` raises.
    """
    result: Future[_KerasArrays] = Future()

    def run() -> None:
        try:
            result.set_result(load())
        # Raised again by the caller, from result().
        except Exception as error:  # noqa: BLE001
            result.set_exception(error)

    threading.Thread(target=run, name="keras-download", daemon=True).start()
    return result.result(timeout=seconds)
