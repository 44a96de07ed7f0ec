"""Definition of one setting: its kind, range and help; checks, parses and formats its values."""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

import os
import re
from typing import Literal

import msgspec
from msgspec.inspect import (
    Field,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    VarTupleType,
)

from vae_engine.errors import SettingError
from vae_engine.text import value_text

AUTO = "auto"
"""Value that depends on the images or other settings; a list of numbers stores it as ()."""

SettingValue = int | float | str | tuple[int, ...]
SettingKind = Literal["int", "float", "str", "ints", "choice"]


class Setting(msgspec.Struct, frozen=True):
    """Name, kind, default, bounds or choices, and help of a setting."""

    name: str
    kind: SettingKind
    default: SettingValue
    help: str
    low: float
    high: float
    low_open: bool
    high_open: bool
    min_items: int
    max_items: int
    choices: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def range_text(self) -> str:
        """Description of the valid values: `a whole number from 1 to 256`."""
        if self.kind == "choice":
            return " or ".join(self.choices)
        if self.pattern:
            return "auto, a side such as 64, or HEIGHTxWIDTH such as 48x80, each from 8 to 256"
        if self.kind == "str":
            return f"text of {self.min_items} to {self.max_items} characters"
        low = f"above {self.low:g}" if self.low_open else f"from {self.low:.10g}"
        high = f"and below {self.high:g}" if self.high_open else f"to {self.high:.10g}"
        if self.low_open and not self.high_open:
            high = f"and at most {self.high:.10g}"
        if self.kind == "ints":
            auto = "" if self.min_items else f"{AUTO}, or "
            return (
                f"{auto}{max(1, self.min_items)} to {self.max_items} whole numbers {low} {high}, "
                "comma-separated"
            )
        noun = "a whole number" if self.kind == "int" else "a number"
        return f"{noun} {low} {high}"

    @property
    def option(self) -> str:
        """Option on the command line: `--latent-dim`."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: object) -> SettingValue:
        """Validate a value; returns it in the setting's type.

        Raises:
            SettingError: it has the wrong type, or is out of range.
        """
        checked = self._typed(_plain(value))
        if checked is None or not self._in_range(checked):
            raise SettingError(f"{self.name} is {value_text(value)}: it must be {self.range_text}")
        return checked

    def parse(self, text: str) -> SettingValue:
        """Parse a typed value, such as `16,32` or `2e-3`.

        Raises:
            SettingError: it is not of this setting's kind, or out of range.
        """
        try:
            if self.kind == "int":
                return self.check(int(text))
            if self.kind == "float":
                return self.check(float(text))
            if self.kind == "ints" and text != AUTO:
                return self.check(tuple(int(part) for part in text.split(",")))
        except ValueError:
            raise SettingError(
                f"{self.name} is {value_text(text)}: it must be {self.range_text}"
            ) from None
        return self.check(text)

    def format(self, value: object) -> str:
        """Format a value as text that `parse` reads back."""
        if isinstance(value, (tuple, list)):
            return ",".join(str(item) for item in value) or AUTO
        return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)

    def _typed(self, value: object) -> SettingValue | None:
        if isinstance(value, bool):
            return None
        if self.kind == "int":
            return value if isinstance(value, int) else None
        if self.kind == "float":
            return float(value) if isinstance(value, (int, float)) and abs(value) < 1e300 else None
        if self.pattern and isinstance(value, (int, list, tuple)):
            # A side, or (height, width).
            value = "x".join(map(str, [value] if isinstance(value, int) else value))
        if self.kind in ("str", "choice"):
            return value if isinstance(value, str) and value.isprintable() else None
        if value == AUTO and not self.min_items:
            return ()
        if isinstance(value, (list, tuple)) and all(type(item) is int for item in value):
            return tuple(value)
        return None

    def _in_range(self, value: SettingValue) -> bool:
        if self.kind == "choice":
            return value in self.choices
        if isinstance(value, str):
            fits = self.min_items <= len(value) <= self.max_items
            return fits and (not self.pattern or re.search(self.pattern, value) is not None)
        if isinstance(value, tuple):
            return self.min_items <= len(value) <= self.max_items and all(
                self._number_in_range(item) for item in value
            )
        return self._number_in_range(value)

    def _number_in_range(self, value: float) -> bool:
        # Written so that NaN fails both comparisons.
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below


def _plain(value: object) -> object:
    """Convert what notebooks pass (NumPy numbers and arrays, paths) to plain Python values."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    tolist = getattr(value, "tolist", None)
    return value if tolist is None else tolist()


def setting_of(field: Field) -> Setting:
    """Read kind, bounds and help of a setting from the annotation of its field."""
    if not isinstance(field.type, Metadata):
        raise TypeError(f"the setting {field.name} has no description")
    whole = field.type.type
    item = whole.item_type if isinstance(whole, VarTupleType) else whole
    bounds = item if isinstance(item, (IntType, FloatType)) else IntType(ge=0)
    low_open, high_open = bounds.gt is not None, bounds.lt is not None
    lengths = (1, 1)
    if isinstance(whole, (VarTupleType, StrType)):
        lengths = (whole.min_length or 0, whole.max_length or 0)
    return Setting(
        name=field.name,
        kind=_KINDS[type(whole)],
        default=field.default,
        help=(field.type.extra_json_schema or {})["description"],
        low=float(bounds.gt if low_open else bounds.ge or 0),  # type: ignore[arg-type]
        high=float(bounds.lt if high_open else bounds.le or 0),  # type: ignore[arg-type]
        low_open=low_open,
        high_open=high_open,
        min_items=lengths[0],
        max_items=lengths[1],
        choices=tuple(map(str, whole.values)) if isinstance(whole, LiteralType) else (),
        pattern=whole.pattern or "" if isinstance(whole, StrType) else "",
    )


_KINDS: dict[type, SettingKind] = {
    IntType: "int",
    FloatType: "float",
    StrType: "str",
    LiteralType: "choice",
    VarTupleType: "ints",
}
