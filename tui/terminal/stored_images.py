"""The images that the terminal keeps for the app, each under a number."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from tui.rendering.kitty import (
    LARGEST_NUMBER,
    deletion,
    deletion_of_range,
    through_tmux,
    transmission,
)
from tui.rendering.palettes import Ramp
from tui.rendering.pixels import Pixels, colored, png, resized, scaled
from tui.rendering.sizes import USUAL_CELL, CellSize

_MOST: Final = 4096


class StoredImages:
    """Sends images to the terminal and has them forgotten; the text shows them by placeholders.

    The numbers begin at random, since several programs may share one terminal.
    """

    def __init__(
        self, write: Callable[[str], object], *, cell: CellSize | None = None, tmux: bool = False
    ) -> None:
        """Begin without images.

        Args:
            write: writes to the terminal.
            cell: pixels of a cell, if known.
            tmux: tmux is in between.
        """
        self._write = write
        self._cell = cell or USUAL_CELL
        self._tmux = tmux
        self._first = 1 + secrets.randbelow(LARGEST_NUMBER - _MOST)
        self._next = self._first
        self._free: list[int] = []
        self._used: set[int] = set()

    @property
    def count(self) -> int:
        """How many the terminal keeps."""
        return len(self._used)

    @property
    def take_back(self) -> str:
        """What has all of them forgotten, whichever there are."""
        return self._wrapped(deletion_of_range(self._first, self._first + _MOST - 1))

    def take(self) -> int | None:
        """A number that is free; None where there are thousands of images."""
        if self._free:
            number = self._free.pop()
        elif self._next < self._first + _MOST:
            number, self._next = self._next, self._next + 1
        else:
            return None
        self._used.add(number)
        return number

    def send(
        self,
        number: int,
        image: Pixels,
        columns: int,
        rows: int,
        ramp: Ramp,
        *,
        stretched: bool = False,
    ) -> int:
        """Send an image, in the place of what had its number.

        Args:
            number: from `take`.
            image: (h, w) grey or (h, w, 3) RGB, uint8.
            columns: of cells that show it.
            rows: of cells that show it.
            ramp: the colours of greys.
            stretched: fill all cells; otherwise the image keeps its aspect, in their middle.

        Returns:
            How many bytes were written.
        """
        width, height = columns * self._cell.width, rows * self._cell.height
        fitted = resized(image, width, height) if stretched else scaled(image, width, height)
        data = self._wrapped(transmission(number, png(colored(fitted, ramp)), columns, rows))
        self._write(data)
        return len(data)

    def release(self, numbers: Iterable[int]) -> None:
        """Have images forgotten; their numbers are free."""
        known = self._used.intersection(numbers)
        if known:
            self._used -= known
            self._free += sorted(known, reverse=True)
            self._write("".join(self._wrapped(deletion(number)) for number in sorted(known)))

    def clear(self) -> None:
        """Have all images forgotten."""
        self.release(list(self._used))

    def _wrapped(self, sequences: str) -> str:
        return through_tmux(sequences) if self._tmux else sequences
