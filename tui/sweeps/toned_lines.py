"""Lines in the colours of curves and statuses, with a swatch per curve."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from tui.rendering.palettes import ColorDepth
from tui.rendering.tones import HUES
from tui.status import tone_classes, tone_rules
from tui.sweeps.grid import HEATS
from tui.widgets.display import app_depth
from tui.widgets.lines import Lines

# Two cells each: solid, dashed, short dashes, dotted.
_DASHES = "━╍┅┉"
SWATCH = 3
"""Width of a swatch and the gap after it, in cells."""


class TonedLines(Lines):
    """Base of widgets that are a legend of the curves of a `LossChart`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "toned--head",
        "toned--current",
        *tone_classes("toned"),
        *(f"toned--tone-{tone}" for tone in range(HUES)),
        *(f"toned--heat-{heat}" for heat in range(HEATS)),
    }

    DEFAULT_CSS = """
    TonedLines {
        & > .toned--head { color: $text-muted; background: $panel; }
        & > .toned--current { background: $surface; text-style: bold; }
        &:focus > .toned--current { background: $primary-muted; }
        & > .toned--heat-0 { background: $primary 5%; }
        & > .toned--heat-1 { background: $primary 12%; }
        & > .toned--heat-2 { background: $primary 20%; }
        & > .toned--heat-3 { background: $primary 30%; }
        & > .toned--heat-4 { background: $primary 45%; }
        & > .toned--tone-0 { color: $text-primary; }
        & > .toned--tone-1 { color: $text-warning; }
        & > .toned--tone-2 { color: $text-success; }
        & > .toned--tone-3 { color: $text-error; }
        & > .toned--tone-4 { color: $text-accent; }
        & > .toned--tone-5 { color: $text-secondary; }
    }
    """ + tone_rules("TonedLines", "toned")

    def tone_style(self, tone: str, *, current: bool = False) -> Style:
        """Return the style of a tone, on the background of the current row or cell if requested."""
        style = Style.null()
        if current:
            style += self.get_component_rich_style("toned--current", partial=True)
        if tone:
            # Not its partial style: a muted colour is blended with its background.
            toned = self.get_component_rich_style(f"toned--{tone}")
            style += Style(color=toned.color, bold=toned.bold)
        return style

    def heat_style(self, heat: int | None) -> Style:
        """Return the background for a heat, from 0 (worst) up."""
        if heat is None:
            return Style.null()
        shade = self.get_component_rich_style(f"toned--heat-{heat}")
        return Style(bgcolor=shade.bgcolor)

    def swatch(self, tone: int) -> Segment:
        """Draw a piece of a curve, or its character in ASCII."""
        from tui.rendering.canvas import PLAIN_MARKERS

        hue, dash = tone % HUES, tone // HUES % len(_DASHES)
        if app_depth(self.app) is ColorDepth.ASCII:
            line = PLAIN_MARKERS[hue % len(PLAIN_MARKERS)] + str(dash or " ")
        else:
            line = _DASHES[dash] * (SWATCH - 1)
        return Segment(line + " ", self.tone_style(f"tone-{hue}"))


def first_shown(first: int, current: int, count: int, room: int) -> int:
    """Return the index of the first visible item of a list, so that `current` is visible.

    Args:
        first: the present one; moved no further than necessary.
        current: the item that must be visible.
        count: number of items.
        room: number of visible items.
    """
    room = max(1, room)
    first = min(max(first, current - room + 1), current)
    return max(0, min(first, count - room))
