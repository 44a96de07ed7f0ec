"""The actions of all screens with their ids and keys: what `keys` in the preferences can change."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import walk_packages

import msgspec
from textual.binding import Binding
from textual.dom import DOMNode

import tui
from tui.keymap import key_name, usable_keymap


class Action(msgspec.Struct, frozen=True, order=True):
    """An action of a screen.

    Attributes:
        id: to name it in the preferences.
        keys: that call it, unless the preferences say otherwise.
        name: in the footer and the palette.
    """

    id: str
    keys: str
    name: str


def actions() -> list[Action]:
    """Return all actions that have an id, in order of it.

    Those of one id, of which one applies at a time, are one: `Pause, Continue, Resume`.
    """
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for bindings in map(_named, nodes()):
        for binding in bindings:
            keys, names = found.setdefault(binding.id or "", ({}, {}))
            keys.update(dict.fromkeys(binding.key.split(",")))
            names[binding.description] = None
    return sorted(
        Action(action, ",".join(keys), ", ".join(names)) for action, (keys, names) in found.items()
    )


def keymap_problems(keys: Mapping[str, str]) -> list[str]:
    """Return what of `keys` in the preferences has no effect, one line each.

    Imports every screen, so it takes about a second.
    """
    if not keys:
        return []
    usable, problems = usable_keymap(keys)
    known = {action.id for action in actions()}
    problems += [f"keys: there is no action {name!r}" for name in keys if name not in known]
    # Several classes may have the same bindings.
    return problems + list(
        dict.fromkeys(line for node in nodes() for line in _clashes(node, usable))
    )


def _clashes(node: type[DOMNode], keymap: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each action of a screen that other keys of the user leave without one."""
    keys: dict[str, set[str]] = {}
    for binding in _named(node):
        text = keymap.get(binding.id or "") or binding.key
        keys.setdefault(binding.id or "", set()).update(map(key_name, text.split(",")))
    for chosen in keymap.keys() & keys.keys():
        for other in sorted(keys.keys() - {chosen}):
            shared = keys[chosen] & keys[other]
            if other in keymap and shared and chosen < other:
                yield f"keys: {chosen} and {other} have the same key {min(shared)!r}"
            elif other not in keymap and keys[other] <= keys[chosen]:
                yield f"keys: {chosen} has {min(shared)!r}, which leaves {other} without a key"


def _named(node: type[DOMNode]) -> list[Binding]:
    """Return the bindings of a class that have an id."""
    return [one for one in node.BINDINGS if isinstance(one, Binding) and one.id]


def nodes() -> Iterator[type[DOMNode]]:
    """All classes of the app that have keys of their own."""
    for found in walk_packages(tui.__path__, "tui."):
        # The commands have no keys, and import more.
        if found.name == "tui.__main__" or found.name.startswith("tui.cli"):
            continue
        for value in vars(import_module(found.name)).values():
            if (
                inspect.isclass(value)
                and issubclass(value, DOMNode)
                and value.__module__ == found.name
                and "BINDINGS" in vars(value)
            ):
                yield value
