"""Run the app, if the terminal can show it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, get_args

import click

from tui.cli.output import flush_or_discard, say
from tui.terminal.graphics import Graphics
from tui.terminal.link import LINK_VARIABLE
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    from tui.preferences import Preferences

Command = TypeVar("Command", bound=Callable[..., Any])

PLAIN_TERMS = ("", "dumb", "unknown")
"""Values of `TERM` for terminals without cursor addressing."""

COLORS = ("auto", "16", "256", "24bit")
_COLOR_SYSTEMS = {"16": "standard", "256": "256", "24bit": "truecolor"}
LINKS = ("auto", "slow", "fast")
_COLORS_OPTION, _LINK_OPTION, _MOUSE_OPTION = "colors", "link", "no_mouse"
_GRAPHICS_OPTION = "graphics"


def app_options(command: Command) -> Command:
    """Add the options of commands that open the app: `--colors`, `--graphics` and the like."""
    colors = click.option(
        "--colors",
        type=click.Choice(COLORS),
        expose_value=False,
        callback=_remember,
        help="colours of the app  [default: detected]",
    )
    no_mouse = click.option(
        "--no-mouse",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="leave the mouse to the terminal, for selecting text",
    )
    link = click.option(
        "--link",
        type=click.Choice(LINKS),
        envvar=LINK_VARIABLE,
        expose_value=False,
        callback=_remember,
        help="send fewer bytes: slow, fast  [default: slow over ssh]",
    )
    graphics = click.option(
        "--graphics",
        type=click.Choice(get_args(Graphics)),
        expose_value=False,
        callback=_remember,
        help="draw images in blocks or pixels  [default: blocks]",
    )
    return colors(graphics(link(no_mouse(command))))


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    if value:
        context.meta[f"vae.{parameter.name}"] = value
    return value


def app_obstacle() -> str:
    """Return why the app cannot be shown here and what to do about it; empty if it can."""
    # textual-serve sets the driver for a browser, and connects pipes instead of a terminal.
    if "TEXTUAL_DRIVER" in os.environ:
        return ""
    for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout)):
        if not _is_terminal(stream):
            return f"{name} is not a terminal: run `vae` without a pipe or redirection of {name}"
    term = os.environ.get("TERM")
    if term is None:
        return "TERM is not set: `export TERM=xterm-256color`"
    if term in PLAIN_TERMS:
        return f"TERM is {term!r}: `export TERM=xterm-256color`, if the terminal supports that"
    return ""


def can_show_app() -> bool:
    """Return whether the app can be shown: on an interactive terminal, or in a browser."""
    return not app_obstacle()


def show_app(store: SessionStore, open_session: str | None = None) -> None:
    """Run the app until the user quits; then print which sessions still run.

    Args:
        store: the sessions.
        open_session: id of the session to begin with; by default the list of all.
    """
    meta = click.get_current_context().meta
    preferences = _preferences()
    _choose_colors(meta.get(f"vae.{_COLORS_OPTION}") or preferences.colors)
    os.environ[LINK_VARIABLE] = meta.get(f"vae.{_LINK_OPTION}") or preferences.link
    if preferences.notify:
        from tui.cli.notify import take_preference

        take_preference()
    mouse = False if meta.get(f"vae.{_MOUSE_OPTION}") else None
    graphics = meta.get(f"vae.{_GRAPHICS_OPTION}")
    for line in run_app(store, open_session, mouse=mouse, graphics=graphics):
        say(line)


def run_app(
    store: SessionStore,
    open_session: str | None = None,
    *,
    mouse: bool | None = None,
    graphics: Graphics | None = None,
) -> list[str]:
    """Run the app on this terminal until it is left.

    Args:
        store: the sessions.
        open_session: id of the session to begin with.
        mouse: whether to react to the mouse; by default as the preferences say.
        graphics: how images are drawn; by default as the preferences say.

    Returns:
        Lines to print then: what was copied, which sessions still run, how to attach to them.

    Raises:
        SystemExit: the terminal has gone, the system ends, or the app has failed.
    """
    # Imported here, so that commands that print lines start faster.
    from tui.app import WorkbenchApp
    from tui.terminal import memory

    memory.share_heap()
    app = WorkbenchApp(store, open_session=open_session, graphics=graphics)
    app.run(mouse=app.preferences.mouse if mouse is None else mouse)
    if app.return_code:
        for stream in (sys.__stdout__, sys.__stderr__):
            flush_or_discard(stream)
        raise SystemExit(app.return_code)
    copied = ["sent to the clipboard:", app.copied] if app.copied else []
    return [*copied, *farewell(store)]


def farewell(store: SessionStore) -> list[str]:
    """Return lines on the sessions that still run: how to attach to them and how to stop them.

    Raises:
        SessionError: the folder of sessions cannot be read.
    """
    from tui.command_line import attach_command, stop_command

    live = [listing for listing in store.listings() if listing.status in LIVE]
    return [
        f"{listing.label.name} is still {listing.status}: "
        f"{attach_command(listing.id, store.root)} (to end it: "
        f"{stop_command(listing.id, store.root)})"
        for listing in live
        if listing.label is not None
    ]


def _preferences() -> Preferences:
    from tui.preferences import preferences_file, read_preferences

    found, _ = read_preferences(preferences_file())
    return found


def _choose_colors(colors: str) -> None:
    """Set the colours; Textual reads the environment when it is imported."""
    from tui.terminal.colorterm import terminal_colors

    if colors == "auto":
        colors = terminal_colors(os.environ)
        if "TEXTUAL_COLOR_SYSTEM" in os.environ or "TEXTUAL_DRIVER" in os.environ:
            return
    os.environ["TEXTUAL_COLOR_SYSTEM"] = _COLOR_SYSTEMS[colors]


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()
