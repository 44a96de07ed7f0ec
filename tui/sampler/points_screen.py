"""The list of named points: go to one, or delete it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screen import Dialog
from tui.text import fitted, one_line
from vae_engine.sessions.records import Point

_WIDTH: Final = 64
_NAME: Final = 20


class PointsScreen(Dialog[Point | None]):
    """Asks for a point; None if it is left."""

    CSS_PATH = "../dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="points.leave", tooltip="Change nothing"),
        Binding("d,delete", "drop", "Delete", id="points.delete", tooltip="Delete the point"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, points: Sequence[Point], drop: Callable[[Point], None]) -> None:
        """Make the list.

        Args:
            points: the oldest first; the newest is listed first.
            drop: deletes one.
        """
        super().__init__()
        self._points, self._drop = list(reversed(points)), drop

    def compose(self) -> ComposeResult:
        """Points, keys."""
        with Vertical(classes="dialog"):
            yield Static("Points of this session", classes="dialog-question", markup=False)
            yield OptionList(*(Option(Content(point_line(point))) for point in self._points))
            yield Static("Enter go    d delete    Esc back", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Begin at the newest."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the point."""
        self.dismiss(self._points[event.option_index])

    def action_move(self, by: int) -> None:
        """Move the cursor as the arrows do."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()

    def action_drop(self) -> None:
        """Delete the point under the cursor."""
        options = self.query_one(OptionList)
        at = options.highlighted
        if at is None:
            return
        options.remove_option_at_index(at)
        self._drop(self._points.pop(at))
        if not self._points:
            self.dismiss(None)


def point_line(point: Point) -> str:
    """A point in a line: its name, its first values, where it comes from."""
    values = " ".join(f"{value:+.2f}" for value in point.z[:3]) + (" ..." if point.z[3:] else "")
    where = f"epoch {point.epoch}, {point.origin}" if point.origin else f"epoch {point.epoch}"
    line = f"{fitted(one_line(point.name), _NAME)}  {values}  {one_line(where)}"
    return fitted(line, _WIDTH).rstrip()
