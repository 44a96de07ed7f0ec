"""The keys of a screen, made from its bindings, and which glyphs the terminal's font has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.keys import format_key
from textual.screen import Screen
from textual.widgets import RadioButton, RadioSet, Static

from tui.preferences import GlyphSet
from tui.screens.leaving import Dialog

if TYPE_CHECKING:
    from tui.app import WorkbenchApp

_GLYPH_SETS: tuple[GlyphSet, ...] = get_args(GlyphSet)
_FAMILIAR_KEYS = {
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "slash": "/",
    "question_mark": "?",
}


_KEY_WIDTH = 9
# They work, and help nobody.
_TEXTUALS_OWN = {"screen.copy_text", "page_left", "page_right", "app.help_quit"}


class HelpScreen(Dialog[None]):
    """What the keys of the screen below do."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Back", id="help.leave", tooltip="Close"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-one-column"), (100, "-two-columns")]
        self._keys = describe_keys(below.active_bindings.values())

    def compose(self) -> ComposeResult:
        """The keys, then a test pattern of each set of glyphs, to choose one by."""
        chosen = cast("WorkbenchApp", self.app).preferences.glyphs
        with Vertical(id="help-box"):
            with VerticalScroll(id="help-keys"):
                half = -(-len(self._keys) // 2)
                with Container(id="help-columns"):
                    yield Static(_table(self._keys[:half]), classes="keys")
                    yield Static(_table(self._keys[half:]), classes="keys")
                yield Static(_GLYPHS_TEXT, id="help-glyphs-text", markup=False)
                with Container(id="help-specimens"):
                    for name in _GLYPH_SETS:
                        yield Static(_specimen(name), classes="specimen")
                with RadioSet(id="help-glyphs", compact=True):
                    for name in _GLYPH_SETS:
                        yield RadioButton(name, value=name == chosen, compact=True)
            yield Static(
                "↓ PgDn more    Tab to the glyphs    Esc back", id="help-foot", markup=False
            )

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """Show images in these glyphs from now on."""
        cast("WorkbenchApp", self.app).remember(glyphs=_GLYPH_SETS[event.index])


def describe_keys(bindings: Iterable[ActiveBinding]) -> list[tuple[str, str]]:
    """Keys and what they do, those of one action or group together.

    The screen's own come first, then those of the widget with the focus, then the app's.
    """
    lines: dict[object, tuple[list[str], str]] = {}
    for active in sorted(bindings, key=_rank):
        binding = active.binding
        if binding.system or not binding.description or binding.action in _TEXTUALS_OWN:
            continue
        told = active.tooltip or binding.tooltip or binding.description
        same: object = (active.node, binding.action)
        if binding.group is not None:
            same, told = binding.group, binding.group.description
        keys, _ = lines.setdefault(same, ([], told))
        keys.append(binding.key_display or _FAMILIAR_KEYS.get(binding.key) or _name(binding.key))
    return [(_joined(keys), told) for keys, told in lines.values()]


def _rank(active: ActiveBinding) -> int:
    if active.binding.id is None and not active.binding.tooltip:
        return 3
    return 0 if isinstance(active.node, Screen) else 2 if isinstance(active.node, App) else 1


def _joined(keys: list[str]) -> str:
    digits = len(keys) > 2 and all(key.isdigit() for key in keys)
    return f"{keys[0]}-{keys[-1]}" if digits else " ".join(keys)


def _name(key: str) -> str:
    name = format_key(key)
    return name.upper() if len(name) > 1 and name[0] == "f" and name[1:].isdigit() else name


_GLYPHS_TEXT = (
    "Images need glyphs that not every font has: choose the finest set whose hills are smooth."
)


def _table(keys: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", width=_KEY_WIDTH, style="bold", no_wrap=True)
    table.add_column()
    for key, told in keys:
        table.add_row(Text(key), Text(told))
    return table


def _specimen(name: GlyphSet) -> Text:
    # NumPy is loaded for it, which the first frame of the app does not wait for.
    from tui.rendering.specimen import specimen

    lines: Iterator[str] = ("".join(run.text for run in line) for line in specimen(name))
    return Text("\n".join([*lines, name]), no_wrap=True)
