"""What the sampler says of the decoder in use."""

from __future__ import annotations

from textual.content import Content

from tui.decoders import Supply
from tui.text import one_line

_QUIET = "$text-muted"


def decoder_line(name: str, supply: Supply) -> Content:
    """Which session, whose epoch's decoder, and which others there are."""
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
    """The epochs that kept a decoder, the one in use in bold."""
    used = supply.decoder.entry if supply.decoder else None
    numbers = [
        Content.styled(f"{entry.epoch}", "bold $text-accent" if entry == used else _QUIET)
        for entry in supply.entries
    ]
    return Content.styled("of ", _QUIET) + Content(" ").join(numbers)
