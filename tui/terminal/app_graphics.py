"""Turns pixels on and off in the app: asks the terminal first, and takes all images back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final, Protocol

from textual.timer import Timer

from tui.terminal.asking import cell_size
from tui.terminal.graphics import Graphics, in_tmux, obstacle
from tui.terminal.graphics_probe import PROBE, Replies
from tui.terminal.stored_images import StoredImages

REPLY_SECONDS: Final = 20.0
"""How long the terminal's replies are waited for; nothing else waits meanwhile."""
_NO_KITTY: Final = "this terminal lacks kitty's protocol, or its Unicode placeholders"


class ImageTerminal(Protocol):
    """What is asked of the terminal's driver.

    Attributes:
        on_reply: called with what the terminal replies.
        images: are taken back when the terminal is left.
    """

    on_reply: Callable[[str], None] | None

    @property
    def images(self) -> StoredImages | None:
        """The images that the terminal keeps."""

    @images.setter
    def images(self, images: StoredImages | None) -> None: ...

    def write(self, data: str) -> None:
        """Write to the terminal."""

    def flush(self) -> None:
        """Have it written at once."""


class AppGraphics:
    """Decides whether images are pixels, and keeps the terminal's store of them."""

    def __init__(
        self,
        changed: Callable[[StoredImages | None, str], None],
        renewed: Callable[[StoredImages], None],
        set_timer: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        """Begin with blocks.

        Args:
            changed: called with the store of images, None for blocks, and in that case why.
            renewed: called with the store when it has become empty.
            set_timer: the app's.
        """
        self._changed = changed
        self._renewed = renewed
        self._set_timer = set_timer
        self._driver: ImageTerminal | None = None
        self._images: StoredImages | None = None
        self._waiting: Timer | None = None
        self._replies = Replies()
        self._asked = False

    def choose(
        self, wanted: Graphics, driver: ImageTerminal | None, *, depth_obstacle: str = ""
    ) -> None:
        """Draw images so from now on; `changed` is called once that is decided.

        Args:
            wanted: as in the preferences.
            driver: the terminal's.
            depth_obstacle: why the terminal's colours rule pixels out.
        """
        self._end_waiting()
        self._asked = wanted == "kitty"
        if wanted == "blocks":
            self._decide(None, "")
            return
        reason = depth_obstacle or obstacle(os.environ, asked=self._asked)
        self._driver = driver or self._driver
        if reason or self._driver is None:
            self._decide(None, reason or "there is no terminal")
        elif in_tmux(os.environ):
            # tmux would answer for itself.
            cell = cell_size(sys.__stdout__) if sys.__stdout__ is not None else None
            self._decide(StoredImages(self._driver.write, cell=cell, tmux=True), "")
        else:
            self._ask(self._driver)

    def renew(self) -> None:
        """Have all images sent again: the terminal may have lost them."""
        if self._images is not None:
            self._images.clear()
            self._renewed(self._images)

    def _ask(self, driver: ImageTerminal) -> None:
        self._replies = Replies()
        driver.on_reply = self._take
        driver.write(PROBE)
        driver.flush()
        self._waiting = self._set_timer(REPLY_SECONDS, self._give_up)

    def _take(self, reply: str) -> None:
        self._replies.take(reply)
        if not self._replies.complete or self._waiting is None or self._driver is None:
            return
        self._end_waiting()
        # Whoever names the protocol may know a terminal that this does not.
        replies = self._replies
        if replies.may_have_placeholders if self._asked else replies.has_placeholders:
            self._decide(StoredImages(self._driver.write, cell=self._replies.cell), "")
        else:
            self._decide(None, _NO_KITTY)

    def _give_up(self) -> None:
        self._end_waiting()
        self._decide(None, f"the terminal did not reply within {REPLY_SECONDS:.0f} s")

    def _end_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        if self._driver is not None:
            self._driver.on_reply = None

    def _decide(self, images: StoredImages | None, reason: str) -> None:
        before, self._images = self._images, images
        if self._driver is not None:
            self._driver.images = images
        if before is not None:
            before.clear()
        self._changed(images, reason)
