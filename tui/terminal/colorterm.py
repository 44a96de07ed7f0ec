"""Number of colours of a terminal, from its environment.

A variable can be older than the terminal: GNU screen, a console or `su` inherit COLORTERM from
where they were started. So TERM, which a terminal sets itself, comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Colors = Literal["16", "256", "24bit"]

_TRUECOLOR_TERMS: Final = ("kitty", "ghostty", "alacritty", "foot", "wezterm", "iterm")
# Terminals, by the start of their name, that draw no 24-bit colours whatever COLORTERM says.
_LESSER_TERMS: Final = (
    "linux",
    "rxvt",
    "eterm",
    "vt",
    "ansi",
    "cons25",
    "xterm-color",
    "xterm-16color",
    "xterm-88color",
)


def trusts_colorterm(environ: Mapping[str, str]) -> bool:
    """Return whether COLORTERM promises 24-bit colours, and the terminal may have them."""
    if environ.get("COLORTERM", "").strip().lower() not in ("truecolor", "24bit"):
        return False
    return not _in_screen(environ) and not _term(environ).startswith(_LESSER_TERMS)


def terminal_colors(environ: Mapping[str, str]) -> Colors:
    """Return the colours of a terminal that is not monochrome."""
    term = _term(environ)
    if trusts_colorterm(environ):
        return "24bit"
    if term.removeprefix("xterm-").startswith(_TRUECOLOR_TERMS):
        return "24bit"
    # GNU screen puts its name before that of the outer terminal: `screen.xterm-kitty`.
    if term.endswith("-direct") and not term.startswith("screen"):
        return "24bit"
    return "256" if "256" in term else "16"


def _term(environ: Mapping[str, str]) -> str:
    return environ.get("TERM", "").strip().lower()


def _in_screen(environ: Mapping[str, str]) -> bool:
    """Whether this is, or may be, GNU screen, which passes on 256 colours at most.

    Its TERM is also that of an old tmux, which sets TMUX; where one runs in the other, nobody knows
    which is the inner one.
    """
    in_screen = _term(environ).startswith("screen") and not environ.get("TMUX")
    return bool(environ.get("STY")) or in_screen
