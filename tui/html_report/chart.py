"""Draw curves as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tui.html_report.elements import element
from tui.rendering.axes import robust_range, widened
from tui.rendering.series import Floats, Series, decimated, drawable, number_text, ticks
from tui.rendering.tones import HUES

_LEFT, _TOP, _BOTTOM = 58, 10, 30
_WIDTH, _HEIGHT = 570, 220
_MOST_POINTS = 600
_MARKS = 5


@dataclass(frozen=True)
class SvgArea:
    """Range of a chart, with its mapping to SVG units."""

    first: float
    last: float
    low: float
    high: float

    def across(self, epochs: Floats | float) -> Floats | float:
        """Map epochs to positions from the left."""
        return (epochs - self.first) / (self.last - self.first) * _WIDTH

    def down(self, values: Floats | float) -> Floats | float:
        """Map values to positions from the top."""
        return _HEIGHT - (values - self.low) / (self.high - self.low) * _HEIGHT


def line_chart(title: str, unit: str, curves: Sequence[Series]) -> Element:
    """Draw curves over epochs, with axes, a legend and the best epoch marked.

    The range leaves out what only the first epochs reach, as the charts of the app do.

    Args:
        title: the metric.
        unit: of its values.
        curves: what to draw; values that are not finite are left out.
    """
    shown = [drawable(curve, log=False, smoothing=0, start=None) for curve in curves]
    drawn = [decimated(curve, _MOST_POINTS) for curve in shown if len(curve.epochs)]
    if not drawn:
        return element("p", f"{title}: no epoch has ended yet.")
    low, high = widened(*robust_range(drawn), log=False)
    first = min(float(curve.epochs[0]) for curve in drawn)
    last = max(float(curve.epochs[-1]) for curve in drawn)
    area = SvgArea(first, max(last, first + 1), low, high)
    # An inner svg clips what is outside of its range.
    place = {"x": str(_LEFT), "y": str(_TOP), "width": str(_WIDTH), "height": str(_HEIGHT)}
    plot = element("svg", *(part for curve in drawn for part in _curve(curve, area)), **place)
    view = f"0 0 {_LEFT + _WIDTH + 12} {_TOP + _HEIGHT + _BOTTOM}"
    legend = [
        element("span", element("i", class_=f"tone-{curve.tone % HUES}"), f" {curve.label}")
        for curve in drawn
    ]
    return element(
        "figure",
        element("svg", *_axes(area), plot, viewBox=view, role="img", aria_label=title),
        element("figcaption", f"{title}, {unit}", *legend),
        class_="chart",
    )


def _curve(curve: Series, area: SvgArea) -> Iterator[Element]:
    points = zip(area.across(curve.epochs), area.down(curve.values), strict=True)  # type: ignore[arg-type]
    line = element("polyline", class_=f"tone-{curve.tone % HUES}")
    # Not by `element`, which shortens text.
    line.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    yield line
    if curve.best is not None and (best := curve.value_at(curve.best)) is not None:
        title = element("title", f"best: {number_text(best)} at epoch {curve.best:.0f}")
        x, y = area.across(curve.best), area.down(best)
        place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"}
        yield element("circle", title, class_=f"tone-{curve.tone % HUES}", **place)


def _axes(area: SvgArea) -> Iterator[Element]:
    for value in ticks(area.low, area.high, _MARKS):
        y = f"{_TOP + float(area.down(value)):.1f}"
        yield element("line", x1=str(_LEFT), x2=str(_LEFT + _WIDTH), y1=y, y2=y)
        yield element("text", number_text(value), x=str(_LEFT - 6), y=y, class_="value")
    for epoch in ticks(area.first, area.last, _MARKS):
        x = f"{_LEFT + float(area.across(epoch)):.1f}"
        y = str(_TOP + _HEIGHT + 18)
        yield element("text", f"{epoch:g}", x=x, y=y, class_="epoch")
    middle, bottom = str(_LEFT + _WIDTH / 2), str(_TOP + _HEIGHT + _BOTTOM)
    yield element("text", "epoch", x=middle, y=bottom, class_="epoch")
