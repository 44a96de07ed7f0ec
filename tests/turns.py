"""Parameters of two kinds: some pairs in the normal command, all of them in the slow tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest


def in_turn(
    first: Sequence[Any], second: Sequence[Any], name: Callable[[Any], object] = str
) -> list[Any]:
    """Each of the first with one of the second, in turn; the other pairs are marked slow."""
    return [
        pytest.param(
            one,
            other,
            id=f"{name(one)}-{name(other)}",
            marks=() if (turn + at) % len(second) == 0 else pytest.mark.slow,
        )
        for turn, one in enumerate(first)
        for at, other in enumerate(second)
    ]
