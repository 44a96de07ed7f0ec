"""Decode for a widget: what is quick at once, the rest in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.message import Message
from textual.widget import Widget

from tui.decoders import LoadedDecoder
from tui.sampler.latent import Floats
from tui.sampler.model import Sheet, decoded_sheet
from tui.screen import has_widgets, run_async

Take = Callable[[Sheet], None]
_Result = TypeVar("_Result")


class LatestWork:
    """Works in a thread for a widget, on one thing at a time; of several that wait, on the latest.

    Attributes:
        busy: whether a thread works.
    """

    def __init__(self, widget: Widget) -> None:
        """Make it for the widget that shows the results."""
        self._widget = widget
        self._wanted: Callable[[], Callable[[], object]] | None = None
        self.busy = False

    def want(self, work: Callable[[], _Result], take: Callable[[_Result], object]) -> None:
        """Do `work` in a thread, and give its result to `take` in the app's."""
        self._wanted = lambda: partial(take, work())
        if not self.busy:
            self.busy = True
            run_async(self._widget, self._work, group="decoding")

    async def _work(self) -> None:
        try:
            while (wanted := self._wanted) is not None:
                self._wanted = None
                show = await asyncio.to_thread(wanted)
                if not has_widgets(self._widget):
                    return
                # The last one is no longer busy: what it shows may want more.
                self.busy = self._wanted is not None
                show()
        finally:
            self.busy = False


class Decoding:
    """Decodes one z after the other; of several that wait, the latest is decoded."""

    class Done(Message):
        """What a thread has decoded is shown."""

    def __init__(self, widget: Widget) -> None:
        """Make it for the widget that shows the images."""
        self._widget = widget
        self._work = LatestWork(widget)

    @property
    def busy(self) -> bool:
        """Whether a thread decodes."""
        return self._work.busy

    def want(self, decoder: LoadedDecoder, z: Floats, take: Take) -> None:
        """Decode z (n, d) and give the images to `take`: before this returns, if that is quick."""
        if not self.busy and decoder.is_quick(len(z)):
            take(decoded_sheet(decoder, z))
            return

        def show(sheet: Sheet) -> None:
            take(sheet)
            self._widget.post_message(self.Done())

        self._work.want(partial(decoded_sheet, decoder, z), show)
