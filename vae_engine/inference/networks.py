"""Run encoder and decoder of an export with NumPy; they load in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference import architecture
from vae_engine.inference.architecture import Layer, Shape
from vae_engine.inference.blas import one_thread
from vae_engine.inference.layers import count_floats
from vae_engine.inference.litert_file import is_litert, read_litert
from vae_engine.inference.pixels import PixelModel
from vae_engine.inference.stack import Stack
from vae_engine.likelihoods import pixel_likelihood
from vae_engine.sessions.arrays import ArraySpec, parse_npz
from vae_engine.sessions.atomic import read_bounded
from vae_engine.settings import Settings
from vae_engine.text import error_line

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Arrays = dict[str, Floats]
_DecoderState = tuple[
    list[Layer], Arrays, tuple[tuple[int, int], tuple[int, int]], ImageShape, PixelModel
]

_HEADS = "heads"
_MOST_BYTES = 2**31
"""Maximum memory of a network's weights, and of a layer for one image."""
_MOST_LOG_SIGMA = 20.0
_ROOM = 256 * 2**10
"""Bytes allowed in addition to the weights: names, headers, a LiteRT file's graph."""


class Encoder:
    """Encodes images to their posterior; thread-safe.

    Attributes:
        latent_dim: dimensions of z.
        shape: of the images.
    """

    def __init__(
        self, path: Path, sha256: str, settings: Settings, shape: ImageShape = GREY_28
    ) -> None:
        """Load it.

        Args:
            path: of an `.npz`, or of a `.tflite` as earlier versions exported them.
            sha256: digest that the file has.
            settings: of its session, which tell every shape in it.
            shape: of the session's images.

        Raises:
            SessionDamagedError: missing, of another digest, not an encoder of these settings, or
                too large to be run.
        """
        layers = architecture.encoder_layers(settings, shape)
        _check_size(path, layers)
        self.shape = shape
        arrays = _load(path, sha256, layers)
        self.latent_dim = settings.latent_dim
        *trunk, z_mean, z_log_var = layers
        # Both heads take the same, so they are one layer here.
        heads = replace(
            z_mean,
            name=_HEADS,
            outputs=(2 * self.latent_dim,),
            kernel=(*z_mean.inputs, 2 * self.latent_dim),
        )
        for name, *of_heads in zip(heads.arrays, z_mean.arrays, z_log_var.arrays, strict=True):
            arrays[name] = np.concatenate([arrays[head] for head in of_heads], axis=-1)
        self._stack = Stack([*trunk, heads], arrays)

    def encode(self, images: Floats) -> tuple[Floats, Floats]:
        """Encode images (n, h, w, c) in [0, 1] to (z_mean, z_log_var), each (n, latent_dim).

        Raises:
            SessionDamagedError: the weights are so large that the result is not finite.
        """
        flat = images.reshape(len(images), self.shape.values)
        posterior = np.empty((2, len(images), self.latent_dim), np.float32)
        with one_thread(), np.errstate(all="ignore"):
            blocks = self._stack.blocks(len(flat))
            outputs = self._stack.run(flat[block] for block in blocks)
            for block, heads in zip(blocks, outputs, strict=True):
                posterior[:, block] = heads.reshape(2, self.latent_dim, -1).transpose(0, 2, 1)
        if not np.isfinite(posterior).all():
            raise SessionDamagedError("the exported model gives a posterior that is not finite")
        z_mean, z_log_var = posterior
        return z_mean, z_log_var


class Decoder:
    """Decodes z to images; thread-safe, and can be pickled for other processes.

    Attributes:
        latent_dim: dimensions of z.
        shape: of the images.
        pixels: their distribution given the logits.
    """

    def __init__(
        self, path: Path, sha256: str, settings: Settings, shape: ImageShape = GREY_28
    ) -> None:
        """Load a decoder; arguments and errors as in `Encoder`."""
        layers = architecture.decoder_layers(settings, shape)
        _check_size(path, layers)
        further = architecture.likelihood_arrays(settings, shape)
        arrays = _load(path, sha256, layers, further)
        likelihood = pixel_likelihood(settings, shape)
        log_sigma = float(arrays[architecture.LOG_SIGMA][0]) if further else None
        if log_sigma is not None and abs(log_sigma) > _MOST_LOG_SIGMA:
            raise SessionDamagedError(f"{path.name} has a log_sigma of {log_sigma:g}: refused")
        crop = architecture.cropping(settings, shape)
        self._state = layers, arrays, crop, shape, PixelModel(likelihood, log_sigma)
        self.latent_dim = settings.latent_dim
        self._prepare()

    def __getstate__(self) -> tuple[_DecoderState, int]:
        return self._state, self.latent_dim

    def __setstate__(self, state: tuple[_DecoderState, int]) -> None:
        self._state, self.latent_dim = state
        self._prepare()

    def _prepare(self) -> None:
        self._layers, self._arrays, crop, self.shape, self.pixels = self._state
        (top, _), (left, _) = crop
        self._rows = slice(top, top + self.shape.height)
        self._columns = slice(left, left + self.shape.width)
        self._stack = Stack(self._layers, self._arrays)

    @property
    def multiplications(self) -> int:
        """Number of multiplications that one image takes."""
        return sum(map(architecture.count_multiplications, self._layers))

    def decode(self, z: Floats) -> Floats:
        """Decode z (n, latent_dim) to pixel means in [0, 1].

        Returns:
            (n, h, w) of grey images, (n, h, w, 3) of colour.

        Raises:
            SessionDamagedError: the weights are so large that some are no numbers.
        """
        with np.errstate(all="ignore"):
            means = self.pixels.means(self.decode_logits(z))
        if np.isnan(means).any():
            raise SessionDamagedError("the exported model gives images that are not finite")
        return means

    def decode_logits(self, z: Floats) -> Floats:
        """Decode z (n, latent_dim) to the logits of the pixels, with the shape of `decode`.

        Float32 probabilities round to 1 from a logit of 17 on, where the logarithm of their
        complement is lost.
        """
        logits = np.empty((len(z), *self.shape), np.float32)
        with one_thread(), np.errstate(all="ignore"):
            blocks = self._stack.blocks(len(z))
            outputs = self._logits(z[block] for block in blocks)
            for block, of_block in zip(blocks, outputs, strict=True):
                logits[block] = np.moveaxis(of_block, -1, 0)
        return logits.reshape(len(z), *self.shape.array)

    def log_likelihood(self, images: Floats) -> Callable[[Floats], Doubles]:
        """Return the function from z (samples, n, latent_dim) to log p(x|z), (samples, n), in nats.

        Args:
            images: x, (n, h, w) or (n, h, w, 3), in [0, 1].
        """
        values = np.ascontiguousarray(images.reshape(len(images), self.shape.values).T)

        def of(z: Floats) -> Doubles:
            total = np.empty(z.shape[:2], np.float64)
            blocks = self._sample_blocks(*z.shape[:2])
            with one_thread(), np.errstate(all="ignore"):
                outputs = self._logits(z[block].reshape(-1, self.latent_dim) for block in blocks)
                for block, logits in zip(blocks, outputs, strict=True):
                    total[block] = self.pixels.log_likelihood(
                        values[:, np.newaxis, block[1]],
                        logits.reshape(len(values), *total[block].shape),
                    )
            return total

        return of

    def _sample_blocks(self, samples: int, images: int) -> list[tuple[slice, slice]]:
        """Divide samples and images into blocks, with all samples of an image side by side.

        They are alike, so the decoder skips more units that are 0.
        """
        of_samples = self._stack.blocks(samples)
        step = max(1, self._stack.at_once // samples)
        return [
            (part, slice(start, start + step))
            for start in range(0, images, step)
            for part in of_samples
        ]

    def _logits(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """Yield the logits (h, w, c, n) of blocks of z, (n, latent_dim), as `Stack.run`."""
        floats = (z.astype(np.float32, copy=False).reshape(-1, self.latent_dim) for z in blocks)
        for outputs in self._stack.run(floats):
            yield outputs[self._rows, self._columns]


def _check_size(path: Path, layers: list[Layer]) -> None:
    """Reject a network that needs too much memory, before its file is read.

    Raises:
        SessionDamagedError: the settings describe a network that is too large.
    """
    size = architecture.count_bytes(layers), 4 * max(count_floats(layer) for layer in layers)
    if max(size) > _MOST_BYTES:
        raise SessionDamagedError(
            f"{path.name} takes {max(size) / 2**30:.1f} GiB by the session's settings: networks of "
            f"more than {_MOST_BYTES / 2**30:.0f} GiB are not loaded"
        )


def _load(
    path: Path, sha256: str, layers: list[Layer], further: Mapping[str, Shape] | None = None
) -> Arrays:
    """Load the arrays of a file, checking the shapes of layers and `further` arrays.

    Raises:
        SessionDamagedError: the file is missing, or its digest or arrays do not match.
    """
    try:
        content = read_bounded(path, architecture.count_bytes(layers) + _ROOM)
    except FileNotFoundError:
        raise SessionDamagedError(f"{path.name} is missing: resume to export it again") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SessionDamagedError(f"{path.name} is not the file that was exported: refused")
    if is_litert(content) and not further:
        try:
            arrays = read_litert(content, layers)
        except ValueError as error:
            raise SessionDamagedError(
                f"{path.name} is not the network of the session's settings: {error_line(error)}"
            ) from None
    else:
        specs = {
            name: ArraySpec("<f4", shape)
            for layer in layers
            for name, shape in layer.arrays.items()
        } | {name: ArraySpec("<f4", shape) for name, shape in (further or {}).items()}
        arrays = parse_npz(content, specs, name=path.name)
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise SessionDamagedError(f"{path.name} has weights that are not numbers, in {name}")
    return arrays
