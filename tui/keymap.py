"""User-defined keys from the preferences: ids of actions, and the keys that call them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
_NAMES: Final = frozenset({key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values()))


def usable_keymap(keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the entries that Textual understands, and a line for each that it does not.

    Args:
        keys: of the preferences, such as `{"sampler.new": "r,space"}`. Unknown ids are kept: an
            action is known only once its screen was opened.
    """
    usable, problems = {}, []
    for action, text in keys.items():
        names = [name.strip() for name in text.split(",")]
        unknown = [name for name in names if not _is_key(name)]
        if unknown:
            problems.append(f"keys: {action}: {unknown[0]!r} is not a key like 'r', 'ctrl+r', 'f5'")
        else:
            usable[action] = ",".join(names)
    return usable, problems


def key_name(key: str) -> str:
    """Return Textual's name of a key: `question_mark` for `?`."""
    key = key.strip()
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_key(name: str) -> bool:
    *modifiers, key = name.split("+") if name != "+" else ["+"]
    if not set(modifiers) <= _MODIFIERS:
        return False
    if len(key) == 1:
        return key.isprintable()
    if name in _NAMES or key in _NAMES:
        return True
    try:
        # Textual's name of `?` is question_mark.
        unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return False
    return True
