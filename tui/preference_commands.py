"""The command palette's commands that change preferences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TypeVar, get_args

from textual.app import SystemCommand

from tui.preferences import Colors, Link
from tui.terminal.app import TerminalApp
from tui.terminal.graphics import Graphics
from tui.themes import DARK, LIGHT
from tui.workbench import Workbench

_Choice = TypeVar("_Choice", bound=str)


class PreferenceCommands:
    """Changes preferences, applies what can be applied at once, and reports what was chosen."""

    def __init__(self, app: TerminalApp, workbench: Workbench, graphics: Graphics) -> None:
        """Make the commands of an app.

        Args:
            app: to which the preferences apply.
            workbench: has the preferences; the same app.
            graphics: how images are drawn at first.
        """
        self._app = app
        self._workbench = workbench
        self._graphics: Graphics = graphics
        self._graphics_asked = False

    def __iter__(self) -> Iterator[SystemCommand]:
        """Yield the commands in the order of the palette."""
        for title, theme in (("Dark colours", DARK), ("Light colours", LIGHT)):
            yield SystemCommand(
                title, "The app's own theme", partial(setattr, self._app, "theme", theme)
            )
        yield SystemCommand(
            "Glyphs of images",
            "How fine the font's block characters are",
            partial(self._app.run_action, "app.glyphs"),
        )
        yield SystemCommand("Bell on or off", "Ring and notify when a run ends", self.toggle_bell)
        yield SystemCommand("Mouse on or off", "Off: the terminal selects text", self.toggle_mouse)
        yield SystemCommand(
            "Colours: auto, 16, 256 or 24bit", "From the next start", self.next_colors
        )
        yield SystemCommand(
            "Link: auto, slow or fast",
            "Fewer bytes over ssh or always, from the next start",
            self.next_link,
        )

    def toggle_bell(self) -> None:
        """Turn bell and notification at the end of a run on or off."""
        self._workbench.remember(bell=not self._workbench.preferences.bell)
        self._app.notify(f"The bell is {'on' if self._workbench.preferences.bell else 'off'}.")

    def toggle_mouse(self) -> None:
        """Turn the mouse on, or leave it to the terminal."""
        self._workbench.remember(mouse=not self._workbench.preferences.mouse)
        used = self._workbench.preferences.mouse
        self._app.use_mouse(used)
        self._app.notify(f"The mouse is {'on' if used else 'off'}.")

    def next_colors(self) -> None:
        """Choose the next number of colours; applies from the next start."""
        chosen = _next(get_args(Colors), self._workbench.preferences.colors)
        self._workbench.remember(colors=chosen)
        self._app.notify(f"Colours: {chosen}, from the next start.")

    def next_link(self) -> None:
        """Choose the next speed of the link; applies from the next start."""
        chosen = _next(get_args(Link), self._workbench.preferences.link)
        self._workbench.remember(link=chosen)
        self._app.notify(f"Link: {chosen}, from the next start.")

    def next_graphics(self) -> None:
        """Draw images in the next way."""
        self._graphics = _next(get_args(Graphics), self._graphics)
        self._workbench.remember(graphics=self._graphics)
        self._graphics_asked = True
        self.apply_graphics()

    def apply_graphics(self) -> None:
        """Draw images in the chosen way; the app then calls `graphics_decided`."""
        self._app.choose_graphics(self._graphics)

    def graphics_decided(self, obstacle: str) -> None:
        """Report how images are drawn, if it was asked for."""
        if obstacle and (self._graphics_asked or self._graphics == "kitty"):
            self._app.notify(
                f"Images: {self._graphics}, drawn in blocks: {obstacle}.",
                severity="information" if self._graphics == "auto" else "warning",
                markup=False,
            )
        elif self._graphics_asked:
            pixels = ", drawn in pixels" if self._app.images is not None else ""
            self._app.notify(f"Images: {self._graphics}{pixels}.")
        self._graphics_asked = False


def _next(choices: tuple[_Choice, ...], chosen: _Choice) -> _Choice:
    return choices[(choices.index(chosen) + 1) % len(choices)]
