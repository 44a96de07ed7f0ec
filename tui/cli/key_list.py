"""The actions of all screens with their ids and keys: what `keys` in the preferences can change."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import msgspec
from textual.binding import Binding
from textual.dom import DOMNode

import tui
from tui.keymap import usable_keymap
from tui.preferences import preferences_file, read_preferences


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
    """Return all actions that have an id, in order of it."""
    return sorted(
        {
            Action(binding.id, binding.key, binding.description)
            for node in _nodes()
            for binding in node.BINDINGS
            if isinstance(binding, Binding) and binding.id
        }
    )


def keymap_problems() -> list[str]:
    """Return what of `keys` in the preferences has no effect, one line each."""
    keys = read_preferences(preferences_file())[0].keys
    _, problems = usable_keymap(keys)
    known = {action.id for action in actions()} if keys else set()
    return problems + [f"keys: there is no action {name!r}" for name in keys if name not in known]


def _nodes() -> Iterator[type[DOMNode]]:
    """All classes of the app that have keys of their own."""
    for found in walk_packages(tui.__path__, "tui."):
        if found.name == "tui.__main__":
            continue
        for value in vars(import_module(found.name)).values():
            if (
                inspect.isclass(value)
                and issubclass(value, DOMNode)
                and value.__module__ == found.name
                and "BINDINGS" in vars(value)
            ):
                yield value
