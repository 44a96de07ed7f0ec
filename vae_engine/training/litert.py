"""Convert encoder and decoder to LiteRT files for other programs; this package never runs them.

Signature `serving_default`: the encoder maps `images` to `z_mean` and `z_log_var`, the decoder maps
`z` to `images`. The tensors have the same names, in the same order.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from vae_engine.inference.flatbuffer import FlatTable

_NAMES = {
    "encoder": ("images", ("z_mean", "z_log_var")),
    "decoder": ("z", ("images",)),
}
# Fields of LiteRT's schema: of the model, of a graph, of a tensor, of a signature.
_GRAPHS, _SIGNATURES = 2, 7
_TENSORS, _INPUTS, _OUTPUTS = 0, 1, 2
_TENSOR_NAME = 3
_SIGNATURE_OUTPUTS, _MAPPED_NAME, _MAPPED_TENSOR = 1, 0, 1
_MAX_TABLES = 1000


def write_litert(model: keras.Model, path: Path) -> None:
    """Convert an encoder or a decoder and write it; takes half a second.

    Args:
        model: `Networks.encoder` or `Networks.decoder`.
        path: file to write.
    """
    path.write_bytes(_with_names(_convert(model), *_NAMES[model.name]))


def _convert(model: keras.Model) -> bytes:
    input_name, names = _NAMES[model.name]

    def serve(batch: Any) -> dict[str, Any]:
        outputs = model(batch, training=False)
        return dict(zip(names, outputs if len(names) > 1 else [outputs], strict=True))

    # Keras's ExportArchive writes the same, but reads it twice to check it: twice the time.
    module = tf.Module()
    module.kept = [variable.value for variable in model.variables]
    values = tf.TensorSpec((None, *model.inputs[0].shape[1:]), tf.float32, name=input_name)
    module.serve = tf.function(serve, input_signature=[values], autograph=False)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.serve)
        content: bytes = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    return content


def _with_names(content: bytes, input_name: str, output_names: tuple[str, ...]) -> bytes:
    """Reorder the outputs of a LiteRT file to `output_names`, and rename the tensors.

    The converter sorts outputs by name and calls them `StatefulPartitionedCall:0` and so on.
    """
    changed = bytearray(content)
    model = FlatTable.root(content)
    (graph,) = model.tables(_GRAPHS, _MAX_TABLES)
    (signature,) = model.tables(_SIGNATURES, _MAX_TABLES)
    tensors = graph.tables(_TENSORS, _MAX_TABLES)
    indexes = {
        mapped.text(_MAPPED_NAME): mapped.integer(_MAPPED_TENSOR, "u4")
        for mapped in signature.tables(_SIGNATURE_OUTPUTS, _MAX_TABLES)
    }
    outputs = [indexes[name] for name in output_names]
    struct.pack_into(f"<{len(outputs)}i", changed, graph.entries(_OUTPUTS), *outputs)
    (first,) = graph.integers(_INPUTS, _MAX_TABLES)
    for index, name in zip((first, *outputs), (input_name, *output_names), strict=True):
        old = tensors[index].text(_TENSOR_NAME)
        offset = tensors[index].entries(_TENSOR_NAME)
        # Overwritten in place: a length, the name, a terminating zero.
        if len(name) > len(old):
            raise ValueError(f"the tensor {old} has no room for the name {name}")
        struct.pack_into(f"<I{len(old) + 1}s", changed, offset - 4, len(name), name.encode())
    return bytes(changed)
