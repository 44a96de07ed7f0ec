"""Screens with curves: how these are drawn."""

from __future__ import annotations

from tui.chart_reading import ChartReading
from tui.rendering.curves import Scale

_SMOOTHINGS = (0.0, 0.6, 0.9)


class ChartOptions(ChartReading):
    """Base of screens with curves; how they are drawn applies to the other screens too."""

    @property
    def chart_scale(self) -> Scale:
        """Return how curves are drawn at present."""
        preferences = self.workbench.preferences
        return Scale(
            log=preferences.chart_log,
            smoothing=preferences.chart_smoothing,
            recent=preferences.chart_recent,
            whole=preferences.chart_whole,
        )

    def action_log(self) -> None:
        """Toggle the logarithmic axis."""
        self.workbench.remember(chart_log=not self.workbench.preferences.chart_log)

    def action_smooth(self) -> None:
        """Choose the next degree of smoothing; none after the strongest."""
        present = self.workbench.preferences.chart_smoothing
        stronger = [weight for weight in _SMOOTHINGS if weight > present]
        self.workbench.remember(chart_smoothing=stronger[0] if stronger else 0.0)

    def action_recent(self) -> None:
        """Toggle between the recent epochs and all of them."""
        self.workbench.remember(chart_recent=not self.workbench.preferences.chart_recent)

    def action_whole(self) -> None:
        """Toggle between all values and the range in which curves are distinguishable."""
        self.workbench.remember(chart_whole=not self.workbench.preferences.chart_whole)
