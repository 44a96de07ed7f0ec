"""Keys of the images of a session."""

from __future__ import annotations

from typing import Final

from textual.binding import BindingType

from tui.data_browser.exchange import ImageExchange
from tui.data_browser.model import Browse
from tui.screen import Keys

_key = Keys("images")

IMAGE_KEYS: Final[list[BindingType]] = [
    _key("enter", "sample", "Sampler", "Open the image's z_mean in the sampler", show=True),
    _key("p", "draw", "Posterior", "Open a draw from its posterior in the sampler", show=True),
    _key("t", "turn_split(1)", "Split", "Test, training or validation images", show=True),
    _key("o", "turn_order", "Order", "By index, worst or best -ELBO first", show=True),
    _key("c", "turn_class(1)", "Class", "The next class only, or all", show=True),
    _key("C", "turn_class(-1)", "Previous class", "The previous class only, or all"),
    _key("slash", "find_class", "Find class", "Type the class to show"),
    _key("i", "find_image", "Go to image", "Type the index of an image"),
    _key("N", "nearest", "Nearest", "The training images nearest to the image"),
    _key("I", "open_file", "File", "Open image files of your own", show=True),
    _key(
        "left_square_bracket",
        "epoch(-1)",
        "Older",
        "The earlier model",
        display="[",
    ),
    _key("right_square_bracket", "epoch(1)", "Newer", "The later model", display="]"),
    _key("v", "resize", "Size", "Smaller images, or the largest again"),
    _key("w", "save", "Save", "Save the page as PNG and npz"),
    _key("escape", "leave", "Back", "Leave the images", show=True),
]


def is_offered(action: str, browse: Browse, exchange: ImageExchange) -> bool:
    """Whether an action has an effect now, or will have one once the first images are here."""
    model, split = exchange.model, browse.split
    if exchange.waits:
        return action != "epoch"
    if action in ("sample", "draw", "save", "nearest"):
        return exchange.page is not None
    if action == "turn_split":
        is_read = "train" in browse.splits or exchange.problem
        return not is_read or len(browse.splits) > (browse.selection is None)
    if action in ("turn_class", "find_class"):
        return split is not None and bool((split.labels >= 0).any())
    if action in ("turn_order", "find_image"):
        return split is not None
    if action == "epoch":
        return model is not None and len(model.epochs) > 1
    return action != "open_file" or model is not None
