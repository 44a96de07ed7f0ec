"""Glyph and colour of each status of sessions, trials and sweeps."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Tone = Literal["live", "good", "warning", "bad", "quiet", ""]
"""Meaning of a status as a tone; "" has the colour of text."""


class StatusStyle(NamedTuple):
    """A glyph, which distinguishes statuses without colours, and a tone."""

    glyph: str
    tone: Tone


STATUS_STYLES: Final[dict[str, StatusStyle]] = {
    "starting": StatusStyle("◌", "live"),
    "training": StatusStyle("●", "live"),
    "paused": StatusStyle("‖", "live"),
    "stopping": StatusStyle("●", "live"),
    "running": StatusStyle("●", "live"),
    "completed": StatusStyle("✓", "good"),
    "stopped": StatusStyle("■", ""),
    "interrupted": StatusStyle("!", "warning"),
    "diverged": StatusStyle("∞", "bad"),
    "failed": StatusStyle("✗", "bad"),
    "damaged": StatusStyle("✗", "bad"),
    "waiting": StatusStyle("·", "quiet"),
    "deleted": StatusStyle("×", "quiet"),
}
"""By status, in the order in which they sort: live ones first, then those that ended well."""

TONE_COLOURS: Final[dict[Tone, str]] = {
    "live": "$text-primary bold",
    "good": "$text-success",
    "warning": "$text-warning",
    "bad": "$text-error",
    "quiet": "$text-muted",
    "": "",
}
"""Each tone as a style of Textual's markup."""


def with_glyph(status: str) -> str:
    """Format a status with its glyph: `✓ completed`."""
    return f"{STATUS_STYLES[status].glyph} {status}"


def status_rank(status: str) -> int:
    """Return the position of a status in the order of `STATUS_STYLES`."""
    return list(STATUS_STYLES).index(status)


def tone_classes(prefix: str) -> set[str]:
    """Return the component classes `PREFIX--TONE` of a widget that shows statuses."""
    return {f"{prefix}--{tone}" for tone in TONE_COLOURS if tone}


def tone_rules(widget: str, prefix: str) -> str:
    """Return the style sheet of these classes in a widget."""
    return "\n".join(
        f"{widget} > .{prefix}--{tone} {{ {_declarations(style)} }}"
        for tone, style in TONE_COLOURS.items()
        if tone
    )


def _declarations(style: str) -> str:
    colour, *text_style = style.split()
    return f"color: {colour};" + "".join(f" text-style: {one};" for one in text_style)
