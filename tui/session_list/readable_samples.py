"""As many samples as have room at a size that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.rendering.sampling import image_size, is_color
from tui.rendering.sizes import ImageSize, image_sizes
from tui.widgets.images import ImageGrid

if TYPE_CHECKING:
    from vae_engine.sessions.previews import Images

# Lines of a sample in which a digit, or an image in colour, can be read with ease.
_READABLE_GREY, _READABLE_COLOR = 7, 10
_FEWEST = 2


class ReadableSamples(ImageGrid):
    """Shows of the samples it is offered the first few, large enough, whatever its room becomes."""

    _offered: Images | None = None

    def offer(self, samples: Images) -> None:
        """Show of these, (n, h, w) or (n, h, w, 3), what has room."""
        self._offered = samples
        self._choose()

    def on_resize(self) -> None:
        """Choose anew: what Textual gives a widget at first is not yet its room."""
        self._choose()

    def _choose(self) -> None:
        if self._offered is not None:
            room = self.capacity(_readable(self._offered))
            self.show(self._offered[: max(_FEWEST, room)])


def _readable(samples: Images) -> ImageSize:
    rows = _READABLE_COLOR if is_color(samples) else _READABLE_GREY
    sizes = image_sizes(*image_size(samples))
    return next((size for size in sizes if size[1] <= rows), sizes[-1])
