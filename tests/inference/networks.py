"""Exported networks to load and to damage."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.tui.recorder import RECORDED, RECORDINGS
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference import architecture
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings

Part = Literal["encoder", "decoder"]
PARTS: tuple[Part, ...] = ("encoder", "decoder")
Arrays = dict[str, NDArray[np.float32]]

SMALL = make_settings({"latent_dim": 2, **RECORDED})
"""The settings of `earlier_network`."""


def earlier_network(part: Part) -> bytes:
    """A LiteRT file as an earlier version exported it, with latent_dim 2."""
    return (RECORDINGS / "d2" / f"{part}.tflite").read_bytes()


def replace_network(session: Session, part: Part, content: bytes) -> None:
    """Put a file in the place of the session's current export, with its digest in the index."""
    index = session.folder / layout.EXPORTS / layout.INDEX
    record = msgspec.json.decode(index.read_bytes())
    (session.folder / record["current"][part]).write_bytes(content)
    record["current"][f"{part}_sha256"] = hashlib.sha256(content).hexdigest()
    record["kept"][-1] = record["current"]
    index.write_bytes(msgspec.json.encode(record))


def open_network(
    part: Part, content: bytes, path: Path, settings: Settings = SMALL
) -> Encoder | Decoder:
    """Write a file and load it."""
    path.write_bytes(content)
    kind: type[Encoder] | type[Decoder] = Encoder if part == "encoder" else Decoder
    return kind(path, hashlib.sha256(content).hexdigest(), settings)


def run_network(network: Encoder | Decoder, count: int = 3) -> list[NDArray[np.float32]]:
    """What it gives for some fixed inputs."""
    rng = np.random.default_rng(0)
    if isinstance(network, Encoder):
        return list(network.encode(rng.random((count, 28, 28, 1)).astype(np.float32)))
    z = rng.standard_normal((count, network.latent_dim)).astype(np.float32)
    return [network.decode(z)]


def random_decoder(
    folder: Path, settings: Settings, shape: ImageShape = GREY_28, *, seed: int = 0
) -> Decoder:
    """Write and load a decoder with random weights, whose activations stay of about size 1."""
    rng = np.random.default_rng(seed)
    arrays: Arrays = {}
    for layer in architecture.decoder_layers(settings, shape):
        for name, size in layer.arrays.items():
            inputs = layer.inputs[-1] * (layer.kernel[0] ** 2 / 4 if len(size) == 4 else 1)
            scale = np.sqrt(2.0 / inputs) if len(size) > 1 else 0.2
            arrays[name] = (scale * rng.standard_normal(size)).astype(np.float32)
    for name, size in architecture.likelihood_arrays(settings, shape).items():
        arrays[name] = np.full(size, -1.3, np.float32)
    path = folder / "decoder.npz"
    np.savez(path, allow_pickle=False, **arrays)
    return Decoder(path, hashlib.sha256(path.read_bytes()).hexdigest(), settings, shape)
