"""A letter means one thing wherever it exists; each exception has its reason here."""

from __future__ import annotations

from typing import Final

from textual.binding import BindingsMap

from tui.dialogs import ConfirmScreen
from tui.key_list import nodes

# By letter: what it means, and the actions that mean it.
MEANINGS: Final = {
    "a": ("all, or fewer", {"select_all", "recent", "all", "paths"}),
    "b": ("previous draw", {"step", "draw"}),
    "B": ("next draw, after b", {"step"}),
    "c": ("cursor in the chart", {"inspect"}),
    "C": ("class before", {"turn_class"}),
    "d": ("delete", {"delete", "drop"}),
    "e": ("extend", {"extend"}),
    "f": ("fork", {"fork"}),
    "F": ("rate against distortion", {"rates"}),
    "g": ("generate", {"generate"}),
    "i": ("images", {"browse", "find_image", "side_by_side"}),
    "I": ("image file", {"open_file", "image"}),
    "m": ("map", {"view"}),
    "n": ("new", {"new", "resample", "draw"}),
    "N": ("nearest images", {"nearest"}),
    "o": ("order", {"sort_next", "turn_order", "order", "sort"}),
    "p": ("pause, or go on", {"pause", "go_on", "resume"}),
    "q": ("leave", {"quit", "app.quit", "dismiss"}),
    "r": ("resume", {"resume"}),
    "R": ("name", {"rename", "keep_point"}),
    "s": ("smoothing", {"smooth"}),
    "t": ("next split", {"turn_split"}),
    "v": ("next metric", {"metric"}),
    "V": ("previous metric", {"metric"}),
    "w": ("write a file", {"save", "save_lapse", "export"}),
    "W": ("words", {"glossary", "dismiss", "instead"}),
    "x": ("stop", {"stop"}),
    "X": ("stop now", {"stop_now"}),
    "y": ("log scale", {"log"}),
    "Y": ("whole range", {"whole"}),
    "z": ("fold", {"fold"}),
}

# In the widget that has the focus, where nothing can be stopped or deleted.
_AXES: Final = "an axis has this name, on the map with the focus"
_EMPTY: Final = (
    "in the empty list, where nothing can be deleted or extended; D and E are everywhere"
)
_NO_SESSION_HERE: Final = "the sampler has no runs, charts, splits or list in it"
_IMAGES: Final = "images have classes and sizes, but no chart and no metric"

EXCEPTIONS: Final = {
    ("map.across", "x"): _AXES,
    ("map.up", "y"): _AXES,
    ("LatentMap.axis", "X"): _AXES,
    ("LatentMap.axis", "Y"): _AXES,
    ("map.density", "D"): "the demo and density; the map has the focus",
    ("map.class", "c"): _IMAGES,
    ("images.class", "c"): _IMAGES,
    ("images.size", "v"): _IMAGES,
    ("sampler.size", "v"): _IMAGES,
    ("map.components", "p"): _NO_SESSION_HERE,
    ("map.plane", "o"): _NO_SESSION_HERE,
    ("sampler.copy_z", "z"): "z has this name, as Z, which types it",
    ("sampler.curve", "c"): _NO_SESSION_HERE,
    ("sampler.origin", "o"): _NO_SESSION_HERE,
    ("sampler.points", "g"): "go to a point: here is where g of the other screens leads",
    ("sampler.prior", "p"): _NO_SESSION_HERE,
    ("sampler.seed", "s"): _NO_SESSION_HERE,
    ("sampler.traverse", "t"): _NO_SESSION_HERE,
    ("sessions.delete", "d"): _EMPTY,
    ("sessions.extend", "e"): _EMPTY,
    ("sessions.compare", "c"): "the list has no chart; it opens one, which c reads",
    ("sessions.sweeps", "s"): "the list has no chart",
    ("images.posterior", "p"): "images of a dataset have no run to pause",
    ("help.glyphs", "g"): "between pages of the help",
}

# What these end or remove cannot be had back by the same key.
DESTRUCTIVE: Final = "dxX"


def letters() -> list[tuple[str, str, str]]:
    """The letter, its action without arguments and its id, of all bindings but those to move."""
    found = set()
    for node in nodes():
        if issubclass(node, ConfirmScreen):
            continue  # y and n answer it.
        for key, bindings in BindingsMap(node.BINDINGS).key_to_bindings.items():
            for binding in bindings:
                if len(key) == 1 and key.isalpha() and key not in "hjklHJKLG":
                    action = binding.action.partition("(")[0]
                    found.add((key, action, binding.id or f"{node.__name__}.{action}"))
    return sorted(found)


def test_a_letter_means_one_thing_wherever_it_exists() -> None:
    others: dict[str, set[str]] = {}
    for letter, action, name in letters():
        if letter in MEANINGS:
            known = action in MEANINGS[letter][1] or (name, letter) in EXCEPTIONS
            assert known, f"{letter} is {MEANINGS[letter][0]}, not {name}"
        elif (name, letter) not in EXCEPTIONS:
            others.setdefault(letter, set()).add(name.partition("-")[0])
    # What is not in the table exists once.
    assert {letter: names for letter, names in others.items() if len(names) > 1} == {}


def test_the_table_has_nothing_that_is_gone() -> None:
    found = letters()
    assert EXCEPTIONS.keys() <= {(name, letter) for letter, _, name in found}
    for letter, (_, actions) in MEANINGS.items():
        assert actions == {action for key, action, _ in found if key == letter} & actions, letter


def test_no_screen_means_two_things_by_a_letter_that_ends_or_deletes() -> None:
    for letter, action, name in letters():
        if letter in DESTRUCTIVE and action not in MEANINGS[letter][1]:
            assert EXCEPTIONS[name, letter] in {_AXES, _EMPTY}, (letter, name)
