"""Dialog to choose the glyphs that the terminal's font has, by test patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, get_args

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import RadioButton, RadioSet, Static

from tui.preferences import GlyphSet
from tui.screen import Dialog

_GLYPH_SETS: tuple[GlyphSet, ...] = get_args(GlyphSet)


class GlyphsScreen(Dialog[None]):
    """Shows a test pattern per set of glyphs to choose from."""

    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="glyphs.leave", tooltip="Close"),
    ]

    def compose(self) -> ComposeResult:
        """Compose the named patterns and the choice."""
        chosen = self.workbench.preferences.glyphs
        with Vertical(id="glyphs-box"):
            yield Static("Glyphs of images", id="glyphs-title", markup=False)
            yield Static(
                "Not every font has all of them: choose the finest set whose hills are smooth.",
                id="glyphs-text",
                markup=False,
            )
            with Container(id="glyphs-specimens"):
                for name in _GLYPH_SETS:
                    yield Static(_specimen(name), classes="specimen")
            with RadioSet(id="glyphs-choice", compact=True):
                for name in _GLYPH_SETS:
                    yield RadioButton(name, value=name == chosen, compact=True)
            yield Static("←→ Enter choose    Esc back", id="glyphs-foot", markup=False)

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """Use these glyphs for all images."""
        self.workbench.remember(glyphs=_GLYPH_SETS[event.index])


def _specimen(name: GlyphSet) -> Text:
    # Imported here: it imports NumPy, which would delay the app's first frame.
    from tui.rendering.specimen import specimen

    lines: Iterator[str] = ("".join(run.text for run in line) for line in specimen(name))
    return Text("\n".join([*lines, name]), no_wrap=True)
