"""A Textual app adapted to its terminal: driver, colours, pastes, and leaving."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event, Paste
from textual.filter import LineFilter
from textual.reactive import var
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widget import MountError, Widget
from textual.widgets import Input
from textual.worker import WorkerFailed

from tui.terminal.charset import is_unicode
from tui.terminal.colors import TerminalColors, is_linux_console
from tui.terminal.driver import LoopDriver, loop_driver
from tui.terminal.graphics import Graphics
from tui.terminal.hangup import leave_with_terminal
from tui.terminal.link import is_slow
from tui.terminal.textual_internals import PatientApp, make_line_caches_late
from tui.terminal.typed_ahead import TypedAhead, ordered_driver
from tui.text import shortened

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.actions import ActionParseResult

    from tui.terminal.app_graphics import AppGraphics
    from tui.terminal.stored_images import StoredImages

_LONGEST_SHOWN = 400


class TerminalApp(PatientApp):
    """An app that adapts to its terminal's input and output.

    Attributes:
        copied: the line that was last sent to the terminal's clipboard.
        typed_ahead: input that is not delivered yet; held back while a screen is prepared.
        terminal: the terminal's driver; None without a terminal.
        images: the images that the terminal keeps; None where images are drawn in blocks. Whoever
            watches it sends its images again: assigned again, it is empty.
    """

    images: var[StoredImages | None] = var(None, always_update=True, init=False)

    def __init__(self) -> None:
        super().__init__()
        make_line_caches_late()
        self._unicode = is_unicode(os.environ, getattr(sys.__stderr__, "encoding", None))
        choose_scrollbars(with_blocks=self._unicode)
        self._terminal_colors = TerminalColors(
            self.console.color_system, linux=is_linux_console(os.environ)
        )
        self._exiting = False
        self._graphics: AppGraphics | None = None
        # Dialogs cover less there: what they covered has to be sent again.
        self.set_class(is_slow(os.environ), "-slow-link")
        self.typed_ahead = TypedAhead(self)
        self.terminal: Driver | None = None
        self.copied = ""

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver with fewer threads, in fewer bytes where the link is slow."""
        driver = ordered_driver(loop_driver(super().get_driver_class()))
        if not is_slow(os.environ):
            return driver
        from tui.terminal.compact_driver import compact_driver

        return compact_driver(driver)

    def get_key_display(self, binding: Binding) -> str:
        """Textual's, but ASCII has no sign for Enter: `<`, which stands for it, is another key."""
        shown = super().get_key_display(binding)
        return "ent" if shown == "⏎" and not self._unicode else shown

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, then the one that knows the terminal's colours."""
        return [*super().get_line_filters(), self._terminal_colors]

    def watch_terminal(self) -> None:
        """Leave when the terminal goes away, and draw on it again when it is back."""
        if not self.is_headless:
            leave_with_terminal(self.leave)
        # Textual takes the terminal again, but draws on it only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self._draw_again())

    def choose_graphics(self, wanted: Graphics) -> None:
        """Draw images so from now on; `graphics_decided` is called once that is known."""
        if self._graphics is None:
            if wanted == "blocks":
                self.graphics_decided("")
                return
            # Imported here: few terminals show pixels.
            from tui.terminal.app_graphics import AppGraphics

            self._graphics = AppGraphics(self._use_images, self._renew_images, self.set_timer)
        driver = self.terminal if isinstance(self.terminal, LoopDriver) else None
        self._graphics.choose(wanted, driver, depth_obstacle=self._color_obstacle())

    def graphics_decided(self, obstacle: str) -> None:
        """Told once it is known how images are drawn: in blocks if there is an obstacle."""

    def _use_images(self, images: StoredImages | None, obstacle: str) -> None:
        self.images = images
        self.graphics_decided(obstacle)

    def _renew_images(self, images: StoredImages) -> None:
        self.images = images

    def _color_obstacle(self) -> str:
        """Why this terminal's colours rule placeholders out: a colour is an image's number."""
        if os.environ.get("NO_COLOR"):
            return "NO_COLOR is set"
        if not self._unicode or self.console.color_system != "truecolor":
            return "pixels need UTF-8 and 24-bit colours"
        return ""

    def _draw_again(self) -> None:
        """Send the whole screen, and the images that others may have had forgotten."""
        if self._graphics is not None:
            self._graphics.renew()
        self.screen.refresh()

    def leave(self, exit_code: int) -> None:
        """Exit at once: the terminal is gone or the system is shutting down."""
        self.exit(return_code=exit_code)

    async def on_event(self, event: Event) -> None:
        """Say that pasted text is ignored."""
        if not isinstance(event, Paste) or take_paste(self, event):
            await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, unless the app is already exiting.

        A screen that has just opened has no widgets yet: its actions wait for them.
        """
        if self._exiting:
            return True
        if isinstance(default_namespace, Widget) and not self.screen.is_mounted:
            asked = partial(self._run_later, action, default_namespace, namespaces)
            return self.screen.call_later(asked)
        return await super().run_action(action, default_namespace, namespaces)

    async def _run_later(
        self,
        action: str | ActionParseResult,
        namespace: DOMNode,
        namespaces: Mapping[str, DOMNode] | None,
    ) -> None:
        if namespace.screen.is_active:
            await self.run_action(action, namespace, namespaces)

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Exit; later keys are left to the shell."""
        self._exiting = True
        super().exit(result, return_code, message)

    def forgives(self, error: Exception) -> bool:
        """Whether an error only says that a screen was opened while the app exits."""
        # Then Textual mounts nothing: a screen that is just being opened has no widgets.
        cause = error.error if isinstance(error, WorkerFailed) else error
        forgiven = self._exiting and isinstance(cause, NoMatches | MountError)
        if forgiven:
            self.log.warning(f"not opened, because the app is exiting: {cause}")
        return forgiven

    def hold_keys(self) -> AbstractContextManager[None]:
        """Hold back what is typed while a screen is prepared: it is meant for that one."""
        return self.typed_ahead.held()

    def action_redraw(self) -> None:
        """Redraw the whole screen, after another program has written over it."""
        self._draw_again()
        redraw = getattr(self.terminal, "redraw", None)
        if redraw is not None:
            redraw()

    def copy_line(self, line: str) -> None:
        """Send a line to the terminal's clipboard and show it, as delivery cannot be confirmed."""
        self.copied = line
        self.copy_to_clipboard(line)
        self.notify(
            f"{shortened(line, _LONGEST_SHOWN)}\n\nSent to the terminal's clipboard (OSC 52). "
            "Some terminals ignore it, tmux needs set-clipboard on: it is also printed on exit.",
            timeout=10,
            markup=False,
        )

    def use_mouse(self, used: bool) -> None:
        """React to the mouse, or leave it to the terminal."""
        if isinstance(self.terminal, LoopDriver):
            self.terminal.use_mouse(used)


class WholeCells(ScrollBarRender):
    """Scrollbar that ends at cell borders: partial blocks would become letters in ASCII."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def choose_scrollbars(*, with_blocks: bool) -> None:
    """Have all scrollbars drawn with parts of blocks, or without."""
    ScrollBar.renderer = ScrollBarRender if with_blocks else WholeCells


def take_paste(app: App[Any], paste: Paste) -> bool:
    """Prepare a paste for what has the focus; False where nothing can take it.

    Textual's fields take the first line and drop the others. A screen that has `takes_pastes` gets
    what no field takes.
    """
    # The first frame need not wait for its import.
    from textual.widgets import TextArea

    focused = app.focused
    if isinstance(focused, TextArea):
        return True
    if not isinstance(focused, Input):
        if getattr(app.screen, "takes_pastes", False):
            return True
        app.notify("Pasted text is ignored here.", severity="warning")
        return False
    lines = (line.strip() for line in paste.text.splitlines())
    paste.text = " ".join(line for line in lines if line)
    return True
