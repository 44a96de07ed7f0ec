"""Types of what a network in NumPy is made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Function = Callable[[Floats], Floats]
"""From (*inputs, n) to (*outputs, n): a buffer of the function's own, until its next call."""
Buffers = dict[tuple[int, int, int], Floats]
"""Windows of convolutions, by their rows, columns and depth: layers of one shape share them."""
Prepare = Callable[[int, Buffers], Function]
"""Makes the function for n images, with all buffers and views."""
