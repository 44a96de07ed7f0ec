"""Encoder and decoder of an export, run by NumPy: no TensorFlow, ready in milliseconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.inference import architecture
from vae_engine.inference.architecture import Layer
from vae_engine.inference.blas import one_thread
from vae_engine.inference.layers import Function, make_function, most_floats, sigmoid
from vae_engine.inference.litert_file import is_litert, read_litert
from vae_engine.sessions.arrays import ArraySpec, parse_npz
from vae_engine.sessions.atomic import one_line, read_bounded
from vae_engine.settings import Settings

Floats = NDArray[np.float32]
Arrays = dict[str, Floats]

_BATCH_BYTES = 16 * 2**20
"""What a layer may take at once, however many images are asked for."""
_MOST_AT_ONCE = 32
_ROOM = 256 * 2**10
"""Bytes that a file may have beside its weights: names, headers, a LiteRT file's graph."""


class Encoder:
    """The posterior of images. Safe to use from several threads.

    Attributes:
        latent_dim: dimensions of z.
    """

    def __init__(self, path: Path, sha256: str, settings: Settings) -> None:
        """Load it.

        Args:
            path: of an `.npz`, or of a `.tflite` as earlier versions exported them.
            sha256: digest that the file has.
            settings: of its session, which tell every shape in it.

        Raises:
            SessionDamagedError: missing, of another digest, or not an encoder of these settings.
        """
        layers = architecture.encoder_layers(settings)
        self._image = layers[0].inputs
        arrays = _load(path, sha256, layers)
        *trunk, z_mean, z_log_var = layers
        self.latent_dim = settings.latent_dim
        self._trunk = _functions(trunk, arrays)
        self._heads = _functions([z_mean, z_log_var], arrays)
        self._at_once = _images_at_once(layers)

    def encode(self, images: Floats) -> tuple[Floats, Floats]:
        """(z_mean, z_log_var), each (n, latent_dim), for images (n, 28, 28, 1) in [0, 1].

        Raises:
            SessionDamagedError: the weights are so large that the result is not finite.
        """
        images = images.reshape(len(images), *self._image)
        outputs = tuple(np.empty((len(images), self.latent_dim), np.float32) for _ in self._heads)
        with one_thread(), np.errstate(all="ignore"):
            for part in _parts(len(images), self._at_once):
                hidden = _run(self._trunk, images[part])
                for output, head in zip(outputs, self._heads, strict=True):
                    output[part] = head(hidden)
        z_mean, z_log_var = outputs
        if not (np.isfinite(z_mean).all() and np.isfinite(z_log_var).all()):
            raise SessionDamagedError("the exported model gives a posterior that is not finite")
        return z_mean, z_log_var


class Decoder:
    """Images from z. Safe to use from several threads, and sent to other processes by pickling.

    Attributes:
        latent_dim: dimensions of z.
    """

    def __init__(self, path: Path, sha256: str, settings: Settings) -> None:
        """Load it; arguments and errors as of `Encoder`."""
        self._layers = architecture.decoder_layers(settings)
        self._arrays = _load(path, sha256, self._layers)
        self.latent_dim = settings.latent_dim
        self._prepare()

    def __getstate__(self) -> tuple[list[Layer], Arrays, int]:
        return self._layers, self._arrays, self.latent_dim

    def __setstate__(self, state: tuple[list[Layer], Arrays, int]) -> None:
        self._layers, self._arrays, self.latent_dim = state
        self._prepare()

    def _prepare(self) -> None:
        self._functions = _functions(self._layers, self._arrays)
        self._at_once = _images_at_once(self._layers)

    def decode(self, z: Floats) -> Floats:
        """Pixel probabilities, (n, 28, 28) in [0, 1], for z of shape (n, latent_dim).

        Raises:
            SessionDamagedError: the weights are so large that some are no numbers.
        """
        with np.errstate(all="ignore"):
            probabilities = sigmoid(self.decode_logits(z))
        if np.isnan(probabilities).any():
            raise SessionDamagedError("the exported model gives images that are not finite")
        return probabilities

    def decode_logits(self, z: Floats) -> Floats:
        """Logits of the pixels, (n, 28, 28), for z of shape (n, latent_dim).

        A likelihood needs them: float32 probabilities round to 1 from a logit of 17 on, where the
        logarithm of their complement is lost.
        """
        z = z.astype(np.float32, copy=False).reshape(len(z), self.latent_dim)
        logits = np.empty((len(z), *self._layers[-1].outputs), np.float32)
        with one_thread(), np.errstate(all="ignore"):
            for part in _parts(len(z), self._at_once):
                logits[part] = _run(self._functions, z[part])
        return logits.reshape(len(z), *self._layers[-1].outputs[:2])


def _load(path: Path, sha256: str, layers: list[Layer]) -> Arrays:
    """The arrays of a file, each of the shape that its layer has.

    Raises:
        SessionDamagedError: missing, of another digest, or no such arrays.
    """
    try:
        content = read_bounded(path, architecture.count_bytes(layers) + _ROOM)
    except FileNotFoundError:
        raise SessionDamagedError(f"{path.name} is missing: resume to export it anew") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SessionDamagedError(f"{path.name} is not the file that was exported: refused")
    if is_litert(content):
        try:
            arrays = read_litert(content, layers)
        except ValueError as error:
            raise SessionDamagedError(
                f"{path.name} is not the network of the session's settings: {one_line(error)}"
            ) from None
    else:
        specs = {
            name: ArraySpec("<f4", shape)
            for layer in layers
            for name, shape in layer.arrays.items()
        }
        arrays = parse_npz(content, specs, name=path.name)
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise SessionDamagedError(f"{path.name} has weights that are no numbers, in {name}")
    return arrays


def _functions(layers: list[Layer], arrays: Arrays) -> list[Function]:
    return [make_function(layer, *(arrays[name] for name in layer.arrays)) for layer in layers]


def _run(functions: list[Function], x: Floats) -> Floats:
    for function in functions:
        x = function(x)
    return x


def _images_at_once(layers: list[Layer]) -> int:
    most = max(most_floats(layer) for layer in layers)
    return max(1, min(_MOST_AT_ONCE, _BATCH_BYTES // (4 * most)))


def _parts(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]
