"""Decode for a widget: what is quick at once, the rest in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message import Message
from textual.widget import Widget

from tui.decoders import LoadedDecoder
from tui.sampler.latent import Floats
from tui.sampler.model import Sheet, decoded_sheet
from tui.screen import has_widgets, run_async

Take = Callable[[Sheet], None]


class Decoding:
    """Decodes one z after the other; of several that wait, the latest is decoded.

    Attributes:
        busy: whether a thread decodes.
    """

    class Done(Message):
        """What a thread has decoded is shown."""

    def __init__(self, widget: Widget) -> None:
        """Make it for the widget that shows the images."""
        self._widget = widget
        self._wanted: tuple[LoadedDecoder, Floats, Take] | None = None
        self.busy = False

    def want(self, decoder: LoadedDecoder, z: Floats, take: Take) -> None:
        """Decode z (n, d) and give the images to `take`: before this returns, if that is quick."""
        if not self.busy and decoder.is_quick(len(z)):
            take(decoded_sheet(decoder, z))
            return
        self._wanted = decoder, z, take
        if not self.busy:
            self.busy = True
            run_async(self._widget, self._work, group="decoding")

    async def _work(self) -> None:
        try:
            while (wanted := self._wanted) is not None:
                self._wanted = None
                decoder, z, take = wanted
                sheet = await asyncio.to_thread(decoded_sheet, decoder, z)
                if not has_widgets(self._widget):
                    return
                # The last one is no longer busy: what it shows may want more.
                self.busy = self._wanted is not None
                take(sheet)
                self._widget.post_message(self.Done())
        finally:
            self.busy = False
