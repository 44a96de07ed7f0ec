"""Follow the decoders that a session exports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.content import Content
from textual.screen import Screen

from tui.decoders import Supply, find_supply
from tui.polling import Poller
from tui.text import one_line
from vae_engine.sessions.session import Session

_QUIET = "$text-muted"


class ExportFollower:
    """Polls the exports of a session while a screen is on top.

    Attributes:
        supply: what there is now.
        chosen_epoch: the one whose decoder is wanted; None wants the newest.
    """

    def __init__(
        self, screen: Screen[Any], session: Session, changed: Callable[[Supply], None]
    ) -> None:
        """Make what follows the exports, from `follow` on.

        Args:
            screen: for which.
            session: whose exports.
            changed: is given what there was before, when `supply` has become something else.
        """
        self._screen, self._session, self._changed = screen, session, changed
        self.supply = Supply()
        self.chosen_epoch: int | None = None
        self._poller = Poller(screen, self._poll)

    def follow(self) -> None:
        """Poll now and repeatedly."""
        self._poller.follow()

    def choose(self, by: int) -> None:
        """Use the decoder of an earlier or later epoch."""
        self.chosen_epoch = self.supply.neighbour(self.chosen_epoch, by)
        self._poller.poll_now()

    async def _poll(self) -> None:
        epoch = self.chosen_epoch
        supply = await asyncio.to_thread(find_supply, self._session, epoch, self.supply.decoder)
        # As a message of the screen, which ignores messages once it closes.
        self._screen.call_later(self._take, supply)

    def _take(self, supply: Supply) -> None:
        before, self.supply = self.supply, supply
        if before != supply:
            self._changed(before)


def decoder_line(name: str, supply: Supply) -> Content:
    """Format the session, the epoch of its decoder, and the other epochs."""
    parts = [Content.styled(one_line(name), "bold")]
    if supply.decoder is not None:
        entry = supply.decoder.entry
        epoch = f"decoder of epoch {entry.epoch}"
        if entry.step:
            epoch += f" and {entry.step} steps"
        parts.append(Content(epoch) + Content.styled(_standing(supply), _QUIET))
    if supply.problem:
        parts.append(Content.styled(one_line(supply.problem), "$text-warning"))
    elif len(supply.entries) > 1:
        parts.append(_epochs(supply))
    return Content("   ").join(parts)


def _standing(supply: Supply) -> str:
    if supply.newest is None or supply.decoder is None:
        return ""
    if supply.decoder.entry != supply.newest:
        return f", the newest is of {supply.newest.epoch}"
    return ", the newest so far" if supply.live else ", the newest"


def _epochs(supply: Supply) -> Content:
    """List the epochs that have a decoder, with the one in use in bold."""
    used = supply.decoder.entry if supply.decoder else None
    numbers = [
        Content.styled(f"{entry.epoch}", "bold $text-accent" if entry == used else _QUIET)
        for entry in supply.entries
    ]
    return Content.styled("of epochs ", _QUIET) + Content(" ").join(numbers)
