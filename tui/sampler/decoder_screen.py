"""A screen that uses a session's exported decoder, and takes a newer one when it appears."""

from __future__ import annotations

from functools import partial

from textual.message import Message
from textual.timer import Timer

from tui.decoders import Supply, look
from tui.screen import WorkbenchScreen, run_in_thread
from vae_engine.sessions.session import Session

_LOOK_SECONDS = 1.0


class DecoderScreen(WorkbenchScreen):
    """Follows the session's exports while it is on top.

    Attributes:
        session: whose exports.
        supply: what there is now.
        chosen_epoch: the one whose decoder is wanted; None wants the newest.
    """

    class Looked(Message):
        """The session's exports were looked at for the decoder of an epoch."""

        def __init__(self, epoch: int | None, supply: Supply) -> None:
            super().__init__()
            self.epoch, self.supply = epoch, supply

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.supply = Supply()
        self.chosen_epoch: int | None = None
        self._looking = False
        self._again: Timer | None = None

    def show_supply(self, before: Supply) -> None:
        """Show what there is now."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Begin to look."""
        self._again = self.set_interval(_LOOK_SECONDS, self._look)
        self._look()

    def on_screen_suspend(self) -> None:
        """Rest while another screen covers this one."""
        if self._again is not None:
            self._again.pause()

    def on_screen_resume(self) -> None:
        """Look again."""
        if self._again is not None:
            self._again.resume()

    def on_decoder_screen_looked(self, message: Looked) -> None:
        """Take what was seen, and look once more if another epoch was asked for meanwhile."""
        self._looking = False
        if message.epoch != self.chosen_epoch:
            self._look()
        before, self.supply = self.supply, message.supply
        if before != self.supply:
            self.show_supply(before)

    def action_epoch(self, by: int) -> None:
        """Use the decoder of an earlier or later epoch."""
        self.chosen_epoch = self.supply.neighbour(self.chosen_epoch, by)
        self._look()

    def _look(self) -> None:
        # One look at a time: a folder on a network may take its time to answer.
        if not self._looking:
            self._looking = True
            run_in_thread(self, partial(self._look_in_thread, self.chosen_epoch), group="look")

    def _look_in_thread(self, epoch: int | None) -> None:
        supply = look(self.session, epoch, self.supply.decoder)
        self.post_message(self.Looked(epoch, supply))
