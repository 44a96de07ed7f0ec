"""Header of the dashboard: session, status and progress."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment

from tui.dashboard.snapshot import Snapshot
from tui.dashboard.starting import stage_under_way
from tui.eta import remaining_text
from tui.machine import present_bottleneck
from tui.rendering.series import number_text
from tui.status import STATUS_STYLES, tone_classes, tone_rules, with_glyph
from tui.text import REASONS, duration_text, fitted, one_line
from tui.widgets.lines import Lines
from vae_engine.sessions.inbox import CommandName
from vae_engine.settings import Settings

COMMAND_WORDS: dict[CommandName, str] = {
    "pause": "pause",
    "continue": "continue",
    "stop": "stop at the end of the epoch",
    "stop_now": "stop now",
}

Part = tuple[str, str]
"""Text with the name of its style."""

_LABEL_WIDTH = 15
_LEAST_BAR = 10
_WIDEST_BAR = 60
_PERCENT_WIDTH = len("  100%  ")
_LEAST_NAME = 12
_MARGIN = 1
# Progress comes every two seconds and updates the time too.
_NEWS_SECONDS = 2.5


class SessionHeader(Lines):
    """Three lines; sends only changed cells."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"session-header--{name}" for name in ("name", "text", "bar", "rail")
    } | tone_classes("session-header")

    DEFAULT_CSS = """
    SessionHeader {
        height: 3;
        background: $panel;
        & > .session-header--name { color: $foreground; text-style: bold; }
        & > .session-header--text { color: $foreground; }
        & > .session-header--bar { color: $primary; }
        & > .session-header--rail { color: $border-blurred; }
    }
    """ + tone_rules("SessionHeader", "session-header")

    def __init__(self, settings: Settings, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._settings = settings
        self._snapshot: Snapshot | None = None
        self._doing = ""
        self._shown_at = 0.0

    def show(self, snapshot: Snapshot, doing: str = "") -> None:
        """Show a session, and what the app is doing to it."""
        self._snapshot, self._doing = snapshot, doing
        self._shown_at = time.monotonic()
        self.draw()

    def draw(self) -> None:
        """Redraw the lines with the present time."""
        width = self.size.width - 2 * _MARGIN
        if self._snapshot is None or width < 1:
            return
        lines = header_lines(self._snapshot, self._settings, self._doing, time.time(), width)
        margin = Segment(" " * _MARGIN)
        self.set_lines(
            [
                [
                    margin,
                    *(
                        Segment(text, self.part_style(f"session-header--{name}"))
                        for text, name in line
                    ),
                ]
                for line in lines
            ]
        )

    def on_mount(self) -> None:
        """Update the time if nothing else does."""
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if time.monotonic() >= self._shown_at + _NEWS_SECONDS:
            self.draw()


def header_lines(
    snapshot: Snapshot, settings: Settings, doing: str, now: float, width: int
) -> list[list[Part]]:
    """Format the three lines of the header, each `width` cells wide.

    Args:
        snapshot: the session.
        settings: of the session.
        doing: what the app is doing to it, or empty.
        now: the time, in seconds since 1970.
        width: in cells.
    """
    beside = width - _LABEL_WIDTH - _PERCENT_WIDTH
    epoch_right = _fitting(_epoch_facts(snapshot), beside - _LEAST_BAR)
    step_right = _fitting(_step_facts(snapshot, now), beside - _LEAST_BAR)
    bar = min(_WIDEST_BAR, beside - max(len(epoch_right), len(step_right)))
    return [
        _identity(snapshot, settings, doing, now, width),
        _progress_line(*_epoch_progress(snapshot), bar, epoch_right, width),
        _progress_line(*_step_progress(snapshot), bar, step_right, width),
    ]


def _identity(
    snapshot: Snapshot, settings: Settings, doing: str, now: float, width: int
) -> list[Part]:
    status = snapshot.status
    glyph_and_status = f"  {with_glyph(status)}"
    line, tone = _state(snapshot, doing, now)
    about = _about(snapshot, settings)
    room = width - len(glyph_and_status) - (len(line) + 2 if line else 0)
    if room < len(about) + _LEAST_NAME + 2:
        about = _about(replace(snapshot, images=""), settings)
    if room < len(about) + _LEAST_NAME + 2:
        about = ""
    name = one_line(snapshot.label.name)
    name = fitted(name, min(cell_len(name), max(_LEAST_NAME, room - len(about) - 2)))
    parts = [(name, "name"), (glyph_and_status, STATUS_STYLES[status].tone or "text")]
    if line:
        free = width - sum(cell_len(text) for text, _ in parts)
        parts.append((fitted(f"  {line}", min(len(line) + 2, max(0, free))), tone))
    used = sum(cell_len(text) for text, _ in parts)
    return [*parts, (about.rjust(max(0, width - used)), "quiet")]


def _state(snapshot: Snapshot, doing: str, now: float) -> Part:
    """Return the most urgent message beside the status."""
    if snapshot.problem:
        return one_line(snapshot.problem), "bad"
    if doing:
        return doing, "warning"
    if snapshot.silent_since is not None:
        return f"no response for {duration_text(now - snapshot.silent_since)}", "warning"
    if snapshot.asked:
        asked = ", ".join(COMMAND_WORDS[command] for command in snapshot.asked)
        return f"pending: {asked}", "warning"
    if snapshot.damaged_lines:
        return f"damaged lines in the event log: {snapshot.damaged_lines}", "warning"
    if not snapshot.live and snapshot.attempt:
        return snapshot.attempt, "warning"
    if not snapshot.live:
        return one_line(REASONS.get(snapshot.stop_reason, snapshot.stop_reason)), "quiet"
    if snapshot.finishing:
        return "evaluating and exporting", "quiet"
    if snapshot.status == "stopping":
        at = (
            "now" if snapshot.stopping_now else f"at the end of epoch {snapshot.history.newest + 1}"
        )
        return f"stops {at}", "warning"
    if snapshot.status == "starting":
        return stage_under_way(snapshot), "quiet"
    slow = present_bottleneck(snapshot.machine, now) if snapshot.status == "training" else None
    return (slow.sentence, "warning") if slow is not None else ("", "quiet")


def _about(snapshot: Snapshot, settings: Settings) -> str:
    data = one_line(settings.dataset.rstrip("/").rpartition("/")[2], 24)
    parts = [data, snapshot.images, f"d={settings.latent_dim}", one_line(snapshot.device, 24)]
    if snapshot.run > 1:
        parts.append(f"run {snapshot.run}")
    return " · ".join(part for part in parts if part)


def _epoch_progress(snapshot: Snapshot) -> tuple[str, float]:
    done, progress = snapshot.history.newest, snapshot.progress
    under_way = progress.step / max(1, progress.steps) if progress else 0.0
    total = max(snapshot.epochs, done, 1)
    return f"epoch {done}/{total}", min(1.0, (done + under_way) / total)


def _step_progress(snapshot: Snapshot) -> tuple[str, float]:
    progress = snapshot.progress
    if progress is None or not snapshot.live:
        return "", 0.0
    share = progress.step / max(1, progress.steps)
    return f"step {progress.step}/{progress.steps}", min(1.0, share)


def _progress_line(label: str, share: float, bar: int, right: str, width: int) -> list[Part]:
    """Draw a label, a bar and the text right of it; no bar without a label."""
    if not label:
        left: list[Part] = [(" " * (width - len(right)), "text")]
    else:
        filled = round(share * bar)
        left = [
            (fitted(label, _LABEL_WIDTH), "text"),
            ("━" * filled, "bar"),
            ("━" * (bar - filled), "rail"),
            (f"  {int(share * 100):>3}%", "quiet"),
        ]
        used = _LABEL_WIDTH + bar + _PERCENT_WIDTH - 2
        left.append((" " * max(1, width - used - len(right)), "text"))
    return [*left, (right, "text")]


def _epoch_facts(snapshot: Snapshot) -> list[str]:
    facts = []
    if snapshot.best_val_loss is not None:
        best = number_text(snapshot.best_val_loss)
        facts.append(f"best val_loss {best} (epoch {snapshot.best_epoch})")
    expected = snapshot.remaining if snapshot.live and not snapshot.finishing else None
    if expected is not None:
        facts.append(f"ETA {remaining_text(expected)}")
    return facts


def _step_facts(snapshot: Snapshot, now: float) -> list[str]:
    facts = []
    progress, ended = snapshot.progress, snapshot.history.ended
    if snapshot.live and progress is not None:
        facts.append(f"loss {number_text(progress.loss)}")
    if progress is not None or ended:
        speed = progress.images_per_second if progress else ended[-1].images_per_second
        facts.append(f"{speed:,.0f} images/s")
    elapsed = snapshot.duration
    if snapshot.live and snapshot.status != "paused" and snapshot.updated:
        elapsed += max(0.0, now - snapshot.updated)
    return [*facts, f"elapsed {duration_text(elapsed)}"]


def _fitting(facts: Sequence[str], room: int) -> str:
    """Return as many of the last facts as fit."""
    while facts and len("  ".join(facts)) > room:
        facts = facts[1:]
    return "  ".join(facts)
