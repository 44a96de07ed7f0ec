"""The decoder's logits, which its LiteRT file does not give by itself.

A likelihood needs them: float32 probabilities round to 1 from a logit of 17 on, where the logarithm
of their complement is lost.
"""

from __future__ import annotations

import struct

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.inference.litert import LiteRtModel

Floats = NDArray[np.float32]


class LogitDecoder:
    """Logits of images from z."""

    def __init__(self, name: str, content: bytes) -> None:
        """Load an exported decoder.

        Args:
            name: of the file, for messages.
            content: of the file, as `read_model` gives it.

        Raises:
            SessionDamagedError: no model, or none that ends in a sigmoid.
        """
        self._model = LiteRtModel(name, without_sigmoid(content))
        self.latent_dim = self._model.input_shape[0]

    def decode(self, z: Floats) -> Floats:
        """Logits of the pixels, (n, 28, 28), for z of shape (n, latent_dim)."""
        (logits,) = self._model.run(z.astype(np.float32, copy=False))
        return logits.reshape(len(z), 28, 28)


def without_sigmoid(content: bytes) -> bytes:
    """A LiteRT model whose only output is what its last sigmoid is given.

    The graph stays as it is; the index of its output tensor becomes that of the sigmoid's input.

    Raises:
        SessionDamagedError: the model has several outputs, or its output is no sigmoid's.
    """
    changed = bytearray(content)
    try:
        model = schema.Model.GetRootAs(changed)
        graph = model.Subgraphs(0)
        outputs = graph.OutputsAsNumpy()
        last = [
            operator
            for operator in map(graph.Operators, range(graph.OperatorsLength()))
            if operator.OutputsLength() == 1 and operator.Outputs(0) == outputs[0]
        ]
        codes = [model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() for operator in last]
        if len(outputs) != 1 or codes != [schema.BuiltinOperator.LOGISTIC]:
            raise SessionDamagedError("the exported decoder does not end in a sigmoid")
        outputs[0] = last[0].Inputs(0)
    except (struct.error, IndexError, TypeError, ValueError, AttributeError) as error:
        raise SessionDamagedError(f"the exported decoder cannot be read: {error}") from None
    return bytes(changed)
