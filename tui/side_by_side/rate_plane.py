"""Chart of rate against distortion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment

from tui.rate_distortion import RatePath
from tui.rendering.palettes import ColorDepth
from tui.rendering.plane import PlanePath, PlaneStyles, plane_lines
from tui.rendering.tones import HUES
from tui.text import fitted
from tui.widgets.display import app_depth
from tui.widgets.lines import Lines
from vae_engine.inspection.letters import LETTERS

_MARKS = LETTERS + LETTERS.lower()
_FURTHER = "*"
_TITLE = "distortion (reconstruction loss), nats per image"
_BELOW = "rate (KL), nats per image"


def letter_of(place: int) -> str:
    """Return the letter of a session by its place in the table."""
    return _MARKS[place] if place < len(_MARKS) else _FURTHER


class RatePlane(Lines):
    """Rate to the right, distortion upwards; a path per session, its letter at the best epoch."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plane--title",
        "plane--axis",
        "plane--sums",
        *(f"plane--tone-{tone}" for tone in range(HUES)),
    }
    DEFAULT_CSS = """
    RatePlane {
        height: 1fr;
        width: 1fr;
        & > .plane--title { color: $text; text-style: bold; }
        & > .plane--axis { color: $text-muted; }
        & > .plane--sums { color: $text-disabled; }
        & > .plane--tone-0 { color: $text-primary; }
        & > .plane--tone-1 { color: $text-warning; }
        & > .plane--tone-2 { color: $text-success; }
        & > .plane--tone-3 { color: $text-error; }
        & > .plane--tone-4 { color: $text-accent; }
        & > .plane--tone-5 { color: $text-secondary; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        """Make an empty chart."""
        super().__init__(id=id)
        self._paths: Sequence[RatePath] = ()
        self._whole = True
        self._current = ""

    def show(self, paths: Sequence[RatePath], *, whole: bool, current: str) -> None:
        """Draw these paths, or only their best epochs; `current` is the id of one of them."""
        self._paths, self._whole, self._current = paths, whole, current
        self.draw()

    def draw(self) -> None:
        """Draw for the present size and theme."""
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        plain = app_depth(self.app) is ColorDepth.ASCII
        styles = PlaneStyles(
            self.part_style("plane--axis"),
            self.part_style("plane--sums"),
            [self.part_style(f"plane--tone-{tone}") for tone in range(HUES)],
            plain,
        )
        drawn = [
            PlanePath(path.rate, path.distortion, path.best, letter_of(path.tone), path.tone)
            for path in self._paths
        ]
        current = next(
            (letter_of(path.tone) for path in self._paths if path.id == self._current), ""
        )
        lines = plane_lines(drawn, width, height - 2, styles, whole=self._whole, current=current)
        title, axis = self.part_style("plane--title"), self.part_style("plane--axis")
        if not lines:
            empty = "no epoch has finished yet" if not drawn else "no space"
            self.set_lines([[Segment(_TITLE, title)], [Segment(empty, axis)]])
            return
        note = "dotted: equal -ELBO"
        head = [Segment(_TITLE, title)]
        if len(_TITLE) + len(note) + 2 <= width:
            head.append(Segment(fitted(note, width - len(_TITLE), "right"), axis))
        self.set_lines([head, *lines, [Segment(fitted(_BELOW, width, "right"), axis)]])
