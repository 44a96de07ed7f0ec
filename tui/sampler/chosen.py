"""The sample under the cursor: its image, its z, and what the keys do to it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.sampler.latent_vector import LatentVector
from tui.sampler.views import Chosen
from tui.widgets.images import ImageGrid


class ChosenPanel(Vertical):
    """Image, values of z, and a line of help."""

    def compose(self) -> ComposeResult:
        """Image above the values, the help below."""
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
        """Show this one."""
        self.query_one("#portrait", ImageGrid).show(chosen.image[None])
        self.query_one(LatentVector).show(chosen.z, nudged=chosen.nudged)

    def hint(self) -> None:
        """Say what the keys do to z now."""
        if not self.editable:
            told = ""
        elif self.query_one(LatentVector).has_focus:
            told = "←→ nudge  0 undo"
        else:
            told = "Tab, then ←→ nudges z"
        self.query_one("#hint", Static).update(told, layout=False)
