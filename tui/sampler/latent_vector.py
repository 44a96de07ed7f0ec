"""The values of one z, each of which can be nudged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import var

from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line
from tui.widgets.display import app_depth
from tui.widgets.lines import Lines

Floats = NDArray[np.float32]

FINE, COARSE = 0.1, 0.5
_REACH: Final = 3.0
_LEAST_SLIDER: Final = 5
_FIGURE_WIDTH: Final = 6
_LARGEST: Final = 100.0


class LatentVector(Lines, can_focus=True):
    """A line for each dimension: its name, its value, and where that lies within N(0, 1).

    Attributes:
        dimension: the one that the keys move.
        editable: whether they may.
    """

    DEFAULT_CSS = """
    LatentVector {
        width: 1fr;
        height: 1fr;
        color: $text-muted;
        & > .latent-vector--value { color: $foreground; }
        & > .latent-vector--nudged { color: $text-success; text-style: bold; }
        & > .latent-vector--chosen { color: $foreground; background: $surface; }
        &:focus > .latent-vector--chosen { color: $accent; background: $panel; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "latent-vector--value",
        "latent-vector--nudged",
        "latent-vector--chosen",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Dimension up", show=False),
        Binding("down,j", "choose(1)", "Dimension down", show=False),
        Binding("pageup", "choose(-10)", "Ten up", show=False),
        Binding("pagedown", "choose(10)", "Ten down", show=False),
        Binding("home", "choose(-999)", "First dimension", show=False),
        Binding("end", "choose(999)", "Last dimension", show=False),
        Binding("left,h", f"nudge(-{FINE})", f"Less by {FINE}", show=False),
        Binding("right,l", f"nudge({FINE})", f"More by {FINE}", show=False),
        Binding("shift+left,H", f"nudge(-{COARSE})", f"Less by {COARSE}", show=False),
        Binding("shift+right,L", f"nudge({COARSE})", f"More by {COARSE}", show=False),
        Binding("0,backspace", "let_go", "As drawn", show=False),
        Binding("enter", "ask", "Value", tooltip="Type the value of the dimension"),
    ]

    dimension: var[int] = var(0, init=False)
    editable: var[bool] = var(True)

    @dataclass
    class Nudged(Message):
        """A dimension is to be moved; `by` is None to take all nudges of it back."""

        dimension: int
        by: float | None

    @dataclass
    class Asked(Message):
        """A value is to be typed for a dimension that has this one."""

        dimension: int
        value: float

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: Floats | None = None
        self._nudged: frozenset[int] = frozenset()

    def show(self, values: Floats | None, *, nudged: frozenset[int] = frozenset()) -> None:
        """Show another z.

        Args:
            values: (d,); None shows nothing.
            nudged: dimensions that were moved by hand.
        """
        self._values, self._nudged = values, nudged
        if values is not None:
            self.dimension = min(self.dimension, len(values) - 1)
        self.draw()

    def watch_dimension(self) -> None:
        """Move the cursor."""
        self.draw()

    def on_focus(self) -> None:
        """Show that the keys go here."""
        self.draw()

    def on_blur(self) -> None:
        """Show that the keys go elsewhere."""
        self.draw()

    def action_choose(self, by: int) -> None:
        """Choose another dimension."""
        if self._values is not None:
            self.dimension = min(len(self._values) - 1, max(0, self.dimension + by))

    def action_nudge(self, by: float) -> None:
        """Move the chosen dimension."""
        if self._values is not None and self.editable:
            self.post_message(self.Nudged(self.dimension, by))

    def action_let_go(self) -> None:
        """Take the chosen dimension's nudges back."""
        if self._values is not None and self.editable:
            self.post_message(self.Nudged(self.dimension, None))

    def action_ask(self) -> None:
        """Ask for the value of the chosen dimension."""
        if self._values is not None and self.editable:
            self.post_message(self.Asked(self.dimension, float(self._values[self.dimension])))

    def on_click(self, event: events.Click) -> None:
        """Choose the dimension under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.action_choose(self._first() + offset.y - self.dimension)

    def draw(self) -> None:
        """Write a line for each dimension that has room."""
        count = 0 if self._values is None else len(self._values)
        last = min(count, self._first() + self.size.height)
        self.set_lines([self._line(index) for index in range(self._first(), last)])

    def _line(self, index: int) -> Line:
        number = 0.0 if self._values is None else float(self._values[index])
        label = f"z{index}".ljust(self._label_width())
        figure = f"{number:+.2f}" if abs(number) < _LARGEST else f"{number:+.0e}"
        slider = self._slider(number, self.size.width - len(label) - _FIGURE_WIDTH - 2)
        name = Style()
        value = self.part_style(f"latent-vector--{'nudged' if index in self._nudged else 'value'}")
        if index == self.dimension:
            name = self.part_style("latent-vector--chosen")
            value = Style(color=value.color, bold=value.bold, bgcolor=name.bgcolor)
        return [
            Segment(label, name),
            Segment(f"{figure:>{_FIGURE_WIDTH}}  ", value),
            Segment(slider, name),
        ]

    def _label_width(self) -> int:
        return len(f"z{0 if self._values is None else len(self._values) - 1}") + 1

    def _first(self) -> int:
        """The dimension in the top line: the chosen one is always in sight."""
        if self._values is None or self.size.height >= len(self._values):
            return 0
        middle = self.dimension - self.size.height // 2
        return min(max(0, middle), len(self._values) - self.size.height)

    def _slider(self, number: float, width: int) -> str:
        if width < _LEAST_SLIDER:
            return " " * max(0, width)
        width -= 1 - width % 2  # Odd, so that 0 has a cell of its own.
        plain = app_depth(self.app) is ColorDepth.ASCII
        rail, zero, knob = "-+o" if plain else "─┼●"
        cells = [rail] * width
        cells[width // 2] = zero
        share = (min(_REACH, max(-_REACH, number)) + _REACH) / (2 * _REACH)
        cells[round(share * (width - 1))] = knob
        return "".join(cells)
