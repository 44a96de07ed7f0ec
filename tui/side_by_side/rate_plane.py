"""Chart of rate against distortion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events

from tui.rate_distortion import RatePath
from tui.rendering.inspection import Inspection
from tui.rendering.palettes import ColorDepth
from tui.rendering.plane import (
    PlaneCursor,
    PlanePath,
    PlaneStyles,
    cell_of,
    plane_area,
    plane_lines,
)
from tui.rendering.runs import Line
from tui.rendering.tones import HUES
from tui.text import fitted, shortened
from tui.widgets.display import app_depth
from tui.widgets.inspected_chart import InspectedChart
from vae_engine.inspection.letters import LETTERS

_MARKS = LETTERS + LETTERS.lower()
_FURTHER = "*"
_TITLE = "distortion (reconstruction loss), nats per image"
_BELOW = "rate (KL), nats per image"
_MOST_ZOOM = 6


def letter_of(place: int) -> str:
    """Return the letter of a session by its place in the table."""
    return _MARKS[place] if place < len(_MARKS) else _FURTHER


class RatePlane(InspectedChart):
    """Rate to the right, distortion upwards; a path per session, its letter at the best epoch.

    While it has the focus, keys move a cursor along the epochs of the current session and zoom
    around it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plane--title",
        "plane--axis",
        "plane--sums",
        "plane--reading",
        *(f"plane--tone-{tone}" for tone in range(HUES)),
    }
    DEFAULT_CSS = """
    RatePlane {
        height: 1fr;
        width: 1fr;
        & > .plane--title { color: $text; text-style: bold; }
        & > .plane--axis { color: $text-muted; }
        & > .plane--sums { color: $text-disabled; }
        & > .plane--reading { color: $text; text-style: bold reverse; }
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
        self._zoom = 0

    def show(
        self, paths: Sequence[RatePath], *, whole: bool, current: str, at: Inspection | None = None
    ) -> None:
        """Draw these paths.

        Args:
            paths: of the sessions.
            whole: all epochs, or only the best ones.
            current: the id of one of them, which the cursor reads.
            at: the epoch under the cursor, the newest if not given.
        """
        self._paths, self._whole, self._current = paths, whole, current
        self.inspection = at or Inspection()
        self.draw()

    def readable_epochs(self) -> list[int]:
        """Return the epochs of the current session."""
        path = self._current_path()
        return [] if path is None else [int(epoch) for epoch in path.epochs]

    def marked_epochs(self) -> set[int]:
        """Return the best epoch of the current session."""
        path = self._current_path()
        return set() if path is None else {int(path.epochs[path.best])}

    def action_zoom(self, closer: bool) -> None:
        """Draw half or twice as much of the plane around the cursor."""
        self._zoom = min(_MOST_ZOOM, max(0, self._zoom + (1 if closer else -1)))
        self.draw()

    def action_all_epochs(self) -> None:
        """Draw the whole plane."""
        self._zoom = 0
        self.draw()

    def on_blur(self) -> None:
        """Leave the zoom with the cursor."""
        if self.app.app_focus:
            self._zoom = 0

    def on_click(self, event: events.Click) -> None:
        """Post the epoch of the current session that is nearest to the mouse."""
        path = self._current_path()
        width, height = self.size
        area = plane_area(
            self._drawn(),
            width,
            height - 2,
            whole=self._whole,
            plain=self._plain,
            cursor=self._cursor(),
        )
        clicked = event.get_content_offset(self)
        if path is None or area is None or clicked is None:
            return

        def distance(at: int) -> int:
            column, line = cell_of(area, float(path.rate[at]), float(path.distortion[at]))
            # A line is as high as two columns are wide; the first line is the title.
            return (column - clicked.x) ** 2 + 4 * (line + 1 - clicked.y) ** 2

        # Of several in one cell the newest.
        nearest = min(reversed(range(len(path.epochs))), key=distance)
        self.post_message(self.EpochPicked(self, int(path.epochs[nearest])))

    def draw(self) -> None:
        """Draw for the present size and theme."""
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        styles = PlaneStyles(
            self.part_style("plane--axis"),
            self.part_style("plane--sums"),
            [self.part_style(f"plane--tone-{tone}") for tone in range(HUES)],
            self._plain,
        )
        drawn, path = self._drawn(), self._current_path()
        lines = plane_lines(
            drawn,
            width,
            height - 2,
            styles,
            whole=self._whole,
            current="" if path is None else letter_of(path.tone),
            cursor=self._cursor(),
        )
        title, axis = self.part_style("plane--title"), self.part_style("plane--axis")
        if not lines:
            empty = "no epoch has finished yet" if not drawn else "no space"
            self.set_lines([[Segment(_TITLE, title)], [Segment(empty, axis)]])
            return
        head = self._head(width)
        self.set_lines([head, *lines, [Segment(fitted(_BELOW, width, "right"), axis)]])

    def _head(self, width: int) -> Line:
        """Return the title, or the values under the cursor."""
        title, axis = self.part_style("plane--title"), self.part_style("plane--axis")
        path = self._current_path()
        if not self.has_focus or path is None:
            note = "dotted: equal -ELBO"
            head = [Segment(shortened(_TITLE, width), title)]
            if len(_TITLE) + len(note) + 2 <= width:
                head.append(Segment(fitted(note, width - len(_TITLE), "right"), axis))
            return head
        at = self._place(path)
        values = (
            f"  epoch {path.epochs[at]:.0f}  rate {path.rate[at]:.2f}"
            f"  distortion {path.distortion[at]:.2f}  -ELBO {path.negative_elbo[at]:.2f}"
        )
        notes = ["best"] * (at == path.best) + [f"zoom {2**self._zoom}x"] * (self._zoom > 0)
        values += "".join(f"  {note}" for note in notes)
        name = f" {letter_of(path.tone)} {path.name} "
        room = max(4, width - len(values))
        return [
            Segment(shortened(name, room), self.part_style("plane--reading")),
            Segment(shortened(values, width), self.part_style(f"plane--tone-{path.tone % HUES}")),
        ]

    @property
    def _plain(self) -> bool:
        """Return whether the terminal has only ASCII."""
        return app_depth(self.app) is ColorDepth.ASCII

    def _drawn(self) -> list[PlanePath]:
        return [
            PlanePath(path.rate, path.distortion, path.best, letter_of(path.tone), path.tone)
            for path in self._paths
        ]

    def _current_path(self) -> RatePath | None:
        return next((path for path in self._paths if path.id == self._current), None)

    def _place(self, path: RatePath) -> int:
        """Return the index of the epoch under the cursor, or of the one before it."""
        epoch = self.inspection.epoch
        if epoch is None:
            return len(path.epochs) - 1
        return max(0, int(path.epochs.searchsorted(epoch, side="right")) - 1)

    def _cursor(self) -> PlaneCursor | None:
        path = self._current_path()
        if not self.has_focus or path is None:
            return None
        at = self._place(path)
        return PlaneCursor(float(path.rate[at]), float(path.distortion[at]), self._zoom)
