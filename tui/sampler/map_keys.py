"""Keys of the map."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from tui.screen import Keys

_FAR: Final = 5
_LAYERS: Final = Binding.Group("Layers", compact=True)
_AXES: Final = Binding.Group("Axes", compact=True)

_key = Keys("map")

MAP_KEYS: Final[list[BindingType]] = [
    _key("o", "other", "Plane", "Decoded z, or the test images", show=True),
    _key("slash", "legend", "Classes", "Choose the classes that are shown", show=True),
    # Each falls through to the next, and to the screen, where it has no effect.
    _key("escape", "drop", "Cancel", "Drop the box, or stop t-SNE", show=True),
    _key("escape", "screen.back", "Samples", "Back to the samples", show=True, same_as="Cancel"),
    _key("enter", "images", "Images", "Show the images in the box", show=True),
    Binding("left,h", "move(-1, 0)", "Left", show=False),
    Binding("right,l", "move(1, 0)", "Right", show=False),
    Binding("up,k", "move(0, -1)", "Up", show=False),
    Binding("down,j", "move(0, 1)", "Down", show=False),
    Binding("shift+left,H", f"move(-{_FAR}, 0)", "Far left", show=False),
    Binding("shift+right,L", f"move({_FAR}, 0)", "Far right", show=False),
    Binding("shift+up,K", f"move(0, -{_FAR})", "Far up", show=False),
    Binding("shift+down,J", f"move(0, {_FAR})", "Far down", show=False),
    _key("home", "centre", "Centre", "Cursor to z = 0"),
    _key("space", "box", "Box", "Begin a box at the cursor, or drop it", show=True),
    _key(
        "D",
        "density",
        "Density",
        "Shade by the number of images, or colour by class",
        group=_LAYERS,
        show=True,
    ),
    _key("M", "means", "Means", "Mark the mean of each class", group=_LAYERS, show=True),
    _key("c", "turn_class(1)", "Class", "The next class only, or all"),
    _key("C", "turn_class(-1)", "Previous class", "The previous class only, or all"),
    _key("x", "axis(0, 1)", "Across", "Next dimension across", group=_AXES, show=True),
    _key("y", "axis(1, 1)", "Up", "Next dimension upwards", group=_AXES, show=True),
    _key(
        "p",
        "principal",
        "Components",
        "The first two principal components of the test images, or two dimensions",
        group=_AXES,
        show=True,
    ),
    _key(
        "T",
        "tsne",
        "t-SNE",
        "Place the test images by t-SNE, or on a plane",
        group=_AXES,
        show=True,
    ),
    _key("T", "no_tsne", "No t-SNE", "Stop t-SNE", same_as="t-SNE"),
    Binding("X", "axis(0, -1)", "Previous dimension across", show=False),
    Binding("Y", "axis(1, -1)", "Previous dimension upwards", show=False),
]
