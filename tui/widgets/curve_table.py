"""Table of sessions in the colours of their curves."""

from __future__ import annotations

from typing import ClassVar

from tui.rendering.tones import HUES
from tui.widgets.session_table import SessionTable


class CurveTable(SessionTable):
    """Table whose rows have the colours of the curves of a chart: `Row.style` is `curve-N`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"table--curve-{tone}" for tone in range(HUES)}
    DEFAULT_CSS = """
    CurveTable {
        & > .table--curve-0 { color: $text-primary; }
        & > .table--curve-1 { color: $text-warning; }
        & > .table--curve-2 { color: $text-success; }
        & > .table--curve-3 { color: $text-error; }
        & > .table--curve-4 { color: $text-accent; }
        & > .table--curve-5 { color: $text-secondary; }
    }
    """
