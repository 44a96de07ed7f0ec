"""Scrollbars where a terminal has no parts of blocks."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class WholeCells(ScrollBarRender):
    """Ends at the borders of cells: a part of a block would become a letter on the bar."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def choose_scrollbars(*, with_blocks: bool) -> None:
    """Have all scrollbars drawn with parts of blocks, or without."""
    ScrollBar.renderer = ScrollBarRender if with_blocks else WholeCells
