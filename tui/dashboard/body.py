"""Parts of the dashboard: all at once, or one page at a time on a small terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from tui.dashboard.diagnosis import collapsed_dimensions, diagnose
from tui.dashboard.epoch_images import EpochImages
from tui.dashboard.kl_bars import KlBars
from tui.dashboard.layout import (
    MARGINS,
    PAGES,
    fits_start,
    shows_whole,
    tile_for,
    tiles_width,
    whole_tile,
)
from tui.dashboard.log_view import LogView
from tui.dashboard.snapshot import Snapshot
from tui.dashboard.starting import start_lines
from tui.dashboard.timeline import Timeline
from tui.history import Metric
from tui.machine import present_line
from tui.preferences import GlyphSet
from tui.rendering.canvas import Mark
from tui.rendering.curves import Scale
from tui.rendering.inspection import Inspection
from tui.rendering.sampling import image_size
from tui.rendering.series import number_text
from tui.rendering.sizes import IMAGE_SIZES, ImageSize, image_sizes
from tui.text import one_line
from tui.widgets.chart import LossChart
from tui.widgets.images import ImageGrid
from tui.widgets.title_line import TitleLine
from vae_engine.sessions.events import EpochEnded

_LEFT = ("charts", "latent")
_AT_START = ("charts", "digits", "samples")
_SHORT_TITLES = {"#digits-title": "Images", "#samples-title": "Samples"}
_CHARTS: dict[Metric, str] = {
    "loss": "loss",
    "reconstruction_loss": "reconstruction",
    "kl_loss": "KL",
}
# Lines above and below a page's images.
_PAGE_HEAD = 6
_BAR_ROWS = 8
_WEIGHTS = ("good", "neutral", "warning", "error")


class DashboardBody(Horizontal):
    """Charts and latent dimensions on the left, images and log on the right."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self._latent_dim = latent_dim
        self._timeline, self._playing = Timeline(), False
        self._images: EpochImages | None = None
        self._image_sizes: Sequence[ImageSize] = IMAGE_SIZES
        self._laid_out: tuple[Size, str] | None = None
        self._starting = self._narrow = False

    def compose(self) -> ComposeResult:
        """Compose all parts; those without room are hidden."""
        with Vertical(id="left"):
            with Vertical(id="charts", classes="part"):
                *_, lowest = _CHARTS
                for metric, title in _CHARTS.items():
                    yield LossChart(title, id=f"chart-{metric}", axis=metric == lowest)
            with Vertical(id="latent", classes="part"):
                yield TitleLine("Latent z", id="latent-title")
                yield Static(id="diagnosis", markup=False)
                yield KlBars(id="kl-bars")
        with Vertical(id="right"):
            with Vertical(id="digits", classes="part"):
                yield TitleLine("Test images and reconstructions", id="digits-title")
                yield Static("They appear once the network is built.", id="no-images", markup=False)
                yield ImageGrid(id="digits-grid")
            with Vertical(id="samples", classes="part"):
                yield TitleLine("Samples of the prior, at fixed z", id="samples-title")
                yield ImageGrid(id="samples-grid")
            with Vertical(id="log", classes="part"):
                yield TitleLine("Worker's log", id="log-title")
                yield LogView(id="log-view")

    def lay_out(self, terminal: Size, page: str) -> bool:
        """Show all parts if they fit, otherwise one page.

        Until the first epoch has finished, the charts' page shows the images beside the stages.

        Returns:
            Whether everything is shown.
        """
        self._laid_out = terminal, page
        whole = shows_whole(terminal.width, terminal.height)
        tile = whole_tile(terminal.width, terminal.height, self._image_sizes)
        start = self._starting and not whole and page == "charts" and fits_start(terminal, tile)
        if start != self._narrow:
            self._narrow = start
            self._show_moment()
        for part in PAGES:
            self.query_one(f"#{part}").display = (
                whole or part == page or (start and part in _AT_START)
            )
        for chart in self.query(LossChart):
            chart.display = not start or chart.id == "chart-loss"
        self.query_one("#left").display = whole or page in _LEFT
        self.query_one("#right").display = whole or start or page not in _LEFT
        several = whole or start
        if not several:
            width, height = terminal.width - MARGINS, terminal.height - _PAGE_HEAD
            tile = tile_for(width, height, self._image_sizes)
        # Inline styles: a class on the body would recompute the styles of all parts.
        # None: as in the style sheet.
        self.query_one("#right").styles.width = tiles_width(tile) + MARGINS if several else None
        for part in ("latent", "digits", "samples"):
            self.query_one(f"#{part}").styles.height = "auto" if several else None
        bars_height = min(self._latent_dim, _BAR_ROWS) if whole else None
        self.query_one(KlBars).styles.height = bars_height
        grids = self.query(ImageGrid)
        for widget in (*grids, self.query_one("#no-images")):
            widget.styles.height = 2 * tile[1] + 1 if several else None
        for grid in grids:
            grid.tile_size = tile
        return whole

    def show_worker(self, snapshot: Snapshot) -> None:
        """Show the worker's log, and above it what the worker has of its machine."""
        self.query_one(LogView).show(snapshot.log)
        machine = present_line(snapshot.machine, live=snapshot.live)
        self.query_one("#log-title", TitleLine).show(machine, short="Log" if machine else "")

    def show_epoch(
        self,
        snapshot: Snapshot,
        timeline: Timeline,
        inspection: Inspection,
        scale: Scale,
        *,
        playing: bool,
    ) -> None:
        """Show the selected epoch, except for its images.

        Args:
            snapshot: the session.
            timeline: with the selected epoch.
            inspection: where the charts are read.
            scale: how to draw the curves.
            playing: whether a time-lapse is playing.
        """
        stages = start_lines(snapshot)
        if bool(stages) != self._starting:
            self._starting = bool(stages)
            self._lay_out_again()
        text = "\n".join(stages) or "no epoch has finished yet"
        for metric in _CHARTS:
            chart = self.query_one(f"#chart-{metric}", LossChart)
            curves = snapshot.history.curves(metric)
            marks = _marks_of(metric, snapshot.history.schedule_marks)
            chart.show(curves, scale=scale, at=inspection, marks=marks, base=0, empty=text)
            # Shown once is enough.
            text = ""
        ended = snapshot.history.nearest(timeline.epoch)
        self.query_one("#latent-title", TitleLine).show(_latent_text(ended))
        if ended is not None:
            bars = self.query_one(KlBars)
            bars.show(ended.kl_per_dimension, collapsed_dimensions(ended))
        self._show_diagnosis(snapshot, timeline.epoch)
        self._timeline, self._playing = timeline, playing
        self._show_moment()

    def show_images(self, images: EpochImages, glyphs: GlyphSet) -> None:
        """Show the images of an epoch."""
        self._images = images
        self._show_moment()
        self._update("#no-images", one_line(images.problem))
        self.query_one("#no-images").display = bool(images.problem)
        digits = self.query_one("#digits-grid", ImageGrid)
        digits.display = not images.problem
        samples = self.query_one("#samples-grid", ImageGrid)
        digits.glyphs = samples.glyphs = glyphs
        self._fit(images)
        digits.show(images.digits, columns=images.across or None)
        samples.show(images.samples)

    def _fit(self, images: EpochImages) -> None:
        """Size the parts for these images."""
        shown = images.samples if len(images.samples) else images.digits
        if not len(shown):
            return
        sizes = image_sizes(*image_size(shown))
        if sizes != self._image_sizes:
            self._image_sizes = sizes
            self._lay_out_again()

    def _lay_out_again(self) -> None:
        if self._laid_out is not None:
            self.lay_out(*self._laid_out)

    def _show_moment(self) -> None:
        moment, images = _moment(self._timeline, self._playing), self._images
        if images is not None and images.epoch == self._timeline.epoch == 0:
            moment = "by the untrained model" if images.reconstructed else "the network comes next"
        if images is not None and images.drawn != images.epoch == self._timeline.epoch:
            moment += f" · drawn at {images.drawn}"
        for title, short in _SHORT_TITLES.items():
            self.query_one(title, TitleLine).show(moment, short=short if self._narrow else "")

    def _show_diagnosis(self, snapshot: Snapshot, epoch: int) -> None:
        findings = diagnose(
            snapshot.history, snapshot.status, snapshot.stop_reason, epoch, snapshot.few_steps
        )
        for weight in _WEIGHTS:
            first = findings[0].weight if findings else "neutral"
            self.query_one("#diagnosis").set_class(weight == first, f"-{weight}")
        self._update("#diagnosis", "\n".join(one_line(finding.sentence) for finding in findings))

    def _update(self, selector: str, text: str) -> None:
        """Change a text, unless it is the same."""
        widget = self.query_one(selector, Static)
        if widget.content != Content(text):
            widget.update(Content(text))


def _marks_of(metric: Metric, marks: Sequence[Mark]) -> list[Mark]:
    """Have each word once in three charts: of beta at the KL, of the learning rate at the loss."""
    words = {"loss": "lr", "kl_loss": "beta"}.get(metric, "no")
    return [replace(mark, told=mark.word.startswith(words)) for mark in marks]


def _latent_text(ended: EpochEnded | None) -> str:
    if ended is None:
        return ""
    kl = ended.kl_per_dimension
    return f"KL {number_text(sum(kl))} nats · {ended.active_units} of {len(kl)} active"


def _moment(timeline: Timeline, playing: bool) -> str:
    if not timeline.epoch:
        return ""
    if timeline.follows:
        return f"epoch {timeline.epoch}, the newest"
    return f"epoch {timeline.epoch} of {timeline.newest}{' ▶' if playing else ''}"
