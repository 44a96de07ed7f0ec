"""Keys of the sessions side by side."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from tui.screen import Keys
from tui.side_by_side.model import PAGE_NAMES

_EPOCH: Final = Binding.Group("Epoch", compact=True)

_key = Keys("pair")

PAIR_KEYS: Final[list[BindingType]] = [
    _key(
        "left_square_bracket",
        "epoch(-1)",
        "Earlier",
        "Earlier epoch of all sessions",
        display="[",
        group=_EPOCH,
        show=True,
    ),
    _key(
        "right_square_bracket",
        "epoch(1)",
        "Later",
        "Later epoch of all sessions",
        display="]",
        group=_EPOCH,
        show=True,
    ),
    _key("t", "turn_split", "Turn", "Other split, or samples and reconstructions", show=True),
    _key("o", "order", "Order", "By index, or where the models differ most", show=True),
    _key("n", "draw(1)", "Draw", "Samples of the next seed", show=True),
    _key("b", "draw(-1)", "Draw back", "Samples of the previous seed"),
    _key("w", "save", "Save", "Save the rows on the screen as PNG and npz", show=True),
    _key("enter", "open", "Open", "Open the dashboard of the session under the cursor"),
    _key("tab", "turn(1)", "Next page", "Next page", show=True),
    _key("shift+tab", "turn(-1)", "Previous page", "Previous page"),
    *(
        _key(str(at), f"open_page({at - 1})", f"{name} page", f"The page of the {name}")
        for at, name in enumerate(PAGE_NAMES, 1)
    ),
    _key("escape", "dismiss", "Back", "Back to the comparison", show=True),
]
