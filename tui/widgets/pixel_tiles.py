"""The images of one widget that the terminal shows as pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from tui.rendering.kitty import MOST_CELLS, placeholders
from tui.rendering.pixels import Pixels
from tui.rendering.runs import Line
from tui.rendering.sizes import ImageSize
from tui.terminal.app import TerminalApp
from tui.terminal.stored_images import StoredImages
from tui.widgets.display import theme_ramp


class PixelTiles:
    """Sends the images of a widget, each under a number that it keeps while it is shown.

    The text that shows an image does not change with the image: of one that changes only the
    pixels are sent.
    """

    def __init__(self, widget: Widget) -> None:
        """Begin without images, on behalf of a widget that may not be mounted yet."""
        self._widget = widget
        self._images: StoredImages | None = None
        self._numbers: dict[int, int] = {}
        self.sent_bytes = 0

    def follow(self, redraw: Callable[[], None]) -> None:
        """Follow what the app decides; `redraw` is to draw all images again.

        Call when the widget is mounted.
        """
        app = self._widget.app
        if isinstance(app, TerminalApp):
            self._images = app.images
            self._widget.watch(app, "images", lambda images: self._use(images, redraw), init=False)

    def leave(self) -> None:
        """Have the terminal forget the images. Call when the widget is unmounted."""
        self.keep(())
        self._images = None

    @property
    def are_used(self) -> bool:
        """Whether images are sent as pixels."""
        return self._images is not None

    @property
    def are_seen(self) -> bool:
        """Whether their text may be drawn: a shade over it changes its colours."""
        screen, stack = self._widget.screen, self._widget.app.screen_stack
        # A screen that is left goes from the stack before its widgets do.
        if not self.are_used or screen not in stack:
            return False
        above = stack[stack.index(screen) + 1 :]
        return all(one.styles.background.a == 0 for one in above)

    def fits(self, size: ImageSize) -> bool:
        """Whether placeholders can number these columns and rows."""
        return max(size) <= MOST_CELLS

    def keep(self, indices: Iterable[int]) -> None:
        """Have the terminal forget all images but these."""
        gone = self._numbers.keys() - set(indices)
        if gone and self._images is not None:
            self._images.release([self._numbers[index] for index in gone])
        for index in gone:
            del self._numbers[index]

    def draw(
        self, index: int, image: Pixels, size: ImageSize, *, stretched: bool = False
    ) -> list[Line] | None:
        """Send an image, and return the text that shows it.

        Args:
            index: of the image in its widget; it replaces the one of before.
            image: (h, w) or (h, w, 3) uint8.
            size: columns and rows of cells.
            stretched: fill all of them; otherwise the image keeps its aspect, in their middle.

        Returns:
            A line for each row; None where it cannot be sent.
        """
        images = self._images
        number = self._numbers.get(index)
        if number is None and images is not None:
            number = images.take()
        if number is None or images is None:
            return None
        self._numbers[index] = number
        ramp = theme_ramp(self._widget.app)
        self.sent_bytes += images.send(number, image, *size, ramp, stretched=stretched)
        return placeholders(number, *size, self._widget.rich_style.bgcolor)

    def _use(self, images: StoredImages | None, redraw: Callable[[], None]) -> None:
        # The terminal has forgotten all of them.
        self._numbers.clear()
        self._images = images
        redraw()
