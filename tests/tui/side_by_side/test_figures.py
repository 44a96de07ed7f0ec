"""Figures beside the images, in columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.side_by_side.figures import Terms, epoch_lines, number, term_lines

ROOM = 39
"""Cells beside the images."""


@given(st.floats(-1e12, 1e12), st.integers(7, 10), st.sampled_from(["", "+"]))
def test_a_number_has_its_column_and_a_blank_before_it(value: float, width: int, sign: str) -> None:
    text = number(value, width, sign)
    assert len(text) == width
    assert text.startswith(" ")
    assert float(text) == pytest.approx(value, rel=0.5, abs=0.06)


@pytest.mark.parametrize("scale", [1.0, -1e3, 1e5, -3e7])
def test_columns_never_touch(scale: float) -> None:
    losses = np.array([[161.25, 170.5], [1032.75, 99.0]]) * scale
    terms = Terms(losses, np.full((2, 2), 123.25))
    lines = [line.plain for line in term_lines(terms, "negative_elbo")]
    assert [len(line.split()) for line in lines] == [5, 4, 5, 1]
    found = [(losses[0, 0], 69.08), (losses[1, 0], 123.25)]
    lines += [line.plain for line in epoch_lines((90, 1234), found, (True, True))]
    assert [len(line.split()) for line in lines[4:]] == [6, 5, 6]
    assert all(len(line) <= ROOM for line in lines)
