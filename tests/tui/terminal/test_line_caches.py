"""Lines of widgets make their caches when they use them."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.strip import Strip

from tui.terminal.textual_internals import make_line_caches_late


def caches_made(line: Strip) -> list[str]:
    made = []
    for name in Strip.__slots__:
        try:
            value = getattr(Strip, name).__get__(line)
        except AttributeError:
            continue
        if hasattr(value, "hits"):
            made.append(name)
    return made


def test_a_line_makes_only_the_cache_that_it_uses() -> None:
    make_line_caches_late()
    line = Strip([Segment("seven"), Segment(" caches")])
    assert not caches_made(line)
    assert (line.text, line.cell_length) == ("seven caches", 12)
    assert not caches_made(line)
    part = line.crop(2, 8)
    assert part.text == "ven ca"
    assert caches_made(line) == ["_crop_cache"]
    assert line.crop(2, 8) is part


def test_what_a_line_does_not_have_is_an_error() -> None:
    make_line_caches_late()
    with pytest.raises(AttributeError, match="no_such_part"):
        Strip([]).no_such_part  # type: ignore[attr-defined]  # noqa: B018
