"""The body of the sampler: the view that is shown, and the chosen image with its z beside it."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.decoders import LoadedDecoder
from tui.sampler.chosen import ChosenPanel
from tui.sampler.decoding import Decoding
from tui.sampler.directions import Directions
from tui.sampler.drawing import Drawing
from tui.sampler.draws import Pin
from tui.sampler.exports import ExportFollower
from tui.sampler.kept_samples import put_back
from tui.sampler.latent_map import LatentMap
from tui.sampler.latent_vector import LatentVector
from tui.sampler.model import Sampler
from tui.sampler.named_points import NamedPoints
from tui.sampler.sample_grid import SampleGrid
from tui.sampler.traversal import TraversalView
from tui.sampler.view_switch import ViewName, ViewSwitch
from tui.sampler.z_editor import ZEditor
from tui.screen import WorkbenchScreen
from tui.widgets.images import ImageGrid
from vae_engine.sessions.session import Session


class SamplerBody(Horizontal):
    """Shows the samples of a session; its parts act on them.

    Attributes:
        host: the screen, which opens dialogs, notifies, and runs workers.
        session: whose decoders are used.
        exports: its decoders.
        sampler: None before the first decoder was loaded.
        views: one of which is shown.
        drawing: draws samples.
        editor: changes the selected z.
        points: names z, and finds them again.
        directions: moves z along a direction.
    """

    def __init__(
        self,
        host: WorkbenchScreen,
        session: Session,
        exports: ExportFollower,
        say: Callable[[], None],
        first: Pin | None = None,
    ) -> None:
        """Make the body of a screen.

        Args:
            host: the screen.
            session: whose decoders are used.
            exports: its decoders.
            say: called when what is chosen or shown has changed.
            first: takes the place of the first sample.
        """
        super().__init__(id="body")
        self.host, self.session, self.exports = host, session, exports
        self._say, self._first = say, first
        self.sampler: Sampler | None = None
        self.views = ViewSwitch(session, id="view")
        self.drawing = Drawing(self)
        self.editor = ZEditor(self)
        self.points = NamedPoints(self, self.editor)
        self.directions = Directions(self, self.editor)

    def compose(self) -> ComposeResult:
        """The views, the chosen image and its z beside them."""
        yield self.views
        yield ChosenPanel(self.editor, id="side")

    @property
    def editable(self) -> bool:
        """Whether keys change the selected z."""
        return self.sampler is not None and self.views.is_editable

    def take_decoder(self, decoder: LoadedDecoder) -> None:
        """Sample with this decoder from now on."""
        if self.sampler is None:
            self._begin(Sampler(decoder))
            return
        self.sampler.decoder = decoder
        self.redraw()
        self.views.read_beside(self.sampler)

    def redraw(self) -> None:
        """Decode the shown samples again."""
        if self.sampler is not None:
            self.views.view.redraw()
            self.show_chosen()

    def show_chosen(self) -> None:
        """Show the z that is looked at, and what the view is of."""
        chosen = self.views.view.chosen()
        if chosen is not None:
            self.query_one(ChosenPanel).show(chosen)
        self._say()

    def open_view(self, name: ViewName) -> None:
        """Show another view; if it is shown already, the samples again."""
        if self.sampler is None:
            return
        if name == "path" and self.sampler.marks.pair is None:
            self.host.notify("Mark two samples with Space first.")
            return
        self.views.show("samples" if name == self.views.shown else name)
        self.host.set_class(self.views.shown == "traversal", "-traversal")
        self.query_one(ChosenPanel).editable = self.editable
        self.views.read_beside(self.sampler)
        self.host.refresh_bindings()
        # The view has its size only when it is on the screen.
        self.call_after_refresh(self.redraw)

    def go_deeper(self) -> None:
        """Traverse the sample, or make what is under the cursor the sample."""
        view = self.views.view
        if isinstance(view, TraversalView):
            cell = view.cell()
            if cell is not None:
                self.editor.set_value(*cell)
        elif self.views.shown == "samples":
            self.open_view("traversal")
        elif (chosen := view.chosen()) is not None:
            self.editor.take_chosen(chosen, f"from the {self.views.shown}")
            self.open_view("samples")

    def go_back(self) -> bool:
        """Go from z to the view, or from there to the samples; return whether it could."""
        if self.query_one(LatentVector).has_focus:
            self.views.show(self.views.shown)
        elif self.views.shown != "samples":
            self.open_view("samples")
        else:
            return False
        return True

    @on(SampleGrid.RoomChanged)
    def _fill(self, event: SampleGrid.RoomChanged) -> None:
        if self.query_one(f"#{self.views.shown}") in event.grid.ancestors_with_self:
            self.redraw()

    @on(LatentMap.Said)
    def _say_on(self) -> None:
        self._say()

    @on(ImageGrid.Selected)
    @on(LatentMap.Moved)
    @on(TraversalView.Drawn)
    @on(Decoding.Done)
    def _look_closer(self) -> None:
        self.show_chosen()

    def _begin(self, sampler: Sampler) -> None:
        self.sampler = sampler
        if self._first is not None:
            sampler.draws.current.put(0, self._first.z, self._first.origin)
            put_back(self.session.folder, sampler, 1)
        self.views.take(sampler)
        self.query_one("#samples").focus()
        self.host.refresh_bindings()
