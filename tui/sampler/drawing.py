"""Draw samples: seeds, temperature, prior."""

from __future__ import annotations

from tui.dialogs import LineScreen
from tui.sampler.prior_switch import PriorSwitch
from tui.sampler.stage import Stage
from vae_engine.settings import SETTINGS


class Drawing:
    """Draws with other seeds, temperatures and priors.

    Attributes:
        priors: the mixtures, and the fit of one.
    """

    def __init__(self, stage: Stage) -> None:
        """Make what draws for a screen.

        Args:
            stage: the screen, with its samples.
        """
        self._stage = stage
        self.priors = PriorSwitch(stage.host, stage.session, self._show_prior)

    def offers(self, action: str) -> bool | None:
        """Whether an action on draws has an effect now; None for any other action."""
        if action in ("resample", "step"):
            return self._stage.editable
        if action in ("heat", "seed", "prior"):
            return self._stage.sampler is not None and self._stage.views.shown == "samples"
        return None

    def resample(self) -> None:
        """Draw with the next seed."""
        if self._stage.sampler is not None:
            self._stage.sampler.draws.resample()
            self._redraw()

    def step(self, by: int) -> None:
        """Go to an earlier or later draw."""
        if self._stage.sampler is not None and self._stage.sampler.draws.step(by):
            self._redraw()

    def heat(self, steps: int) -> None:
        """Change the temperature."""
        if self._stage.sampler is not None:
            self._stage.sampler.draws.current.heat(steps)
            self._redraw()

    def ask_seed(self) -> None:
        """Ask for the seed of a draw."""
        if self._stage.sampler is not None:
            setting, seed = SETTINGS["seed"], f"{self._stage.sampler.draws.current.seed}"
            question = LineScreen(
                "Seed of the draw", seed, check=setting.parse, hint=setting.range_text
            )
            self._stage.host.app.push_screen(question, self._take_seed)

    def turn_prior(self) -> None:
        """Draw from the other prior; the mixture is fitted when it is first wanted."""
        if self._stage.sampler is not None:
            self.priors.turn(self._stage.sampler, self._stage.exports.chosen_epoch)

    def _show_prior(self, *, drawn: bool) -> None:
        """Show what is known of priors.

        Args:
            drawn: whether draws have another prior than before.
        """
        if drawn:
            self._redraw()
        else:
            self._stage.show_chosen()

    def _take_seed(self, seed: str | None) -> None:
        if seed is not None and self._stage.sampler is not None:
            self._stage.sampler.draws.take(int(seed))
            self._redraw()

    def _redraw(self) -> None:
        self._stage.views.view.redraw()
        self._stage.show_chosen()
