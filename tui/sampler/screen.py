"""The sampler: draws from the prior, traversals, paths between samples, the map of latent space."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tui.decoders import Supply
from tui.sampler.body import SamplerBody
from tui.sampler.draws import Floats, Pin
from tui.sampler.exports import ExportFollower, decoder_line
from tui.sampler.head import SamplerHead
from tui.sampler.kept_samples import keep
from tui.sampler.keys import SAMPLER_KEYS
from tui.sampler.latent_map import LatentMap
from tui.sampler.model import Sampler
from tui.sampler.saving import save
from tui.sampler.view_switch import ViewName, ViewSwitch
from tui.sampler.views import SamplesView
from tui.saving import save_in_thread
from tui.screen import WorkbenchScreen
from tui.text import one_line
from tui.widgets.key_line import KeyLine
from vae_engine.sessions.session import Session

_LINES_BESIDE_VECTOR = 19
_VALUES_IN_SIGHT = 8
_WIDE = 100


class SamplerScreen(WorkbenchScreen):
    """Samples one session with its newest decoder, or with that of an epoch.

    Attributes:
        session: whose decoders are used.
        exports: its decoders.
        body: shows the samples.
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
        self.exports = ExportFollower(self, session, self.show_supply)
        self.exports.chosen_epoch = epoch
        first = None if z is None else Pin(z, origin or "z")
        self.body = SamplerBody(self, session, self.exports, self._say, first)
        self._session_name = session.label.name

    def compose(self) -> ComposeResult:
        """Head, the view, the chosen image and its z beside it, keys."""
        yield SamplerHead(id="head")
        yield Static(id="absent")
        yield self.body
        yield KeyLine()

    def on_mount(self) -> None:
        """Wait for a decoder."""
        self.body.display = False
        self.exports.follow()

    def on_unmount(self) -> None:
        """Stop fitting a mixture."""
        self.body.drawing.priors.close()

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
    def sampler(self) -> Sampler | None:
        """The samples; None before the first decoder was loaded."""
        return self.body.sampler

    @property
    def views(self) -> ViewSwitch:
        """The views, one of which is shown."""
        return self.body.views

    def show_supply(self, before: Supply) -> None:
        """Sample with another decoder, or say why there is none."""
        decoder = self.exports.supply.decoder
        self.body.display = decoder is not None
        absent = self.query_one("#absent", Static)
        absent.display = decoder is None
        absent.update(Content(one_line(self.exports.supply.problem)))
        if decoder is not None and decoder is not before.decoder:
            self.body.take_decoder(decoder)
        self._say()

    def action_epoch(self, by: int) -> None:
        """Use the decoder of an earlier or later epoch."""
        self.exports.choose(by)

    def action_mark(self) -> None:
        """Mark or unmark the selected sample."""
        self.query_one(SamplesView).mark()

    def action_take(self) -> None:
        """Go deeper: traverse the sample, or make what is under the cursor the sample."""
        self.body.go_deeper()

    def action_turn_path(self) -> None:
        """Take the other kind of path."""
        if self.sampler is not None:
            self.sampler.turn_path()
            self.body.redraw()

    def action_view(self, name: ViewName) -> None:
        """Show another view; if it is shown already, the samples again."""
        self.body.open_view(name)

    def action_nearest(self) -> None:
        """Show the training images that are nearest to the selected sample."""
        if self.sampler is not None and (chosen := self.views.view.chosen()) is not None:
            self.workbench.open_data_browser(self.session, chosen.z, self.exports.chosen_epoch)

    def action_resize(self) -> None:
        """Show the images at another size."""
        self.views.view.resize_images()

    def action_back(self) -> None:
        """Stop fitting a mixture, go back from z to the view, to the samples, or leave."""
        if not self.body.drawing.priors.cancel() and not self.body.go_back():
            self.action_leave()

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
        body = self.body
        parts = (body.drawing, body.editor, body.points, body.directions)
        offered = (one.offers(action) for one in parts)
        return next((one for one in offered if one is not None), True)

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted as a z."""
        event.stop()
        self.body.editor.paste(event.text)

    def action_step(self, by: int) -> None:
        """Go to an earlier or later draw."""
        self.body.drawing.step(by)

    def action_heat(self, steps: int) -> None:
        """Change the temperature."""
        self.body.drawing.heat(steps)

    def action_resample(self) -> None:
        """Resample with the next seed."""
        self.body.drawing.resample()

    def action_seed(self) -> None:
        """Ask for the seed of a draw."""
        self.body.drawing.ask_seed()

    def action_prior(self) -> None:
        """Draw from the other prior."""
        self.body.drawing.turn_prior()

    def action_push(self, strength: float) -> None:
        """Move z along the direction."""
        self.body.directions.push(strength)

    def action_group(self, number: int) -> None:
        """Put the selected sample into a group, or take it out."""
        self.body.directions.toggle_group(number)

    def action_direction(self) -> None:
        """Choose a direction."""
        self.body.directions.choose()

    def action_keep_point(self) -> None:
        """Ask for a name of this z."""
        self.body.points.ask_name()

    def action_points(self) -> None:
        """Choose a named point."""
        self.body.points.choose()

    def action_copy_z(self) -> None:
        """Copy z to the clipboard."""
        self.body.editor.copy()

    def action_type_z(self) -> None:
        """Ask for a whole z."""
        self.body.editor.ask()

    def action_image(self) -> None:
        """Ask for an image file, whose z is taken."""
        self.body.editor.ask_image()

    def action_origin(self) -> None:
        """Start from the prior's mean, or from the sample again."""
        self.body.editor.turn_origin()

    def action_release(self) -> None:
        """Give the sample back the z that was drawn."""
        self.body.editor.release()

    @on(LatentMap.Boxed)
    def _show_boxed(self, event: LatentMap.Boxed) -> None:
        split = "test" if event.embeddings.complete else "saved"
        selection = split, event.embeddings.indices[event.members], "in the box"
        epoch = self.exports.chosen_epoch
        self.workbench.open_data_browser(self.session, epoch=epoch, selection=selection)

    def _say(self) -> None:
        decoder = decoder_line(self._session_name, self.exports.supply)
        of_priors = self.body.drawing.priors.line(self.sampler) if self.sampler else Content()
        self.query_one(SamplerHead).show(decoder, self.views.view.headline(), of_priors)
