"""Where pixels may be sent at all, as far as the environment tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from tui.terminal.link import is_slow

GRAPHICS_VARIABLE: Final = "VAE_GRAPHICS"
"""The setting of commands that print."""

Graphics = Literal["blocks", "auto", "kitty"]
"""How the app draws images: in blocks, in pixels where that is safe, or in pixels anyway."""
PrintedGraphics = Literal["blocks", "auto", "kitty", "sixel", "iterm2"]
"""How commands that print draw images."""


def in_tmux(environ: Mapping[str, str]) -> bool:
    """Whether tmux is between this process and the terminal."""
    return bool(environ.get("TMUX")) or environ.get("TERM", "").startswith("tmux")


def in_screen(environ: Mapping[str, str]) -> bool:
    """Whether GNU screen is between this process and the terminal."""
    return bool(environ.get("STY")) or (
        environ.get("TERM", "").startswith("screen") and not in_tmux(environ)
    )


def obstacle(environ: Mapping[str, str], *, asked: bool) -> str:
    """Why no pixels are sent here; empty where they may be.

    Args:
        environ: of this process.
        asked: the user named the protocol; otherwise it is only sent where nothing is in between
            and bytes cost little.
    """
    if in_screen(environ):
        return "GNU screen passes no images on"
    if asked:
        return ""
    if in_tmux(environ):
        return "tmux passes images on only if told to"
    if environ.get("ZELLIJ"):
        return "Zellij passes no images on"
    return "the link is slow (ssh)" if is_slow(environ) else ""
