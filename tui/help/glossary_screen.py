"""Glossary dialog: the terms of the screen below come first, with their present values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.help.glossary import Term, arranged
from tui.screen import Dialog
from tui.text import one_line

_MORE, _FOOT = "↓ PgDn more    ", "Esc back"


class GlossaryScreen(Dialog[None]):
    """Explains terms."""

    CSS_PATH = "glossary_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,W,ctrl+g", "dismiss", "Back", id="glossary.leave", tooltip="Close"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, values: Mapping[str, str]) -> None:
        """Make the glossary.

        Args:
            values: ids of the terms on the screen below, the most important first, each
                with its present value, which may be empty; text, not markup.
        """
        super().__init__()
        self._values = values

    def compose(self) -> ComposeResult:
        """Compose headings, and a paragraph per term."""
        with Vertical(id="glossary-box"):
            with VerticalScroll(id="glossary-terms"):
                for heading, terms in arranged(self._values).items():
                    yield Static(heading, classes="glossary-heading", markup=False)
                    for term in terms:
                        yield Static(_entry(term, self._values.get(term.id, "")), classes="term")
            yield Static(_FOOT, id="glossary-foot", markup=False)

    def on_mount(self) -> None:
        """Mention more lines only if there are any."""
        self.call_after_refresh(self._tell_of_more)

    def on_resize(self) -> None:
        """Update the mention of more lines."""
        self.call_after_refresh(self._tell_of_more)

    def _tell_of_more(self) -> None:
        more = self.query_one("#glossary-terms").max_scroll_y > 0
        self.query_one("#glossary-foot", Static).update(_MORE + _FOOT if more else _FOOT)

    def action_scroll(self, lines: int) -> None:
        """Scroll like the arrow keys."""
        self.query_one("#glossary-terms").scroll_relative(y=lines, animate=False)


def _entry(term: Term, value: str) -> Content:
    parts = [Content.styled(term.name, "bold $text-accent")]
    if value:
        parts += [Content.styled(f"   here {one_line(value)}", "bold")]
    parts += [Content(f"\n{term.meaning}")]
    if term.usual:
        parts += [
            Content.styled("\nUsual: ", "$text-muted"),
            Content.styled(term.usual, "$text-success"),
        ]
    return Content("").join(parts)
