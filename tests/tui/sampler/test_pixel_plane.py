"""The map's decoded images as pixels: one image that fills its cells, since the axes count them."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import ComposeResult

from tests.rendering.painting import digits
from tests.rendering.terminal_images import KittyTerminal
from tests.tui.watching import until
from tui.rendering.pixels import resized
from tui.rendering.placeholders import PLACEHOLDER
from tui.rendering.sizes import CellSize
from tui.sampler.decoded_plane import DecodedPlane, without_gaps
from tui.sampler.latent import Floats, dimension_plane
from tui.sampler.model import Sampler
from tui.terminal.app import TerminalApp
from tui.terminal.stored_images import StoredImages
from tui.widgets.display import theme_ramp


class Decoder:
    """A sampler and its decoder: decodes the places to the first test digits, in order."""

    @property
    def decoder(self) -> Decoder:
        return self

    def is_quick(self, count: int) -> bool:
        return count > 0

    def levels(self, z: Floats) -> NDArray[np.uint8]:
        return digits(len(z))


class PlaneApp(TerminalApp):
    def __init__(self) -> None:
        super().__init__()
        self.kitty = KittyTerminal()
        self.stored = StoredImages(self.kitty.feed, cell=CellSize(9, 20))
        self.set_reactive(TerminalApp.images, self.stored)
        self.plane = DecodedPlane("decoded z")
        self.plane.plane = dimension_plane(2, 0, 1)
        self.plane.sampler = cast("Sampler", Decoder())

    def compose(self) -> ComposeResult:
        yield self.plane


def test_images_stand_side_by_side_in_rows() -> None:
    images = np.arange(6, dtype=np.uint8).repeat(4).reshape(6, 2, 2)
    expected = np.repeat(np.repeat([[0, 1, 2], [3, 4, 5]], 2, axis=0), 2, axis=1)
    assert np.array_equal(without_gaps(images, 3), expected)
    color = np.stack([images] * 3, axis=-1)
    assert np.array_equal(without_gaps(color, 3)[..., 2], expected)


async def test_the_map_fills_its_cells_and_goes_with_its_widget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = PlaneApp()
    async with app.run_test(size=(90, 40)) as pilot:
        await until(pilot, lambda: app.kitty.images)
        canvas = app.plane.canvas
        ((number, kept),) = app.kitty.images.items()
        assert app.kitty.sizes[number] == (canvas.width, canvas.height)
        sheet = without_gaps(digits(canvas.across * canvas.down), canvas.across)
        width, height = canvas.width * 9, canvas.height * 20
        wanted = theme_ramp(app).colors()[resized(sheet, width, height)]
        assert np.array_equal(kept, wanted)
        lines = ["".join(s.text for s in app.plane.render_line(y)) for y in range(canvas.height)]
        # All but the cells of the cross hair.
        shown = sum(line.count(PLACEHOLDER) for line in lines)
        assert 0 < canvas.width * canvas.height - shown < 12
        app.plane.redraw()
        assert set(app.kitty.images) == {number}
        await app.plane.remove()
        assert app.kitty.images == {}
