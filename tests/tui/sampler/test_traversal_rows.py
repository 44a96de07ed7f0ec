"""The decoded rows of a traversal."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tui.decoders import LoadedDecoder
from tui.sampler.traversal_rows import Window, decoded

VALUES = np.array([-3, 0, 3], np.float32)


class Counting:
    """Decodes z (n, 3) to images of 1x3 pixels, which are z + 3, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def levels(self, z: NDArray[np.float32]) -> NDArray[np.uint8]:
        self.count += len(z)
        return (z[:, np.newaxis] + 3).astype(np.uint8)


def window(dimensions: list[int], *start: float) -> Window:
    return Window(dimensions, VALUES, np.array(start, np.float32))


def test_only_rows_that_come_into_sight_are_decoded() -> None:
    counting: Any = Counting()
    decoder = cast("LoadedDecoder", counting)
    first = decoded(decoder, window([2, 0], 7, 8, 9), None)
    assert counting.count == 1 + 2 * 3
    assert (first.sheet.z + 3 == first.sheet.pixels[:, 0]).all()
    assert first.sheet.z[0].tolist() == [7, 8, -3]
    assert first.start.z.tolist() == [[7, 8, 9]]
    second = decoded(decoder, window([0, 1], 7, 8, 9), first)
    assert counting.count == 7 + 1 + 3
    assert (second.sheet.z + 3 == second.sheet.pixels[:, 0]).all()
    assert second.sheet.z[[0, 3]].tolist() == [[-3, 8, 9], [7, -3, 9]]
    assert set(second.pixels) == {0, 1}


def test_another_start_other_values_and_another_decoder_decode_everything() -> None:
    counting: Any = Counting()
    decoder = cast("LoadedDecoder", counting)
    rows = decoded(decoder, window([1], 0, 0, 0), None)
    moved = decoded(decoder, window([1], 0, 0, 5), rows)
    assert moved.sheet.pixels[:, 0, 2].tolist() == [8, 8, 8]
    fewer = decoded(decoder, Window([1], VALUES[1:], np.zeros(3, np.float32)), rows)
    assert len(fewer.sheet.pixels) == 2
    other: Any = Counting()
    decoded(cast("LoadedDecoder", other), window([1], 0, 0, 0), rows)
    assert other.count == 4
