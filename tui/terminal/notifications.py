"""Notifications: a toast in the app, the bell, the terminal's desktop notifications.

The desktop shows a notification where the terminal passes on OSC 9 (iTerm2, kitty, WezTerm,
ghostty, Windows Terminal) or OSC 777 (rxvt, VTE with it, foot); others ignore both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.driver import Driver

_LONGEST = 200
_TOAST_SECONDS = 15.0
_ONLY_OSC_9 = ("kitty", "ghostty", "wezterm", "iterm", "foot")
_ONLY_OSC_777 = ("rxvt",)


def alert(
    app: App[Any],
    title: str,
    message: str,
    *,
    good: bool,
    aloud: bool = True,
    terminal: Driver | None = None,
) -> None:
    """Notify that something ended.

    Args:
        app: the running app.
        title: plain text, not markup.
        message: plain text, not markup.
        good: whether it ended successfully.
        aloud: also ring the bell and notify the desktop.
        terminal: the terminal to notify, or None.
    """
    app.notify(
        message,
        title=title,
        severity="information" if good else "error",
        timeout=_TOAST_SECONDS,
        markup=False,
    )
    if not aloud:
        return
    app.bell()
    if terminal is not None and not app.is_headless:
        terminal.write(notification_codes(title, message, os.environ))
        terminal.flush()


def notification_codes(title: str, message: str, environ: Mapping[str, str]) -> str:
    """Return the control sequences that make a terminal show a desktop notification.

    Args:
        title: of the notification; control characters and `;`, which end a field, are replaced.
        message: its text, treated alike.
        environ: TERM, and TMUX, which lets sequences through only in an envelope.
    """
    title, message = _field(title), _field(message)
    nine = f"\x1b]9;{title}: {message}\x07"
    seven = f"\x1b]777;notify;{title};{message}\x07"
    term = environ.get("TERM", "").lower()
    if any(name in term for name in _ONLY_OSC_9):
        codes = nine
    elif any(name in term for name in _ONLY_OSC_777):
        codes = seven
    else:
        codes = nine + seven
    if environ.get("TMUX"):
        return "\x1bPtmux;" + codes.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return codes


def _field(text: str) -> str:
    """Make text printable, on one line, without the field separator."""
    shown = "".join(char if char.isprintable() else " " for char in text.replace(";", ","))
    return " ".join(shown.split())[:_LONGEST]
