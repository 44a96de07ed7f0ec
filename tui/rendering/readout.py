"""Text of the values of curves at an epoch, in lines of a given width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.rendering.canvas import PLAIN_MARKERS
from tui.rendering.series import Doubles, Series, far_values, number_text
from tui.rendering.tones import HUES
from tui.text import cells, fitted, one_line, shortened

Part = tuple[str, str]
"""Text with the name of its style: `title`, `note`, or `tone-0` and so on."""

_LABEL_WIDTH = 24
_GAP = 2
# Six significant digits, as far as they are behind the point.
_DIGITS = 6
_MOST_DECIMALS = 5


@dataclass(frozen=True)
class Field:
    """A curve's label with its value, always as wide as at any other epoch."""

    text: str
    tone: str


def fields(
    series: Sequence[Series], epoch: int | None, *, base: int | None, plain: bool
) -> list[Field]:
    """Return each curve's value at an epoch, and its difference to that of another curve.

    Args:
        series: the curves; those without epochs are left out.
        epoch: the epoch, None for the newest of each curve.
        base: index of the curve to which the others are compared, None for none.
        plain: whether curves differ by characters.
    """
    compared = _value(series[base], epoch) if base is not None and base < len(series) else None
    known = [at for at, one in enumerate(series) if len(one.epochs)]
    # What can be read comes first, and before it what the others are compared to.
    known.sort(key=lambda at: (at != base, _value(series[at], epoch) is None))
    return [
        _field(series[at], epoch, compared, plain=plain, apart=base is not None and at != base)
        for at in known
    ]


def rows_of(widths: Sequence[int], width: int) -> list[list[int]]:
    """Divide fields of these widths into lines: the indices in each."""
    rows: list[list[int]] = []
    used = width
    for at, wanted in enumerate(widths):
        if used + _GAP + wanted > width:
            rows.append([])
            used = -_GAP
        rows[-1].append(at)
        used += _GAP + wanted
    return rows


def readout(found: Sequence[Field], width: int, most: int) -> list[list[Part]]:
    """Lay fields out in at most `most` lines; the last one tells how many are left out."""
    rows = rows_of([cells(field.text) for field in found], width)
    lines = [
        [
            (shortened(f"{' ' * _GAP * (place > 0)}{found[at].text}", width), found[at].tone)
            for place, at in row
        ]
        for row in ([*enumerate(row)] for row in rows[:most])
    ]
    if len(rows) > most and lines:
        more = f"  {sum(map(len, rows[most:]))} more"
        last = lines[-1]
        while len(last) > 1 and sum(cells(text) for text, _ in last) + len(more) > width:
            last.pop()
            more = f"  {len(found) - sum(map(len, lines))} more"
        last.append((fitted(more, max(0, width - sum(cells(text) for text, _ in last))), "note"))
    return lines


def short_values(
    series: Sequence[Series], epoch: int | None, room: int, *, plain: bool
) -> list[Part]:
    """Return labels and values in few digits, as many as fit: `  train 142.3  val 145.0`."""
    parts: list[Part] = []
    for one in _named(series, room):
        value = one.value_at(one.epochs[-1] if epoch is None else epoch)
        read = "-" if value is None else number_text(value)
        text = f"  {_marker(one, plain)}{one_line(one.label, _LABEL_WIDTH)} {read}"
        if cells(text) > room:
            break
        parts.append((text, _tone(one)))
        room -= cells(text)
    return parts


def _named(series: Sequence[Series], room: int) -> list[Series]:
    """Return the curves to name, in order; if not all fit, the last one first."""
    named = [one for one in series if len(one.epochs)]
    # Two spaces, a label, a value.
    wanted = sum(min(len(one.label), _LABEL_WIDTH) + 8 for one in named)
    return named if wanted <= room else [*named[-1:], *named[:-1]]


def _field(
    one: Series, epoch: int | None, compared: float | None, *, plain: bool, apart: bool
) -> Field:
    value, decimals = _value(one, epoch), _decimals(one)
    width = _width(one, decimals)
    text = f"{_marker(one, plain)}{one_line(one.label, _LABEL_WIDTH)} "
    text += _number(value, decimals).rjust(width)
    if apart:
        text += f" {_difference(value, compared, decimals, width + 1):>{width + 1}}"
    return Field(text, _tone(one))


def _difference(value: float | None, compared: float | None, decimals: int, width: int) -> str:
    """Format a difference with its sign; with few digits if it is far larger than the values."""
    if value is None or compared is None or not math.isfinite(value - compared):
        return ""
    sign, size = "-" if value < compared else "+", abs(value - compared)
    texts = sign + _number(size, decimals), f"{sign}{size:.0e}"
    return next((text for text in texts if len(text) <= width), "")


def _value(one: Series, epoch: int | None) -> float | None:
    if not len(one.epochs):
        return None
    return one.value_at(one.epochs[-1] if epoch is None else epoch)


def _marker(one: Series, plain: bool) -> str:
    return f"{PLAIN_MARKERS[one.tone % len(PLAIN_MARKERS)]} " if plain else ""


def _tone(one: Series) -> str:
    return f"tone-{one.tone % HUES}"


def _decimals(one: Series) -> int:
    """Return the number of decimals with which a curve is read, the same at every epoch."""
    size = _size(one)
    if not 1e-3 <= size < 10**_DIGITS:
        return -1
    return min(_MOST_DECIMALS, max(0, _DIGITS - 1 - math.floor(math.log10(size))))


def _size(one: Series) -> float:
    usual = _usual(one)
    return float(np.abs(usual).max()) if len(usual) else 0.0


def _usual(one: Series) -> Doubles:
    """Return the values without those far from all others, which would take the decimals."""
    finite = one.values[np.isfinite(one.values)]
    return finite[~far_values(finite)]


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return "-"
    if decimals < 0 or not abs(value) < 10**_DIGITS:
        return f"{value:.4g}"
    return f"{value:.{decimals}f}"


def _width(one: Series, decimals: int) -> int:
    """Return the width of the widest value."""
    if decimals < 0:
        return 10
    finite = one.values[np.isfinite(one.values)]
    return max(len(_number(float(end), decimals)) for end in (finite.min(), finite.max()))
