"""How curves are drawn, chosen by keys and remembered for every chart."""

from __future__ import annotations

from tui.rendering.curves import Scale
from tui.screen import WorkbenchScreen

_SMOOTHINGS = (0.0, 0.6, 0.9)


class ChartOptions(WorkbenchScreen):
    """A screen with curves; what is chosen here holds on the other ones too."""

    @property
    def chart_scale(self) -> Scale:
        """How curves are to be drawn now."""
        preferences = self.workbench.preferences
        return Scale(
            log=preferences.chart_log,
            smoothing=preferences.chart_smoothing,
            recent=preferences.chart_recent,
            whole=preferences.chart_whole,
        )

    def action_log(self) -> None:
        """A logarithmic axis, or a linear one."""
        self.workbench.remember(chart_log=not self.workbench.preferences.chart_log)

    def action_smooth(self) -> None:
        """The next degree of smoothing; after the strongest none."""
        present = self.workbench.preferences.chart_smoothing
        stronger = [weight for weight in _SMOOTHINGS if weight > present]
        self.workbench.remember(chart_smoothing=stronger[0] if stronger else 0.0)

    def action_recent(self) -> None:
        """Only the recent epochs, or all."""
        self.workbench.remember(chart_recent=not self.workbench.preferences.chart_recent)

    def action_whole(self) -> None:
        """Show all values, or the range in which curves are distinguishable."""
        self.workbench.remember(chart_whole=not self.workbench.preferences.chart_whole)
