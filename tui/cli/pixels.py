"""Images drawn into the terminal as pixels, by the protocol that it has or that was asked for."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.output import say
from tui.rendering.grid import GridLayout, beside, caption
from tui.rendering.inline_image import inline_image
from tui.rendering.kitty import LARGEST_NUMBER, placed, placeholders, through_tmux, transmission
from tui.rendering.pixels import centred, png, scaled
from tui.rendering.sixel import sixel
from tui.rendering.sizes import USUAL_CELL, CellSize
from tui.terminal.asking import REPLY_SECONDS, ask, cell_size
from tui.terminal.detection import stream_depth
from tui.terminal.graphics import GRAPHICS_VARIABLE, PrintedGraphics, in_tmux, obstacle
from tui.terminal.graphics_probe import Protocol

Images = NDArray[np.uint8]

# The VT340's cells, which terminals without cells of pixels imitate.
_USUAL_CELLS: Final = {"sixel": CellSize(10, 20)}
# xterm draws no larger ones by default.
_MOST_SIXELS: Final = 1000
_END_OF_STRING: Final = "\x1b\\"


_CHOSEN, _FOUND = "vae.printed_graphics", "vae.pixel_output"


def _remember(context: click.Context, _: click.Parameter, value: PrintedGraphics) -> None:
    context.meta[_CHOSEN] = value


graphics_option = click.option(
    "--graphics",
    type=click.Choice(get_args(PrintedGraphics)),
    envvar=GRAPHICS_VARIABLE,
    default="blocks",
    expose_value=False,
    callback=_remember,
    help="draw in blocks or pixels  [env: VAE_GRAPHICS; default: blocks]",
)
"""The option of commands that draw images with `gallery.draw`."""


@dataclass(frozen=True)
class PixelOutput:
    """How pixels get to this terminal.

    Attributes:
        protocol: that is written.
        cell: pixels of a cell.
        tmux: tmux is in between.
    """

    protocol: Protocol
    cell: CellSize
    tmux: bool = False

    def draw(self, images: Images, grid: GridLayout, captions: Sequence[str] | None = None) -> None:
        """Draw images (n, h, w) or (n, h, w, 3) on stdout, each row of the grid in one write."""
        for start in range(0, len(images), grid.across):
            row = images[start : start + grid.across]
            text = "\n" if start and captions is None else ""
            text += self._by_text(row, grid) if self._needs_text else self._at_cursor(row, grid)
            if captions is not None:
                told = captions[start : start + grid.across]
                below = beside([caption(one, grid.columns) for one in told])
                text += "".join(part.text for part in below) + "\n"
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except KeyboardInterrupt:
                # Else the terminal takes whatever comes for a part of the image.
                sys.stdout.write(_END_OF_STRING)
                raise

    @property
    def _needs_text(self) -> bool:
        # tmux moves text only.
        return self.protocol == "kitty" and self.tmux

    def _at_cursor(self, row: Images, grid: GridLayout) -> str:
        """A row of images, over lines that are made first: images must not scroll them."""
        parts = []
        for place, image in enumerate(row):
            right = place * (grid.columns + 1)
            # From the saved place to the image's, in any protocol the cursor may go anywhere.
            parts.append("\x1b8" + (f"\x1b[{right}C" if right else ""))
            parts.append(self._drawn(image, grid))
        lines = "\n" * grid.rows
        return f"{lines}\x1b[{grid.rows}A\x1b7{''.join(parts)}\x1b8\x1b[{grid.rows}B"

    def _drawn(self, image: Images, grid: GridLayout) -> str:
        """One image at the cursor."""
        width, height = grid.columns * self.cell.width, grid.rows * self.cell.height
        if self.protocol == "sixel":
            return sixel(centred(image, min(width, _MOST_SIXELS), min(height, _MOST_SIXELS)))
        encoded = png(centred(image, width, height))
        if self.protocol == "kitty":
            return placed(encoded, grid.columns, grid.rows)
        return inline_image(encoded, grid.columns, grid.rows)

    def _by_text(self, row: Images, grid: GridLayout) -> str:
        """A row of images that the terminal keeps, and the text that shows them."""
        first = 1 + secrets.randbelow(LARGEST_NUMBER - len(row))
        size = grid.columns, grid.rows
        sent, tiles = [], []
        for number, image in enumerate(row, first):
            fitted = scaled(image, size[0] * self.cell.width, size[1] * self.cell.height)
            sent.append(through_tmux(transmission(number, png(fitted), *size)))
            tiles.append(placeholders(number, *size))
        lines = (beside([tile[line] for tile in tiles]) for line in range(grid.rows))
        return "".join(sent) + "".join(
            "".join(part.style.render(part.text) if part.style else part.text for part in line)
            + "\n"
            for line in lines
        )


def pixel_output(grid: GridLayout) -> PixelOutput | None:
    """How to draw pixels for this grid; None for blocks, with a line on stderr that says why.

    A command finds out once.
    """
    context = click.get_current_context(silent=True)
    if context is None or (wanted := context.meta.get(_CHOSEN, "blocks")) == "blocks":
        return None
    if _FOUND not in context.meta:
        reason = next(_obstacles(wanted, grid), "")
        found = reason or (_asked() if wanted == "auto" else _named(wanted))
        if isinstance(found, str):
            say(f"drawn in blocks: {found}", err=True)
        context.meta[_FOUND] = found if isinstance(found, PixelOutput) else None
    output: PixelOutput | None = context.meta[_FOUND]
    return output


def _named(protocol: Protocol) -> PixelOutput:
    """The protocol that the user named, with what can be known of the cells."""
    tmux = in_tmux(os.environ)
    cell = cell_size(sys.stdout)
    if cell is None and protocol == "sixel" and not tmux:
        cell = ask(sys.stdout).cell
    return PixelOutput(protocol, cell or _USUAL_CELLS.get(protocol, USUAL_CELL), tmux=tmux)


def _asked() -> PixelOutput | str:
    """The protocol that the terminal has, or why there is none."""
    replies = ask(sys.stdout)
    if not replies.complete:
        return f"the terminal did not reply within {REPLY_SECONDS:.0f} s"
    # xterm does not answer for its cells unless it is allowed to.
    replies.cell = replies.cell or cell_size(sys.stdout)
    if replies.protocol is None:
        return "this terminal shows no pixels"
    return PixelOutput(replies.protocol, replies.cell or USUAL_CELL)


def _obstacles(wanted: PrintedGraphics, grid: GridLayout) -> Iterator[str]:
    """Why pixels are not sent, whatever the terminal would say."""
    depth = stream_depth(sys.stdout, os.environ)
    if not sys.stdout.isatty():
        yield "stdout is not a terminal"
    if not depth.has_color:
        yield "NO_COLOR, TERM or the locale rule pixels out"
    if reason := obstacle(os.environ, asked=wanted != "auto"):
        yield reason
    if wanted == "iterm2" and in_tmux(os.environ):
        yield "tmux moves text only, and of these protocols only kitty's shows images by text"
    if grid.rows >= shutil.get_terminal_size().lines:
        yield "the terminal has fewer lines than an image"
