"""Lines with the colours of curves and of statuses, and a swatch for each curve."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from tui.comparison import TONES
from tui.rendering.palettes import ColorDepth
from tui.status import tone_classes, tone_rules
from tui.widgets.display import app_depth
from tui.widgets.lines import Lines

SWATCH = 3
"""Cells of a swatch, with the gap after it."""


class TonedLines(Lines):
    """What names the curves of a `LossChart` beside it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "toned--head",
        "toned--current",
        *tone_classes("toned"),
        *(f"toned--tone-{tone}" for tone in range(TONES)),
    }

    DEFAULT_CSS = """
    TonedLines {
        & > .toned--head { color: $text-muted; background: $panel; }
        & > .toned--current { background: $surface; text-style: bold; }
        &:focus > .toned--current { background: $primary-muted; }
        & > .toned--tone-0 { color: $text-primary; }
        & > .toned--tone-1 { color: $text-warning; }
        & > .toned--tone-2 { color: $text-success; }
        & > .toned--tone-3 { color: $text-error; }
        & > .toned--tone-4 { color: $text-accent; }
        & > .toned--tone-5 { color: $text-secondary; }
    }
    """ + tone_rules("TonedLines", "toned")

    def tone_style(self, tone: str, *, current: bool = False) -> Style:
        """The style of a tone, on the background of the current row or cell if it is that."""
        style = Style.null()
        if current:
            style += self.get_component_rich_style("toned--current", partial=True)
        if tone:
            # Not its partial style: a muted colour is one that was blended with what is behind.
            toned = self.get_component_rich_style(f"toned--{tone}")
            style += Style(color=toned.color, bold=toned.bold)
        return style

    def swatch(self, tone: int) -> Segment:
        """A piece of a curve, or its character where there is only ASCII."""
        from tui.rendering.curves import PLAIN_MARKERS

        plain = app_depth(self.app) is ColorDepth.ASCII
        line = PLAIN_MARKERS[tone % len(PLAIN_MARKERS)] if plain else "━"
        return Segment(line * (SWATCH - 1) + " ", self.tone_style(f"tone-{tone}"))


def first_shown(first: int, current: int, count: int, room: int) -> int:
    """Where to begin with what is shown of a list, so that `current` is in sight.

    Args:
        first: where it begins now; moved no further than it must be.
        current: which is to be seen.
        count: how many there are.
        room: how many can be shown.
    """
    room = max(1, room)
    first = min(max(first, current - room + 1), current)
    return max(0, min(first, count - room))
