"""Help dialog: the keys of the screen below, from its bindings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tui.help.key_groups import Key, group_keys
from tui.screen import Dialog
from tui.terminal.link import is_slow

_LEAST_KEYS = 9
_WIDE = 100
_MORE = "↓ PgDn more    "
_FOOT = "W words    g glyphs of images    Esc back"
# Over a slow link the dialog covers little, to send few cells.
_NEVER = 100_000


class HelpScreen(Dialog[None]):
    """Lists the keys of the screen below, under headings."""

    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,question_mark,f1,ctrl+underscore",
            "dismiss",
            "Back",
            id="help.leave",
            tooltip="Close",
        ),
        Binding("W,ctrl+g", "instead('glossary')", "Words", id="help.words"),
        Binding("g", "instead('glyphs')", "Glyphs", id="help.glyphs"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._wide = _NEVER if is_slow(os.environ) else _WIDE
        self.HORIZONTAL_BREAKPOINTS = [(0, "-one-column"), (self._wide, "-two-columns")]
        self._groups = group_keys(below.active_bindings.values())

    def compose(self) -> ComposeResult:
        """Compose headings and keys, in columns of similar height."""
        # Set here, since Textual applies breakpoints only after the first frame.
        self.add_class("-two-columns" if self.app.size.width >= self._wide else "-one-column")
        with Vertical(id="help-box"):
            with VerticalScroll(id="help-keys"), Container(id="help-columns"):
                for column in _columns(self._groups):
                    yield Static(_table(column), classes="keys")
            yield Static(_FOOT, id="help-foot", markup=False)

    def on_mount(self) -> None:
        """Mention more lines only if there are any."""
        self.call_after_refresh(self._tell_of_more)

    def on_resize(self) -> None:
        """Update the mention of more lines."""
        self.call_after_refresh(self._tell_of_more)

    def _tell_of_more(self) -> None:
        more = self.query_one("#help-keys").max_scroll_y > 0
        self.query_one("#help-foot", Static).update(_MORE + _FOOT if more else _FOOT)

    def action_instead(self, name: str) -> None:
        """Close, and open another dialog on the screen below."""
        self.dismiss()
        self.app.call_later(self.app.run_action, f"app.{name}")


def _columns(groups: Mapping[str, list[Key]]) -> tuple[dict[str, list[Key]], ...]:
    """Divide the headings into two columns of the most similar height."""
    items = list(groups.items())
    heights = [len(keys) + 2 for _, keys in items]
    cut = min(
        range(1, len(items) + 1),
        key=lambda at: abs(sum(heights[:at]) - sum(heights[at:])),
        default=0,
    )
    return dict(items[:cut]), dict(items[cut:])


def _table(groups: Mapping[str, list[Key]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", min_width=_LEAST_KEYS, style="bold", no_wrap=True)
    table.add_column()
    for at, (heading, keys) in enumerate(groups.items()):
        if at:
            table.add_row()
        table.add_row(Text(), Text.assemble((heading, "bold underline")))
        for key in keys:
            table.add_row(Text(key.keys), Text(key.description))
    return table
