"""Screens with curves: how these are drawn, and where they are read."""

from __future__ import annotations

from textual.widget import Widget

from tui.rendering.curves import Scale
from tui.rendering.inspection import Inspection
from tui.screen import WorkbenchScreen, has_widgets
from tui.widgets.chart import LossChart

_SMOOTHINGS = (0.0, 0.6, 0.9)


class ChartOptions(WorkbenchScreen):
    """Base of screens with curves; how they are drawn applies to the other screens too.

    Attributes:
        inspection: where the charts are read, and their zoom.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inspection = Inspection()

    @property
    def resting_widget(self) -> Widget | None:
        """Widget that has the focus while no chart has it."""
        return None

    def draw_charts(self) -> None:
        """Draw the charts at the present inspection."""

    def show_charts(self) -> None:
        """Bring the charts into view."""

    def turn_curve(self, by: int) -> None:
        """Choose the next curve, or the previous one, of a screen with one chart."""

    def action_inspect(self) -> None:
        """Let keys move a cursor over the first chart, or no longer."""
        if isinstance(self.focused, LossChart):
            self.action_leave_chart()
            return
        self.show_charts()
        if charts := self._charts():
            charts[0].begin()

    def action_leave_chart(self) -> None:
        """Leave the chart that is read, and its zoom."""
        self.set_focus(self.resting_widget)

    def inspect(self, inspection: Inspection) -> None:
        """Read the charts elsewhere."""
        self.inspection = inspection
        self.draw_charts()

    def on_inspected_chart_moved(self, message: LossChart.Moved) -> None:
        """Follow the keys of a chart."""
        self.inspect(message.inspection)

    def on_loss_chart_epoch_picked(self, message: LossChart.EpochPicked) -> None:
        """Read a chart where it was clicked."""
        message.chart.begin()
        self.inspect(self.inspection.at(message.epoch))

    def on_inspected_chart_turned(self, message: LossChart.Turned) -> None:
        """Read the next chart, or the next curve."""
        charts = self._charts()
        if len(charts) > 1 and self.focused in charts:
            charts[(charts.index(self.focused) + message.by) % len(charts)].begin()
        else:
            self.turn_curve(message.by)

    def on_inspected_chart_left(self) -> None:
        """Draw all epochs again, once no chart is read."""
        if has_widgets(self) and not isinstance(self.focused, LossChart):
            self.inspect(Inspection())

    def _charts(self) -> list[LossChart]:
        """Return the charts that are not hidden."""
        return [
            chart
            for chart in self.query(LossChart)
            if all(node.display for node in chart.ancestors_with_self if isinstance(node, Widget))
        ]

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
