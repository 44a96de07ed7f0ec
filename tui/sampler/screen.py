"""The sampler: draws from the prior, traversals, paths between samples, the map of latent space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.decoders import Supply
from tui.sampler.chosen import ChosenPanel
from tui.sampler.decoding import Decoding
from tui.sampler.directions import Directions
from tui.sampler.drawing import Drawing
from tui.sampler.draws import Floats, Pin
from tui.sampler.exports import ExportFollower, decoder_line
from tui.sampler.head import SamplerHead
from tui.sampler.kept_samples import keep, put_back
from tui.sampler.keys import SAMPLER_KEYS
from tui.sampler.latent_map import LatentMap
from tui.sampler.latent_vector import LatentVector
from tui.sampler.model import Sampler
from tui.sampler.named_points import NamedPoints
from tui.sampler.sample_grid import SampleGrid
from tui.sampler.saving import save
from tui.sampler.traversal import TraversalView
from tui.sampler.view_switch import ViewName, ViewSwitch
from tui.sampler.views import SamplesView
from tui.sampler.z_editor import ZEditor
from tui.saving import save_in_thread
from tui.screen import WorkbenchScreen
from tui.text import one_line
from tui.widgets.images import ImageGrid
from tui.widgets.key_line import KeyLine
from vae_engine.sessions.session import Session

_LINES_BESIDE_VECTOR = 19
_VALUES_IN_SIGHT = 8
_WIDE = 100


def _carry_out(
    find: Callable[[SamplerScreen], Callable[[], None]],
) -> Callable[[SamplerScreen], None]:
    """Make an action that a part of the screen carries out."""
    return lambda screen: find(screen)()


def _carry_out_with(
    find: Callable[[SamplerScreen], Callable[[Any], None]],
) -> Callable[[SamplerScreen, Any], None]:
    """Make an action with a parameter that a part of the screen carries out."""
    return lambda screen, by: find(screen)(by)


class SamplerScreen(WorkbenchScreen):
    """Samples one session with its newest decoder, or with that of an epoch.

    Attributes:
        session: whose decoders are used.
        sampler: None before the first decoder was loaded.
        views: one of which is shown.
        takes_pastes: what is pasted is a z, unless a field has the focus.
    """

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#samples"
    TERMS = ("z", "prior", "temperature", "latent_dim", "posterior", "seed")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-middle"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = SAMPLER_KEYS
    takes_pastes = True

    def __init__(
        self,
        session: Session,
        z: Floats | None = None,
        origin: str = "",
        epoch: int | None = None,
    ) -> None:
        """Make the sampler of a session.

        Args:
            session: the session.
            z: (latent_dim,), what the first sample is to be; None takes the prior's.
            origin: where that z comes from, one line.
            epoch: whose decoder is used; None follows the newest.
        """
        super().__init__()
        self.session = session
        self.sampler: Sampler | None = None
        self.views = ViewSwitch(session, id="view")
        self.drawing: Drawing = Drawing(self)
        self.editor: ZEditor = ZEditor(self)
        self.points: NamedPoints = NamedPoints(self, self.editor)
        self.directions: Directions = Directions(self, self.editor)
        self._first = None if z is None else Pin(z, origin or "z")
        self.exports = ExportFollower(self, session, self.show_supply)
        self.exports.chosen_epoch = epoch
        self._session_name = session.label.name

    def compose(self) -> ComposeResult:
        """Head, the view, the chosen image and its z beside it, keys."""
        yield SamplerHead(id="head")
        yield Static(id="absent")
        with Horizontal(id="body"):
            yield self.views
            yield ChosenPanel(self.editor, id="side")
        yield KeyLine()

    def on_mount(self) -> None:
        """Wait for a decoder."""
        self.query_one("#body").display = False
        self.exports.follow()

    def on_unmount(self) -> None:
        """Stop fitting a mixture."""
        self.drawing.priors.close()

    def on_resize(self, event: events.Resize) -> None:
        """Make the chosen image as large as the values of z leave room for."""
        left = event.size.height - _LINES_BESIDE_VECTOR
        self.set_class(left < min(self.session.settings.latent_dim, _VALUES_IN_SIGHT), "-low")
        self.query_one(KeyLine).compact = event.size.width < _WIDE

    def terms(self) -> Mapping[str, str]:
        """The words of samples and map."""
        heat = f"{self.sampler.draws.current.temperature:.1f}" if self.sampler else ""
        d = str(self.session.settings.latent_dim)
        return {**super().terms(), "temperature": heat, "latent_dim": d}

    @property
    def host(self) -> WorkbenchScreen:
        """This screen, for its parts."""
        return self

    @property
    def editable(self) -> bool:
        """Whether keys change the selected z."""
        return self.sampler is not None and self.views.is_editable

    def show_supply(self, before: Supply) -> None:
        """Sample with another decoder, or say why there is none."""
        decoder = self.exports.supply.decoder
        self.query_one("#body").display = decoder is not None
        absent = self.query_one("#absent", Static)
        absent.display = decoder is None
        absent.update(Content(one_line(self.exports.supply.problem)))
        if decoder is not None and decoder is not before.decoder:
            if self.sampler is None:
                self._begin(Sampler(decoder))
            else:
                self.sampler.decoder = decoder
                self.redraw()
                self.views.read_beside(self.sampler)
        self._say()

    def redraw(self) -> None:
        """Decode the shown samples again."""
        if self.sampler is not None:
            self.views.view.redraw()
            self.show_chosen()

    def action_epoch(self, by: int) -> None:
        """Use the decoder of an earlier or later epoch."""
        self.exports.choose(by)

    def action_mark(self) -> None:
        """Mark or unmark the selected sample."""
        self.query_one(SamplesView).mark()

    def action_take(self) -> None:
        """Go deeper: traverse the sample, or make what is under the cursor the sample."""
        view = self.views.view
        if isinstance(view, TraversalView):
            cell = view.cell()
            if cell is not None:
                self.editor.set_value(*cell)
        elif self.views.shown == "samples":
            self.action_view("traversal")
        elif (chosen := view.chosen()) is not None:
            self.editor.take_chosen(chosen, f"from the {self.views.shown}")
            self.action_view("samples")

    def action_turn_path(self) -> None:
        """Take the other kind of path."""
        if self.sampler is not None:
            self.sampler.turn_path()
            self.redraw()

    def action_view(self, name: ViewName) -> None:
        """Show another view; if it is shown already, the samples again."""
        if self.sampler is None:
            return
        if name == "path" and self.sampler.marks.pair is None:
            self.notify("Mark two samples with Space first.")
            return
        self.views.show("samples" if name == self.views.shown else name)
        self.set_class(self.views.shown == "traversal", "-traversal")
        self.query_one(ChosenPanel).editable = self.editable
        self.views.read_beside(self.sampler)
        self.refresh_bindings()
        # The view has its size only when it is on the screen.
        self.call_after_refresh(self.redraw)

    def action_nearest(self) -> None:
        """Show the training images that are nearest to the selected sample."""
        if self.sampler is not None and (chosen := self.views.view.chosen()) is not None:
            self.workbench.open_data_browser(self.session, chosen.z, self.exports.chosen_epoch)

    def action_resize(self) -> None:
        """Show the images at another size."""
        self.views.view.resize_images()

    def action_back(self) -> None:
        """Stop fitting a mixture, go back from z to the view, to the samples, or leave."""
        if self.drawing.priors.cancel():
            return
        if self.query_one(LatentVector).has_focus:
            self.views.show(self.views.shown)
        elif self.views.shown == "samples":
            self.action_leave()
        else:
            self.action_view("samples")

    def action_leave(self) -> None:
        """Leave the sampler, and keep what is marked."""
        if self.sampler is not None:
            keep(self.session.folder, self.sampler)
        self.dismiss()

    def action_save(self) -> None:
        """Save what is shown."""
        shown = self.views.view.shown()
        if shown is not None and self.sampler is not None:
            epoch = self.sampler.decoder.entry.epoch
            save_in_thread(self, partial(save, shown, self.session.id, epoch))

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect now."""
        if action == "mark":
            return self.sampler is not None and self.views.shown == "samples"
        if action == "turn_path":
            return self.views.shown == "path"
        if action in ("view", "save", "resize"):
            return self.sampler is not None
        parts = (self.drawing, self.editor, self.points, self.directions)
        offered = (one.offers(action) for one in parts)
        return next((one for one in offered if one is not None), True)

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted as a z."""
        event.stop()
        self.editor.paste(event.text)

    action_step = _carry_out_with(lambda screen: screen.drawing.step)
    action_heat = _carry_out_with(lambda screen: screen.drawing.heat)
    action_push = _carry_out_with(lambda screen: screen.directions.push)
    action_group = _carry_out_with(lambda screen: screen.directions.toggle_group)
    action_resample = _carry_out(lambda screen: screen.drawing.resample)
    action_seed = _carry_out(lambda screen: screen.drawing.ask_seed)
    action_prior = _carry_out(lambda screen: screen.drawing.turn_prior)
    action_direction = _carry_out(lambda screen: screen.directions.choose)
    action_keep_point = _carry_out(lambda screen: screen.points.ask_name)
    action_points = _carry_out(lambda screen: screen.points.choose)
    action_copy_z = _carry_out(lambda screen: screen.editor.copy)
    action_type_z = _carry_out(lambda screen: screen.editor.ask)
    action_image = _carry_out(lambda screen: screen.editor.ask_image)
    action_origin = _carry_out(lambda screen: screen.editor.turn_origin)
    action_release = _carry_out(lambda screen: screen.editor.release)

    @on(SampleGrid.RoomChanged)
    def _fill(self, event: SampleGrid.RoomChanged) -> None:
        if self.query_one(f"#{self.views.shown}") in event.grid.ancestors_with_self:
            self.redraw()

    @on(LatentMap.Boxed)
    def _show_boxed(self, event: LatentMap.Boxed) -> None:
        split = "test" if event.embeddings.complete else "saved"
        selection = split, event.embeddings.indices[event.members], "in the box"
        epoch = self.exports.chosen_epoch
        self.workbench.open_data_browser(self.session, epoch=epoch, selection=selection)

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
        self.refresh_bindings()

    def show_chosen(self) -> None:
        """Show the z that is looked at, and what the view is of."""
        chosen = self.views.view.chosen()
        if chosen is not None:
            self.query_one(ChosenPanel).show(chosen)
        self._say()

    def _say(self) -> None:
        decoder = decoder_line(self._session_name, self.exports.supply)
        of_priors = self.drawing.priors.line(self.sampler) if self.sampler else Content()
        self.query_one(SamplerHead).show(decoder, self.views.view.headline(), of_priors)
