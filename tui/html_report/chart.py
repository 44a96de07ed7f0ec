"""Draw curves as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tui.html_report.elements import element
from tui.rendering.axes import mark_texts, robust_range, whole_range, widened
from tui.rendering.canvas import Mark
from tui.rendering.series import (
    DASHES,
    Doubles,
    Series,
    decimated,
    drawable,
    near_range,
    number_text,
    ticks,
)
from tui.rendering.tones import HUES

_LEFT, _TOP, _BOTTOM = 72, 10, 46
_WIDTH, _HEIGHT = 570, 220
_MOST_POINTS = 600
_VALUES, _EPOCHS = 8, 6


@dataclass(frozen=True)
class SvgArea:
    """Range of a chart, with its mapping to SVG units."""

    first: float
    last: float
    low: float
    high: float

    def across(self, epochs: Doubles | float) -> Doubles | float:
        """Map epochs to positions from the left."""
        return (epochs - self.first) / (self.last - self.first) * _WIDTH

    def down(self, values: Doubles | float) -> Doubles | float:
        """Map values to positions from the top."""
        return _HEIGHT - (values - self.low) / (self.high - self.low) * _HEIGHT


def line_chart(
    title: str, unit: str, curves: Sequence[Series], marks: Sequence[Mark] = ()
) -> Element:
    """Draw curves over epochs, with axes, a legend and the best epoch marked.

    The range leaves out what only the first epochs reach, and values far from all others, as the
    charts of the app do. The caption names the highest and the lowest of these.

    Args:
        title: the metric.
        unit: of its values.
        curves: what to draw; values that are not finite are left out.
        marks: changes of the schedule.
    """
    cleaned = [drawable(curve, log=False, smoothing=0, start=None) for curve in curves]
    shown = [curve for curve in cleaned if len(curve.epochs)]
    if not shown:
        return element("p", f"{title}: no epoch has ended yet.")
    drawn = [decimated(curve, _MOST_POINTS) for curve in shown]
    low, high = widened(*robust_range(shown), log=False)
    first = min(float(curve.epochs[0]) for curve in drawn)
    last = max(float(curve.epochs[-1]) for curve in drawn)
    area = SvgArea(first, max(last, first + 1), low, high)
    # An inner svg clips what is outside of its range.
    place = {"x": str(_LEFT), "y": str(_TOP), "width": str(_WIDTH), "height": str(_HEIGHT)}
    plot = element("svg", *(part for curve in drawn for part in _curve(curve, area)), **place)
    view = f"0 0 {_LEFT + _WIDTH + 12} {_TOP + _HEIGHT + _BOTTOM}"
    legend = [element("span", _swatch(curve), f" {curve.label}") for curve in drawn]
    changes = [part for mark in marks if first <= mark.epoch <= last for part in _mark(mark, area)]
    bests = [part for curve in drawn for part in _best(curve, area)]
    return element(
        "figure",
        element(
            "svg", *_axes(area), *changes, plot, *bests, viewBox=view, role="img", aria_label=title
        ),
        element("figcaption", f"{title}, {unit}{_beyond(shown, low, high)}", *legend),
        class_="chart",
    )


def _beyond(shown: Sequence[Series], low: float, high: float) -> str:
    lowest, highest = whole_range(shown)
    above = f" ↑ {number_text(highest)}" if highest > high else ""
    return above + (f" ↓ {number_text(lowest)}" if lowest < low else "")


def _curve(curve: Series, area: SvgArea) -> Iterator[Element]:
    # Renderers draw no coordinates of millions.
    values = near_range(curve.values, area.low, area.high)
    points = zip(area.across(curve.epochs), area.down(values), strict=True)  # type: ignore[arg-type]
    line = element("polyline", class_=_look(curve))
    # Not by `element`, which shortens text.
    line.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    yield line


def _best(curve: Series, area: SvgArea) -> Iterator[Element]:
    """Mark the best epoch; not in the part that clips, which would halve it at the edge."""
    best = curve.value_at(curve.best) if curve.best is not None else None
    if curve.best is not None and best is not None and area.low <= best <= area.high:
        title = element("title", f"best: {number_text(best)} at epoch {curve.best:.0f}")
        x, y = _LEFT + area.across(curve.best), _TOP + area.down(best)
        place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"}
        yield element("circle", title, class_=f"tone-{curve.tone % HUES}", **place)


def _look(curve: Series) -> str:
    """Return the classes of a curve's colour and dashes."""
    return f"tone-{curve.tone % HUES} dash-{curve.tone // HUES % DASHES}"


def _swatch(curve: Series) -> Element:
    """Draw a piece of the curve for the legend."""
    line = element("polyline", class_=_look(curve), points="0,4 24,4")
    return element("svg", line, viewBox="0 0 24 8", role="presentation")


def _mark(mark: Mark, area: SvgArea) -> Iterator[Element]:
    x = _LEFT + float(area.across(mark.epoch))
    ends = {"y1": str(_TOP), "y2": str(_TOP + _HEIGHT)}
    title = element("title", f"{mark.word}: epoch {mark.epoch}")
    yield element("line", title, x1=f"{x:.1f}", x2=f"{x:.1f}", class_="mark", **ends)
    # To the side with more room.
    right = x < _LEFT + _WIDTH / 2
    place = {"x": f"{x + (4 if right else -4):.1f}", "y": str(_TOP + 11)}
    yield element("text", mark.word, class_="word" if right else "word left", **place)


def _axes(area: SvgArea) -> Iterator[Element]:
    values = ticks(area.low, area.high, _VALUES)
    for value, label in zip(values, mark_texts(values), strict=True):
        y = f"{_TOP + float(area.down(value)):.1f}"
        yield element("line", x1=str(_LEFT), x2=str(_LEFT + _WIDTH), y1=y, y2=y)
        yield element("text", label, x=str(_LEFT - 6), y=y, class_="value")
    epochs = [at for at in ticks(area.first, area.last, _EPOCHS) if at == round(at)]
    for epoch in epochs or [area.first, area.last]:
        x = f"{_LEFT + float(area.across(epoch)):.1f}"
        y = str(_TOP + _HEIGHT + 20)
        yield element("text", f"{epoch:g}", x=x, y=y, class_="epoch")
    middle, bottom = str(_LEFT + _WIDTH / 2), str(_TOP + _HEIGHT + _BOTTOM - 6)
    yield element("text", "epoch", x=middle, y=bottom, class_="epoch")
