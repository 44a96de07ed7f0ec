"""Build the lines of a grid of images, with captions or frames in the gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from tui.rendering.runs import Line
from tui.widgets.frames import Frame, FramePen
from tui.widgets.tiling import Tiling


@dataclass(frozen=True)
class GridLines:
    """Contents of a grid.

    Attributes:
        tiling: where the images stand.
        tiles: the lines of each image that is shown, by index.
        captions: a text below each image.
        caption_style: of captions without a frame around their image.
        frames: by index.
        margin: 1 to leave a cell around everything for frames, else 0.
        pen: draws the gaps.
    """

    tiling: Tiling
    tiles: Mapping[int, Sequence[Line]]
    captions: Sequence[str] | None
    caption_style: Style
    frames: Mapping[int, Frame]
    margin: int
    pen: FramePen

    def line(self, y: int) -> Line:
        """Build one line, without the cells to the right of the images."""
        if y < self.margin:
            return self._gap(-1)
        row, line = divmod(y - self.margin, self.tiling.rows + 1)
        return self._images(row, line) if line < self.tiling.rows else self._gap(row)

    def _images(self, row: int, line: int) -> Line:
        """Build a line through a row of images, with the gaps between them."""
        pen, paper = self.pen, self.pen.paper
        indices = self._row(row)
        frames = [self.frames.get(index) for index in indices]
        segments = []
        for at, index in enumerate(indices):
            if at or self.margin:
                segments.append(pen.side(frames[at - 1] if at else None, frames[at]))
            tile = self.tiles[index][line]
            # Without colours an image is one segment without a style.
            segments += tile if tile[0].style is not None else [Segment(tile[0].text, paper)]
        if frames and self.margin:
            segments.append(pen.side(frames[-1], None))
        return segments

    def _gap(self, row: int) -> Line:
        """Build the line below a row of images."""
        above = {at: self.frames.get(index) for at, index in enumerate(self._row(row))}
        below = {at: self.frames.get(index) for at, index in enumerate(self._row(row + 1))}
        captions = self.captions if row >= 0 else None
        segments = []
        for at in range(max(len(above), len(below)) + 1):
            if captions:
                segments.append(Segment(" ", self.pen.paper))
            else:
                corner = (above.get(at - 1), above.get(at), below.get(at - 1), below.get(at))
                segments.append(self.pen.corner(*corner))
            if captions and at in above:
                text = captions[row * self.tiling.across + at]
                segments.append(self._caption(text, above[at]))
            elif at in above or at in below:
                segments += self.pen.edge(above.get(at), below.get(at), self.tiling.columns)
        return segments if self.margin else segments[1:]

    def _caption(self, text: str, frame: Frame | None) -> Segment:
        """Centre a caption below an image, truncated to its width, in the colour of its frame."""
        width = self.tiling.columns
        shown = "".join(character if character.isprintable() else "·" for character in text)
        indent = " " * ((width - cell_len(shown)) // 2)
        style = self.caption_style
        if frame is not None:
            style = self.pen.paper + Style(color=frame.color, bold=True)
        return Segment(set_cell_size(indent + shown, width), style)

    def _row(self, row: int) -> list[int]:
        """Return the indices of the visible images of a row."""
        start = row * self.tiling.across
        if row < 0:
            return []
        return [i for i in range(start, start + self.tiling.visible) if i in self.tiles]
