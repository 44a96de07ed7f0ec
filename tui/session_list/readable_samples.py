"""As many samples as have room at a size that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.rendering.sampling import image_size, is_color
from tui.rendering.sizes import image_sizes
from tui.widgets.images import ImageGrid
from tui.widgets.tiling import arrange, capacity

if TYPE_CHECKING:
    from vae_engine.sessions.previews import Images

# Lines of a sample in which a digit, or an image in colour, can be read with ease.
_READABLE_GREY, _READABLE_COLOR = 7, 10
_FEWEST = 2
_SMALLER, _MORE = 0.8, 1.15
"""Images are smaller by so much at most, where so much more of the room is filled then."""


class ReadableSamples(ImageGrid):
    """Shows of the samples it is offered the first few, large enough, whatever its room becomes."""

    _offered: Images | None = None

    def offer(self, samples: Images) -> None:
        """Show of these, (n, h, w) or (n, h, w, 3), what has room."""
        self._offered = samples
        self._choose()

    def on_resize(self) -> None:
        """Choose again, since the first size that Textual gives a widget is not final."""
        self._choose()

    def _choose(self) -> None:
        if self._offered is not None:
            self.show(self._offered[: readable_count(self._offered, *self.size)])


def readable_count(samples: Images, width: int, height: int) -> int:
    """Return how many samples fill the room best, in cells, and are still legible.

    At least two, if there are two.
    """
    readable = _READABLE_COLOR if is_color(samples) else _READABLE_GREY
    sizes = image_sizes(*image_size(samples))
    fitting = [size for size in sizes if capacity(size, width, height) >= _FEWEST]
    largest = min(readable, sizes[0][1], fitting[0][1] if fitting else readable)
    best, most = min(_FEWEST, len(samples)), 0
    for size in fitting:
        if not largest * _SMALLER <= size[1] <= largest:
            continue
        count = min(len(samples), capacity(size, width, height))
        tiling = arrange(count, width, height, sizes=sizes)
        filled = count * tiling.columns * tiling.rows
        if filled > _MORE * most:
            best, most = count, filled
    return best
