"""As many samples as have room at a size that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.images import ImageGrid

if TYPE_CHECKING:
    from vae_engine.sessions.previews import Images

# Cells of a sample in which a digit can be read with ease.
_READABLE = (14, 7)
_FEWEST = 2


class ReadableSamples(ImageGrid):
    """Shows of the samples it is offered the first few, large enough, whatever its room becomes."""

    _offered: Images | None = None

    def offer(self, samples: Images) -> None:
        """Show of these, (n, h, w), what has room."""
        self._offered = samples
        self._choose()

    def on_resize(self) -> None:
        """Choose anew: what Textual gives a widget at first is not yet its room."""
        self._choose()

    def _choose(self) -> None:
        if self._offered is not None:
            self.show(self._offered[: max(_FEWEST, self.capacity(_READABLE))])
