"""Keys of the sampler."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from tui.sampler.directions import STEP
from tui.screen import Keys

_TEMPERATURE: Final = Binding.Group("Temperature", compact=True)
_ALONG: Final = Binding.Group("Along the direction", compact=True)

_key = Keys("sampler")

SAMPLER_KEYS: Final[list[BindingType]] = [
    _key("n", "resample", "New", "Resample with the next seed", show=True),
    _key("b", "step(-1)", "Back", "Back to the previous samples"),
    _key("B", "step(1)", "Forward", "Forward to the next samples"),
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
    _key("p", "prior", "Prior", "Standard prior, or a mixture fitted to posteriors", show=True),
    _key("t", "view('traversal')", "Traverse", "What each dimension does to it", show=True),
    _key("enter", "take", "Take", "Traverse the sample, or go on from what is under the cursor"),
    _key("space", "mark", "Mark", "Mark the selected sample as A or B", show=True),
    _key("S", "view('path')", "Path", "The path between the marked samples", show=True),
    _key("c", "turn_path", "Curve", "Linear or spherical path", show=True),
    _key("m", "view('map')", "Map", "The map of latent space", show=True),
    _key("N", "nearest", "Nearest", "The training images nearest to the sample"),
    _key("left_square_bracket", "epoch(-1)", "Older", "Earlier decoder", display="["),
    _key("right_square_bracket", "epoch(1)", "Newer", "Later decoder", display="]"),
    _key("v", "resize", "Size", "Smaller images, or the largest again"),
    _key("w", "save", "Save", "Save the view as PNG and npz, a walk as GIF too"),
    _key("escape", "back", "Leave", "Back from z, to the samples, or leave the sampler", show=True),
    _key("z", "copy_z", "Copy z", "Copy z to the terminal's clipboard"),
    _key("Z", "type_z", "Type z", "Type or paste a whole z"),
    _key("I", "image", "Encode", "Take the z of an image file"),
    _key("o", "origin", "Origin", "Start from the prior's mean, or from the sample again"),
    _key("backspace", "release", "As drawn", "Give the sample back the z that was drawn"),
    _key("R", "keep_point", "Name point", "Name this z, to find it again in the session"),
    _key("g", "points", "Points", "Go to a named point, or delete one"),
    _key(
        "greater_than_sign",
        "direction",
        "Direction",
        "Choose a direction between two classes or groups",
    ),
    _key("comma", f"push(-{STEP})", "Less", "Less of the direction", group=_ALONG, display=","),
    _key("full_stop", f"push({STEP})", "More", "More of it", group=_ALONG, display="."),
    _key("1", "group(1)", "Group 1", "Put the sample into group 1, or take it out"),
    _key("2", "group(2)", "Group 2", "Put the sample into group 2, or take it out"),
]
