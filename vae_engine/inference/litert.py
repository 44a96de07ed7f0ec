"""Encoder and decoder from their LiteRT files: no TensorFlow, ready in milliseconds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.atomic import read_bounded

Floats = NDArray[np.float32]

_FILE_LIMIT = 256 * 2**20
_BATCH = 256
_quiet = threading.Lock()


class LiteRtModel:
    """A LiteRT file with one float input; safe to use from several threads."""

    def __init__(self, name: str, content: bytes) -> None:
        """Load the model.

        Args:
            name: of the file, for messages.
            content: of the `.tflite` file.

        Raises:
            SessionDamagedError: it is no model.
        """
        self._lock = threading.Lock()
        try:
            with _silent_stderr():
                self._interpreter = Interpreter(model_content=content, num_threads=1)
                self._input = self._interpreter.get_input_details()[0]
                self._allocate(1)
        except (ValueError, RuntimeError, IndexError) as error:
            raise SessionDamagedError(f"{name} cannot be run: {_first_line(error)}") from None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, without the batch."""
        return tuple(int(size) for size in self._input["shape"][1:])

    def run(self, batch: Floats) -> list[Floats]:
        """The outputs, in the order of the model, for a batch of any length."""
        if not len(batch):
            raise ValueError("the batch is empty")
        parts = [self._run(batch[at : at + _BATCH]) for at in range(0, len(batch), _BATCH)]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _run(self, batch: Floats) -> list[Floats]:
        with self._lock:
            if len(batch) != self._size:
                self._allocate(len(batch))
            self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(batch))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]

    def _allocate(self, size: int) -> None:
        self._interpreter.resize_tensor_input(self._input["index"], (size, *self.input_shape))
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_output_details()
        self._outputs: list[dict[str, Any]] = sorted(details, key=lambda output: output["name"])
        self._size = size


def read_model(path: Path, sha256: str) -> bytes:
    """The content of a `.tflite` file with this digest.

    Raises:
        SessionDamagedError: missing, or of another digest.
    """
    try:
        content = read_bounded(path, _FILE_LIMIT)
    except FileNotFoundError:
        raise SessionDamagedError(f"{path.name} is missing: resume to export it anew") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SessionDamagedError(f"{path.name} is not the file that was exported: refused")
    return content


class Decoder:
    """Images from z."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._model = LiteRtModel(path.name, read_model(path, sha256))
        self.latent_dim = self._model.input_shape[0]

    def decode(self, z: Floats) -> Floats:
        """Pixel probabilities, (n, 28, 28) in [0, 1], for z of shape (n, latent_dim)."""
        (images,) = self._model.run(z.astype(np.float32, copy=False))
        return images.reshape(len(z), 28, 28)


class Encoder:
    """The posterior of images."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._model = LiteRtModel(path.name, read_model(path, sha256))

    def encode(self, images: Floats) -> tuple[Floats, Floats]:
        """(z_mean, z_log_var), each (n, latent_dim), for images (n, 28, 28, 1) in [0, 1]."""
        z_mean, z_log_var = self._model.run(images)
        return z_mean, z_log_var


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep LiteRT's greeting, which C++ writes to descriptor 2, off the terminal."""
    with _quiet:
        saved = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(null)
            os.close(saved)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
