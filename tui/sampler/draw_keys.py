"""Keys that draw samples: seeds, temperature, prior."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from tui.dialogs import LineScreen
from tui.sampler.prior_switch import PriorSwitch
from tui.sampler.z_screen import ZScreen, key
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS

_TEMPERATURE: Final = Binding.Group("Temperature", compact=True)


class DrawKeys(ZScreen):
    """Draws with other seeds, temperatures and priors.

    Attributes:
        priors: the mixtures, and the fit of one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "resample", "New", "Resample with the next seed", show=True),
        key("b", "step(-1)", "Back", "Back to the previous samples"),
        key("f", "step(1)", "Forward", "Forward to the next samples"),
        key("s", "seed", "Seed", "Type the seed of a draw"),
        key(
            "plus,equals_sign",
            "heat(1)",
            "Temperature up",
            "Temperature up by 0.1",
            group=_TEMPERATURE,
            show=True,
        ),
        key(
            "minus",
            "heat(-1)",
            "Temperature down",
            "Temperature down by 0.1",
            group=_TEMPERATURE,
            show=True,
        ),
        key("p", "prior", "Prior", "Standard prior, or a mixture fitted to posteriors", show=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.priors = PriorSwitch(self, session, self.show_prior)

    def redraw(self) -> None:
        """Decode the shown samples again."""
        raise NotImplementedError

    def decoder_epoch(self) -> int | None:
        """The epoch whose decoder was chosen; None for the newest."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Stop fitting a mixture."""
        self.priors.close()

    def offers(self, action: str) -> bool | None:
        """Draws where keys change z, temperature and prior where samples are shown."""
        if action in ("resample", "step"):
            return self.editable
        if action in ("heat", "seed", "prior"):
            return self.sampler is not None and self.view_name == "samples"
        return super().offers(action)

    def action_resample(self) -> None:
        """Draw with the next seed."""
        if self.sampler is not None:
            self.sampler.draws.resample()
            self.redraw()

    def action_step(self, by: int) -> None:
        """Go to an earlier or later draw."""
        if self.sampler is not None and self.sampler.draws.step(by):
            self.redraw()

    def action_heat(self, steps: int) -> None:
        """Change the temperature."""
        if self.sampler is not None:
            self.sampler.draws.current.heat(steps)
            self.redraw()

    def action_seed(self) -> None:
        """Ask for the seed of a draw."""
        if self.sampler is not None:
            setting, seed = SETTINGS["seed"], f"{self.sampler.draws.current.seed}"
            question = LineScreen(
                "Seed of the draw", seed, check=setting.parse, hint=setting.range_text
            )
            self.app.push_screen(question, self._take_seed)

    def action_prior(self) -> None:
        """Draw from the other prior; the mixture is fitted when it is first wanted."""
        if self.sampler is not None:
            self.priors.turn(self.sampler, self.decoder_epoch())

    def show_prior(self, *, drawn: bool) -> None:
        """Show what is known of priors.

        Args:
            drawn: whether draws have another prior than before.
        """
        if drawn:
            self.redraw()
        else:
            self.show_chosen()

    def _take_seed(self, seed: str | None) -> None:
        if seed is not None and self.sampler is not None:
            self.sampler.draws.take(int(seed))
            self.redraw()
