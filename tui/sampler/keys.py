"""The keys of the sampler."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from tui.screen import Keys

_TEMPERATURE = Binding.Group("Temperature", compact=True)


_key = Keys("sampler")

SAMPLER_KEYS: Final[list[BindingType]] = [
    _key("n", "anew", "New", "Draw new samples with the next seed", show=True),
    _key("b", "step(-1)", "Back", "Back to the previous samples"),
    _key("f", "step(1)", "Forward", "Forward to the next samples"),
    _key("s", "seed", "Seed", "Type the seed of a draw"),
    _key(
        "plus,equals_sign",
        "heat(1)",
        "Temperature up",
        "Temperature up by 0.1",
        group=_TEMPERATURE,
        show=True,
    ),
    _key(
        "minus",
        "heat(-1)",
        "Temperature down",
        "Temperature down by 0.1",
        group=_TEMPERATURE,
        show=True,
    ),
    _key("space", "mark", "Mark", "Mark the selected sample as A or B", show=True),
    _key("i", "view('path')", "Path", "The path between the marked samples", show=True),
    _key("c", "turn_path", "Curve", "Linear or spherical path", show=True),
    _key("m", "view('map')", "Map", "The map of latent space", show=True),
    _key("left_square_bracket", "epoch(-1)", "Older", "Earlier decoder", display="["),
    _key("right_square_bracket", "epoch(1)", "Newer", "Later decoder", display="]"),
    _key("v", "resize", "Size", "Smaller images, or the largest again"),
    _key("w", "save", "Save", "Save what is shown as PNG and npz"),
    _key("escape", "back", "Leave", "Back to the samples, or leave the sampler", show=True),
]
