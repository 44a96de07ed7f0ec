"""Panel with the selected sample: its image and its z."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.sampler.latent_vector import LatentVector
from tui.sampler.views import Chosen
from tui.widgets.images import ImageGrid


class ChosenPanel(Vertical):
    """Shows the image, the values of z, and a line of help."""

    def compose(self) -> ComposeResult:
        """Compose image, values and help."""
        yield ImageGrid(id="portrait")
        yield LatentVector(id="vector")
        yield Static(id="hint", markup=False)

    @property
    def editable(self) -> bool:
        """Whether keys change z."""
        return self.query_one(LatentVector).editable

    @editable.setter
    def editable(self, editable: bool) -> None:
        self.query_one(LatentVector).editable = editable

    def show(self, chosen: Chosen) -> None:
        """Show a sample."""
        self.query_one("#portrait", ImageGrid).show(chosen.image[None])
        self.query_one(LatentVector).show(chosen.z, nudged=chosen.nudged)

    def hint(self) -> None:
        """Show what the keys do to z."""
        if not self.editable:
            text = ""
        elif self.query_one(LatentVector).has_focus:
            text = "←→ nudge  Enter type"
        else:
            text = "Tab, then ←→ nudges z"
        self.query_one("#hint", Static).update(text, layout=False)
