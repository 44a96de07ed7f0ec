"""The smallest terminal that the app can be shown in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.widgets import Static

from tui.leaving import LeavableScreen

if TYPE_CHECKING:
    from tui.app import WorkbenchApp

LEAST_COLUMNS, LEAST_ROWS = 60, 20


def too_small(columns: int, rows: int) -> str:
    """What to say in a terminal of this size; empty where there is room."""
    if columns >= LEAST_COLUMNS and rows >= LEAST_ROWS:
        return ""
    return (
        f"This terminal has {columns} columns and {rows} rows. "
        f"The workbench needs {LEAST_COLUMNS} and {LEAST_ROWS}: please enlarge it."
    )


class SizeNotice(Static):
    """Covers a screen that has no room, so that no broken picture is shown."""

    DEFAULT_CSS = """
    SizeNotice {
        overlay: screen;
        position: absolute;
        width: 100vw;
        height: 100vh;
        background: $background;
        color: $text;
        content-align: center middle;
        text-align: center;
        padding: 0 2;
    }
    """


class SizedScreen(LeavableScreen[None]):
    """A screen that says so where it has no room; all screens of the app derive from it.

    Attributes:
        TERMS: the words on it, by their ids in `tui.help.glossary`, the most important first.
    """

    TERMS: ClassVar[tuple[str, ...]] = ()

    @property
    def workbench(self) -> WorkbenchApp:
        """The app."""
        return cast("WorkbenchApp", self.app)

    def terms(self) -> Mapping[str, str]:
        """`TERMS`, each with its present value, or an empty text."""
        return dict.fromkeys(self.TERMS, "")

    def on_resize(self, event: events.Resize) -> None:
        """Put the notice above everything else, or take it away."""
        sentence = too_small(event.size.width, event.size.height)
        notices = self.query_children(SizeNotice)
        if sentence and not notices:
            self.mount(SizeNotice(sentence))
        for notice in notices:
            notice.update(sentence)
            notice.display = bool(sentence)
