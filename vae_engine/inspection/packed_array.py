"""An array in a message."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray


class Array(msgspec.Struct, frozen=True):
    """An array's values."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, values: NDArray[Any]) -> Array:
        """Pack an array."""
        return cls(values.dtype.str, values.shape, np.ascontiguousarray(values).tobytes())

    @property
    def values(self) -> NDArray[Any]:
        """The array; read-only."""
        return np.frombuffer(self.data, self.dtype).reshape(self.shape)
