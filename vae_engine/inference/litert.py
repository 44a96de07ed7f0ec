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
from vae_engine.inference.graph import Shape, output_shapes
from vae_engine.sessions.atomic import one_line, read_bounded

Floats = NDArray[np.float32]

_FILE_LIMIT = 256 * 2**20
_BATCH = 256
_IMAGE = (28, 28, 1)
_quiet = threading.Lock()


class LiteRtModel:
    """A LiteRT file with one float input, of a network as this package exports them.

    Safe to use from several threads.

    Attributes:
        input_shape: the shape of one input, without the batch.
        output_shapes: those of one output each, in the order of their names.
    """

    def __init__(self, name: str, content: bytes) -> None:
        """Load the model; nothing of it is run, and little memory taken, before it was checked.

        Args:
            name: of the file, for messages.
            content: of the `.tflite` file.

        Raises:
            SessionDamagedError: it is no such network.
        """
        self._name = name
        self._lock = threading.Lock()
        try:
            with _silent_stderr():
                self._interpreter = Interpreter(model_content=content, num_threads=1)
                self._input = self._interpreter.get_input_details()[0]
                self.input_shape: Shape = tuple(int(size) for size in self._input["shape"][1:])
                shapes = output_shapes(self._interpreter, self.input_shape)
                self._allocate(1)
            self.output_shapes = [shapes[int(output["index"])] for output in self._outputs]
        except (ValueError, RuntimeError, LookupError) as error:
            raise self._damaged(error) from None

    def run(self, batch: Floats) -> list[Floats]:
        """The outputs, in the order of their names, for a batch of any length.

        Raises:
            SessionDamagedError: the model cannot be run.
        """
        if not len(batch):
            raise ValueError("the batch is empty")
        parts = [self._run(batch[at : at + _BATCH]) for at in range(0, len(batch), _BATCH)]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _run(self, batch: Floats) -> list[Floats]:
        with self._lock:
            try:
                if len(batch) != self._size:
                    self._allocate(len(batch))
                self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(batch))
                self._interpreter.invoke()
                found = [self._interpreter.get_tensor(one["index"]) for one in self._outputs]
            except (ValueError, RuntimeError) as error:
                raise self._damaged(error) from None
        return [
            output.reshape(len(batch), *shape)
            for output, shape in zip(found, self.output_shapes, strict=True)
        ]

    def _allocate(self, size: int) -> None:
        self._interpreter.resize_tensor_input(self._input["index"], (size, *self.input_shape))
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_output_details()
        self._outputs: list[dict[str, Any]] = sorted(details, key=lambda output: output["name"])
        self._size = size

    def _damaged(self, error: Exception) -> SessionDamagedError:
        return SessionDamagedError(f"{self._name} cannot be run: {one_line(error)}")


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
    """Images from z.

    Attributes:
        latent_dim: dimensions of z.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        """Load it.

        Raises:
            SessionDamagedError: missing, of another digest, or no decoder.
        """
        self._model = LiteRtModel(path.name, read_model(path, sha256))
        if len(self._model.input_shape) != 1 or self._model.output_shapes != [_IMAGE]:
            raise SessionDamagedError(f"{path.name} does not draw images of 28 x 28")
        (self.latent_dim,) = self._model.input_shape

    def decode(self, z: Floats) -> Floats:
        """Pixel probabilities, (n, 28, 28) in [0, 1], for z of shape (n, latent_dim)."""
        (images,) = self._model.run(z.astype(np.float32, copy=False))
        return images.reshape(len(z), 28, 28)


class Encoder:
    """The posterior of images.

    Attributes:
        latent_dim: dimensions of z.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        """Load it.

        Raises:
            SessionDamagedError: missing, of another digest, or no encoder.
        """
        self._model = LiteRtModel(path.name, read_model(path, sha256))
        shapes = self._model.output_shapes
        if self._model.input_shape != _IMAGE or len(shapes) != 2 or shapes[0] != shapes[1]:
            raise SessionDamagedError(f"{path.name} does not encode images of 28 x 28")
        (self.latent_dim,) = shapes[0]

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
