"""Filter language of the list of sessions.

Words and conditions, all of which must hold: `digits d=2 loss<145 status=completed tag:paper`.

- A word is looked for in name, id, dataset, status, tags and note; `"two words"` is one word.
- A condition is a field, an operator and a value without spaces between. Numbers, times (`90s`,
  `5m`, `3h`, `2d`, `1w`) and sizes (`800K`, `5M`, `1G`) take `=`, `!=`, `<`, `<=`, `>`, `>=`;
  text takes `=`, `!=`, and `:` for "contains".
- Upper and lower case are the same. What a session does not have meets no condition but `!=`,
  which is the opposite of `=`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tui.catalogue import Entry
from tui.text import one_line
from vae_engine.errors import SettingError
from vae_engine.settings import SETTINGS

Kind = Literal["number", "time", "size", "text"]
Values = tuple[float, ...] | tuple[str, ...]
Condition = Callable[[Entry, float], bool]

_PART = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_CONDITION = re.compile(r"([A-Za-z_]\w*)(<=|>=|!=|=|<|>|:)(.*)", re.DOTALL)
_AMOUNT = re.compile(r"(-?\d+(?:\.\d*)?)([A-Za-z]*)")
_TIMES = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SIZES = {"k": 1e3, "m": 1e6, "g": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": operator.eq,
    "=": operator.eq,
}


@dataclass(frozen=True)
class _Field:
    """A field to filter by: its kind, and the values that a session has."""

    kind: Kind
    values: Callable[[Entry, float], Values]


@dataclass(frozen=True)
class Filter:
    """Conditions that listed sessions satisfy.

    Attributes:
        text: as it was typed.
        conditions: what of it could be read.
        problem: what could not, and what is wanted instead; else empty.
    """

    text: str = ""
    conditions: tuple[Condition, ...] = ()
    problem: str = ""

    def admits(self, entry: Entry, now: float) -> bool:
        """Return whether a session satisfies every condition at `now`, in seconds since 1970."""
        return all(condition(entry, now) for condition in self.conditions)


def parse_filter(text: str) -> Filter:
    """Parse a filter as far as possible, since it may be typed only in part."""
    conditions, problem = [], ""
    for part in _PART.findall(text):
        try:
            conditions.append(_condition(part))
        except SettingError as error:
            problem = problem or one_line(str(error))
    return Filter(text, tuple(conditions), problem)


def _condition(part: str) -> Condition:
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _word(part.replace('"', "").casefold())
    name, sign, value = match.groups()
    field = _FIELDS.get(name.casefold())
    if field is None:
        raise SettingError(f"{name[:20]}{sign} is not a condition: fields are {', '.join(_SHOWN)}")
    value = value.replace('"', "").casefold()
    if not value:
        raise SettingError(f"{name}{sign} needs {_WANTED[field.kind]}")
    if field.kind == "text":
        return _text_condition(field, name, sign, value)
    return _number_condition(field, name, sign, value)


def _word(word: str) -> Condition:
    def holds(entry: Entry, now: float) -> bool:
        return any(word in text for name in _SEARCHED for text in _texts(_FIELDS[name], entry, now))

    return holds


def _text_condition(field: _Field, name: str, sign: str, value: str) -> Condition:
    if sign not in ("=", "!=", ":"):
        raise SettingError(f"{name}{sign} compares text: use {name}={value[:20]} or {name}:")
    wanted = _LIVE_WORDS if name.casefold() == "status" and value == "live" else (value,)

    def holds(entry: Entry, now: float) -> bool:
        texts = _texts(field, entry, now)
        if sign == ":":
            return any(one in text for text in texts for one in wanted)
        return any(text in wanted for text in texts) == (sign == "=")

    return holds


def _number_condition(field: _Field, name: str, sign: str, value: str) -> Condition:
    wanted = _amount(value, field.kind)
    if wanted is None:
        raise SettingError(f"{name}{sign}{value[:20]} needs {_WANTED[field.kind]}")
    if sign == "!=":
        return lambda entry, now: wanted not in _numbers(field, entry, now)
    compare = _COMPARISONS[sign]
    return lambda entry, now: any(compare(one, wanted) for one in _numbers(field, entry, now))


def _amount(text: str, kind: Kind) -> float | None:
    """Parse a number, in seconds or bytes; None if it is not one."""
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    match = _AMOUNT.fullmatch(text)
    unit = (_TIMES if kind == "time" else _SIZES).get(match[2]) if match else None
    return float(match[1]) * unit if match and unit else None


def _texts(field: _Field, entry: Entry, now: float) -> list[str]:
    return [str(value).casefold() for value in field.values(entry, now) if value != ""]


def _numbers(field: _Field, entry: Entry, now: float) -> list[float]:
    return [float(value) for value in field.values(entry, now)]


def _optional(value: float | None) -> tuple[float, ...]:
    return () if value is None else (value,)


def _setting_field(name: str) -> _Field:
    """Make the field of a setting; a list of numbers is compared as text: `filters=16,32`."""
    setting = SETTINGS[name]
    if setting.kind in ("int", "float"):
        return _Field("number", lambda entry, _: _setting_numbers(entry, name))
    return _Field(
        "text",
        lambda entry, _: (setting.format(getattr(entry.settings, name)),) if entry.settings else (),
    )


def _setting_numbers(entry: Entry, name: str) -> tuple[float, ...]:
    return (float(getattr(entry.settings, name)),) if entry.settings else ()


_FIELDS: dict[str, _Field] = {
    **{name: _setting_field(name) for name in SETTINGS},
    "d": _setting_field("latent_dim"),
    "loss": _Field("number", lambda entry, _: _optional(entry.loss)),
    "epoch": _Field("number", lambda entry, _: (entry.epoch,) if entry.settings else ()),
    "speed": _Field("number", lambda entry, _: _optional(entry.speed)),
    "status": _Field("text", lambda entry, _: (entry.status,)),
    "name": _Field("text", lambda entry, _: (entry.name,)),
    "id": _Field("text", lambda entry, _: (entry.id,)),
    "parent": _Field("text", lambda entry, _: (entry.parent or "",)),
    "tag": _Field("text", lambda entry, _: entry.tags),
    "note": _Field("text", lambda entry, _: (entry.note,)),
    "age": _Field("time", lambda entry, now: (now - entry.created,) if entry.created else ()),
    "time": _Field("time", lambda entry, now: (entry.trained_seconds(now),)),
    "size": _Field("size", lambda entry, _: _optional(entry.size)),
}
_SHOWN = ("d", "loss", "epoch", "status", "name", "tag", "note", "age", "time", "size", "...")
_SEARCHED = ("name", "id", "dataset", "status", "tag", "note")
_LIVE_WORDS = ("starting", "training", "paused", "stopping")
_WANTED: dict[Kind, str] = {
    "number": "a number, such as 2 or 1e-3",
    "time": "a time, such as 90s, 5m, 3h or 2d",
    "size": "a size, such as 800K, 5M or 1G",
    "text": "a text",
}
