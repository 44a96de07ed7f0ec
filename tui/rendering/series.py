"""Prepare curves for a chart: clean, smooth, select recent epochs, decimate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LARGEST = 1e100
"""Losses above this are not drawn."""
DASHES = 4
"""Number of line styles per colour: solid, dashed, short dashes, dotted."""
RECENT_SHARE = 4
"""Recent epochs are the newest ones, one in this many..."""
RECENT_LEAST = 10
"""...but at least this many."""
_FAR = 20.0
# A curve's first fifth is much higher than the rest.
_EARLY_SHARE = 0.2
_LEAST_EPOCHS = 5
_OUTSIDE = 3


@dataclass(frozen=True, eq=False)
class Series:
    """One curve.

    Attributes:
        label: what it is; foreign text is allowed.
        epochs: (n,), rising.
        values: (n,), of any value, NaN and infinity included.
        tone: which of a chart's colours it has, plus `HUES` times the way it is dashed.
        band: what lies around the curve: its lower and upper edge, (n,) each; None for no band.
        best: the epoch to mark on the curve, None for none.
        changes: epochs at which its schedule changes, to mark on the curve.
    """

    label: str
    epochs: Doubles
    values: Doubles
    tone: int = 0
    band: tuple[Doubles, Doubles] | None = None
    best: float | None = None
    changes: tuple[int, ...] = ()

    def value_at(self, epoch: float) -> float | None:
        """Return the value of exactly this epoch, None if missing."""
        at = int(np.searchsorted(self.epochs, epoch))
        if at < len(self.epochs) and self.epochs[at] == epoch:
            return float(self.values[at])
        return None


def after_beginning(epochs: Doubles) -> NDArray[np.bool_]:
    """Return which epochs are not in the first fifth, (n,); of fewer than five all."""
    if len(epochs) < _LEAST_EPOCHS:
        return np.ones(len(epochs), bool)
    begin = float(epochs[0] + _EARLY_SHARE * (epochs[-1] - epochs[0]))
    return np.greater(epochs, begin)


def far_values(values: Doubles) -> NDArray[np.bool_]:
    """Return which values are far from all others, (n,): 1.2e6 among losses of 140.

    They are more than 20 interquartile ranges, and a quarter of the median, from the middle half.
    In a chart that shows one, all others are a flat line.
    """
    if not len(values):
        return np.zeros(0, bool)
    # As Python's floats, which overflow without a warning.
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), method="nearest").tolist()
    if low == high:
        return np.zeros(len(values), bool)
    far = max(_FAR * (high - low), abs(middle) / 4)
    found: NDArray[np.bool_] = (values < low - far) | (values > high + far)
    return found


def points_in_sight(x: Doubles, y: Doubles) -> NDArray[np.intp]:
    """Return the indices of the points of a path, (n,) each, that its plane must show.

    Not those of its first fifth, nor those far from all others, which would press the rest into a
    corner.
    """
    kept = np.arange(int(_EARLY_SHARE * len(x)), len(x))
    return kept[~(far_values(x[kept]) | far_values(y[kept]))]


def near_range(values: Doubles, low: float, high: float) -> Doubles:
    """Move values that are far outside a range to three times its length away from it."""
    margin = _OUTSIDE * (high - low)
    return np.clip(values, low - margin, high + margin)


def smoothed(values: Doubles, weight: float) -> Doubles:
    """Smooth by an exponential moving average with bias correction.

    Values that are not finite stay unchanged and do not count. As in TensorBoard: the
    average starts at 0 and is divided by the weights so far, as in Adam (Kingma & Ba, 2015).

    Args:
        values: (n,).
        weight: of the past, from 0 (no smoothing) to below 1.
    """
    if weight <= 0.0:
        return values
    averages = values.copy()
    average, share = 0.0, 0.0
    for index, value in enumerate(values.tolist()):
        if math.isfinite(value):
            average = weight * average + (1.0 - weight) * value
            share = weight * share + (1.0 - weight)
            averages[index] = average / share
    return averages


def _smoothed_curve(epochs: Doubles, values: Doubles, weight: float) -> Doubles:
    """Smooth a curve except for values far from all others, which would show for tens of epochs."""
    at = np.flatnonzero(after_beginning(epochs) & np.isfinite(values))
    at = at[far_values(values[at])]
    rest = values.copy()
    rest[at] = np.nan
    result = smoothed(rest, weight)
    result[at] = values[at]
    return result


def recent_start(last_epoch: float) -> float:
    """Return the first of the recent epochs: the newest quarter, at least ten."""
    return last_epoch - max(RECENT_LEAST, math.ceil(last_epoch / RECENT_SHARE)) + 1


def drawable(
    series: Series,
    *,
    log: bool,
    smoothing: float,
    start: float | None,
    end: float | None = None,
) -> Series:
    """Select the part of a curve that can be drawn, and smooth it.

    Args:
        series: as recorded.
        log: leaves out what has no logarithm.
        smoothing: the weight of the past.
        start: the first epoch to draw, None for all.
        end: the last one, None for all.
    """
    values = _smoothed_curve(series.epochs, series.values, smoothing)
    # NaN fails the comparison as well; beyond, the span of a chart would overflow.
    keep = np.abs(values) < LARGEST
    if log:
        keep &= values > 0
    if start is not None:
        keep &= series.epochs >= start
    if end is not None:
        keep &= series.epochs <= end
    band = None
    if series.band is not None:
        low, high = (_smoothed_curve(series.epochs, edge, smoothing) for edge in series.band)
        keep &= (np.abs(low) < LARGEST) & (np.abs(high) < LARGEST)
        if log:
            keep &= low > 0
        band = low[keep], high[keep]
    return replace(series, epochs=series.epochs[keep], values=values[keep], band=band)


def decimated(series: Series, columns: int) -> Series:
    """Keep at most two points per column, the lowest and the highest, in order of epochs.

    A band keeps its edges at these points.
    """
    count = len(series.epochs)
    if count <= 2 * columns or columns < 1:
        return series
    span = series.epochs[-1] - series.epochs[0]
    column = np.minimum((series.epochs - series.epochs[0]) * (columns / span), columns - 1)
    # Sorted by column and then by value: the first and the last of each column are its extremes.
    order = np.lexsort((series.values, column.astype(np.int64)))
    edges = np.flatnonzero(np.diff(column.astype(np.int64)[order])) + 1
    lowest = order[np.concatenate([[0], edges])]
    highest = order[np.concatenate([edges - 1, [count - 1]])]
    keep = np.unique(np.concatenate([lowest, highest]))
    band = (series.band[0][keep], series.band[1][keep]) if series.band is not None else None
    return replace(series, epochs=series.epochs[keep], values=series.values[keep], band=band)


LEAST_TICKS = 3
_STEPS = (1, 2, 2.5, 4, 5, 10)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return about `most` round values from `low` to `high`, at least three.

    They are multiples of 1, 2 or 5 times a power of 10; of 2.5 or 4 where else there were fewer.
    """
    if not high > low or most < 1:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9)) * power
    found = multiples(step, low, high)
    if len(found) >= min(LEAST_TICKS, most):
        return found
    power = 10.0 ** math.floor(math.log10(high - low))
    steps = (part * unit for unit in (power, power / 10) for part in reversed(_STEPS))
    return next(found for step in steps if len(found := multiples(step, low, high)) >= LEAST_TICKS)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values for a log axis; for less than a decade, those of a linear axis."""
    if high / low < 10:
        return ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    sparsest: list[float] = []
    for parts in ((1, 2, 5), (1, 3), (1,)):
        found = [
            part * 10.0**power
            for power in range(first, last + 1)
            for part in parts
            if low <= part * 10.0**power <= high
        ]
        if len(found) < LEAST_TICKS <= len(sparsest):
            return sparsest
        if len(found) <= most:
            return found
        sparsest = found
    return found[:: math.ceil(len(found) / most)]


def multiples(step: float, low: float, high: float) -> list[float]:
    """Return the multiples of a step from `low` to `high`."""
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def number_text(value: float) -> str:
    """Format a value in at most six characters: `142.3`, `0.012`, `-3.4e5`."""
    if not math.isfinite(value):
        return f"{value:g}"
    size = abs(value)
    if size >= 99999.5 or 0 < size < 0.0005:
        return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    for digits, bound in ((3, 9.9995), (2, 99.995), (1, 999.95)):
        if size < bound:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"
