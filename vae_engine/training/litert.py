"""Encoder and decoder as LiteRT files for other programs; this package never runs them.

Signature `serving_default`: the encoder takes `images` and gives `z_mean` and `z_log_var`, the
decoder takes `z` and gives `images`. Tensors have the same names, in the same order.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from vae_engine.inference.flatbuffer import Table

_NAMES = {
    "encoder": ("images", ("z_mean", "z_log_var")),
    "decoder": ("z", ("images",)),
}
# Fields of LiteRT's schema: of the model, of a graph, of a tensor.
_GRAPHS, _SIGNATURES = 2, 7
_TENSORS, _INPUTS, _OUTPUTS = 0, 1, 2
_TENSOR_NAME = 3
_SIGNATURE_OUTPUTS, _MAPPED_NAME, _MAPPED_TENSOR = 1, 0, 1
_MOST = 1000


def write_litert(model: keras.Model, path: Path) -> None:
    """Convert an encoder or a decoder, in a second or two, and write it.

    Args:
        model: `Networks.encoder` or `Networks.decoder`.
        path: of the file.
    """
    path.write_bytes(_in_order(_convert(model), *_NAMES[model.name]))


def _convert(model: keras.Model) -> bytes:
    given, names = _NAMES[model.name]

    def serve(batch: Any) -> dict[str, Any]:
        outputs = model(batch, training=False)
        return dict(zip(names, outputs if len(names) > 1 else [outputs], strict=True))

    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        shape = (None, *model.inputs[0].shape[1:])
        archive.add_endpoint("serve", serve, [keras.InputSpec("float32", shape, name=given)])
        archive.write_out(folder, verbose=False)
        content: bytes = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    return content


def _in_order(content: bytes, given: str, names: tuple[str, ...]) -> bytes:
    """The file with its outputs in the order of `names`, and their tensors called so.

    The converter sorts outputs by name and calls them `StatefulPartitionedCall:0` and so on.
    """
    changed = bytearray(content)
    model = Table.root(content)
    (graph,), (signature,) = model.tables(_GRAPHS, _MOST), model.tables(_SIGNATURES, _MOST)
    tensors = graph.tables(_TENSORS, _MOST)
    indexes = {
        mapped.text(_MAPPED_NAME): mapped.integer(_MAPPED_TENSOR, "u4")
        for mapped in signature.tables(_SIGNATURE_OUTPUTS, _MOST)
    }
    outputs = [indexes[name] for name in names]
    struct.pack_into(f"<{len(outputs)}i", changed, graph.entries(_OUTPUTS), *outputs)
    (first,) = graph.integers(_INPUTS, _MOST)
    for index, name in zip((first, *outputs), (given, *names), strict=True):
        old = tensors[index].text(_TENSOR_NAME)
        place = tensors[index].entries(_TENSOR_NAME)
        # Shorter than before: a length, the name, and its end.
        if len(name) > len(old):
            raise ValueError(f"the tensor {old} has no room for the name {name}")
        struct.pack_into(f"<I{len(old) + 1}s", changed, place - 4, len(name), name.encode())
    return bytes(changed)
