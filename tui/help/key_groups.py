"""Group the keys of a screen under headings: its actions first, cursor keys last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.app import App
from textual.binding import ActiveBinding
from textual.keys import format_key
from textual.screen import Screen

THIS_SCREEN: Final = "This screen"
EVERYWHERE: Final = "Everywhere"
MOVE: Final = "Move"

_HEADINGS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "sessions": {
        "The session under the cursor": (
            *("open", "generate", "browse", "resume", "extend", "fork", "rename", "note", "export"),
        ),
        "The selected sessions": ("select", "select_all", "compare", "tag", "delete", "undo"),
        "The list": (*("filter", "leave_filter", "fold", "sort_next", "sort_reverse", "sort_by"),),
        "More": ("new", "demo", "example", "sweeps", "first"),
    },
    "dashboard": {
        "The run": ("pause", "go_on", "resume", "stop", "stop_now", "extend"),
        "The model": ("generate", "browse"),
        "Epochs": ("step", "first", "newest", "lapse"),
        "Curves": ("inspect", "log", "smooth", "recent", "whole"),
        "Pages": ("turn", "open_page"),
    },
    "chart": {
        "The chart": ("step", "end", "zoom", "all_epochs", "mark", "turn", "screen.leave_chart"),
    },
    "compare": {
        "Curves": ("inspect", "metric", "log", "smooth", "recent", "whole"),
    },
    "images": {
        "The image under the cursor": ("sample", "draw", "nearest"),
        "Which images": (
            *("turn_split", "turn_order", "turn_class", "find_class", "find_image", "open_file"),
        ),
    },
    "pair": {
        "The session under the cursor": ("open",),
        "What is compared": ("turn_split", "order", "draw", "epoch"),
        "Pages": ("turn", "open_page"),
    },
    "sampler": {
        "Samples": ("resample", "step", "heat", "seed", "prior", "resize"),
        "Views": ("take", "view", "mark", "turn_path", "nearest"),
        "z": ("copy_z", "type_z", "image", "origin", "release", "keep_point", "points"),
        "Directions": ("direction", "push", "group"),
        "The decoder": ("epoch",),
    },
    "map": {
        "The map": ("other", "tsne", "axis", "principal", "density", "means", "centre"),
        "Classes": ("legend", "turn_class"),
        "A box": ("box", "images", "drop"),
    },
    "legend": {"The class under the cursor": ("show_or_hide", "only"), "Classes": ("all", "leave")},
    "sweep": {
        "The trial under the cursor": ("open", "generate"),
        "The sweep": ("stop", "resume"),
        "Curves": ("inspect", "metric", "log", "smooth", "recent", "whole", "rates"),
        "Samples": ("draw",),
        "Pages": ("turn", "open_page"),
    },
    "new": {
        "The field": ("choose", "reset", "fold"),
        "The form": ("start", "copy", "preset"),
    },
}
"""Headings with their actions, by the first part of a binding's id."""

_FAMILIAR_KEYS: Final = {
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "slash": "/",
    "question_mark": "?",
    "ctrl+underscore": "ctrl+_",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
_CURSOR_KEYS: Final = frozenset(
    f"{modifier}{key}"
    for modifier in ("", "shift+", "ctrl+")
    for key in ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")
) | frozenset("hjklHJKLG")
# Valid keys that are not worth listing.
_TEXTUALS_OWN: Final = {"screen.copy_text", "page_left", "page_right", "app.help_quit"}
_FOCUS: Final = {"app.focus_next", "app.focus_previous"}


@dataclass(frozen=True)
class Key:
    """All keys of one action.

    Attributes:
        keys: all of them, as written on a keyboard. description: what the action does.
        active: the binding of the first.
    """

    keys: str
    description: str
    active: ActiveBinding


def group_keys(
    bindings: Iterable[ActiveBinding], *, by_action: bool = False
) -> dict[str, list[Key]]:
    """Group keys by heading; one entry per action.

    Args:
        bindings: of a screen.
        by_action: give each action of a group of bindings an entry of its own.
    """
    headings: dict[str, dict[object, tuple[list[str], str, ActiveBinding]]] = {}
    ranks: dict[str, int] = {}
    alike: dict[tuple[str, str], object] = {}
    for active in sorted(bindings, key=_place):
        binding = active.binding
        if not _worth_telling(active):
            continue
        text = active.tooltip or binding.tooltip or binding.description
        same: object = binding.action.removeprefix("app.")
        # The description of a compact group is shortened for the footer.
        if binding.group is not None and not binding.group.compact and not by_action:
            same, text = binding.group, binding.group.description
        heading = _heading(active)
        ranks.setdefault(heading, _rank(active, heading))
        # Two actions with one description are indistinguishable.
        same = alike.setdefault((heading, text), same)
        keys, *_ = headings.setdefault(heading, {}).setdefault(same, ([], text, active))
        keys.append(_FAMILIAR_KEYS.get(binding.key) or _name(binding.key))
    return {
        heading: [Key(_joined(keys), text, active) for keys, text, active in entries.values()]
        for heading, entries in sorted(headings.items(), key=lambda item: ranks[item[0]])
    }


def _worth_telling(active: ActiveBinding) -> bool:
    binding = active.binding
    if binding.system or not binding.description or binding.action in _TEXTUALS_OWN:
        return False
    # Textual binds these on every screen, even if there is nothing else to focus.
    return binding.action not in _FOCUS or bool(binding.id)


def _heading(active: ActiveBinding) -> str:
    binding = active.binding
    if isinstance(active.node, App) or binding.action == "app.quit":
        return EVERYWHERE
    action = binding.action.partition("(")[0]
    for heading, actions in _named(active).items():
        if action in actions:
            return heading
    if binding.action in _FOCUS or (
        binding.key in _CURSOR_KEYS and not isinstance(active.node, Screen)
    ):
        return MOVE
    return THIS_SCREEN


def _named(active: ActiveBinding) -> dict[str, tuple[str, ...]]:
    return _HEADINGS.get((active.binding.id or "").partition(".")[0], {})


def _place(active: ActiveBinding) -> tuple[bool, int]:
    """Sort our keys before Textual's; those with a heading in its order."""
    actions = [action for several in _named(active).values() for action in several]
    action = active.binding.action.partition("(")[0]
    place = actions.index(action) if action in actions else len(actions)
    return active.binding.id is None, place


def _rank(active: ActiveBinding, heading: str) -> int:
    """Rank headings in the order of the screen's own table: several screens have "Curves"."""
    if heading in (EVERYWHERE, MOVE):
        return 1000 + (heading == MOVE)
    own = list(_named(active))
    return own.index(heading) if heading in own else 999


def _joined(keys: list[str]) -> str:
    digits = len(keys) > 2 and all(key.isdigit() for key in keys)
    return f"{keys[0]}-{keys[-1]}" if digits else " ".join(keys)


def _name(key: str) -> str:
    name = format_key(key)
    return name.upper() if len(name) > 1 and name[0] == "f" and name[1:].isdigit() else name
