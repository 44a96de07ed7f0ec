"""Panel with the selected sample: its image and its z."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.preferences import Preferences
from tui.sampler.latent_vector import LatentVector
from tui.sampler.views import Chosen
from tui.sampler.z_editor import ZEditor
from tui.widgets.images import ImageGrid


class ChosenPanel(Vertical):
    """Shows the image, the values of z, and a line of help."""

    def __init__(self, editor: ZEditor, *, id: str | None = None) -> None:
        """Make a panel whose z is changed by this editor."""
        super().__init__(id=id)
        self._editor = editor

    def compose(self) -> ComposeResult:
        """Compose image, values and help."""
        yield ImageGrid(id="portrait")
        yield LatentVector(id="vector")
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Draw as the preferences say."""
        self.watch(self.app, "preferences", self._take_preferences)
        self._hint()

    def on_descendant_focus(self) -> None:
        """Say what the keys do to z."""
        self._hint()

    def on_descendant_blur(self) -> None:
        """Say how to come back to z."""
        self._hint()

    @property
    def editable(self) -> bool:
        """Whether keys change z."""
        return self.query_one(LatentVector).editable

    @editable.setter
    def editable(self, editable: bool) -> None:
        self.query_one(LatentVector).editable = editable
        self._hint()

    def show(self, chosen: Chosen) -> None:
        """Show a sample."""
        self.query_one("#portrait", ImageGrid).show(chosen.image[None])
        self.query_one(LatentVector).show(chosen.z, nudged=chosen.nudged)

    @on(LatentVector.Nudged)
    def _nudge(self, event: LatentVector.Nudged) -> None:
        event.stop()
        self._editor.nudge(event.dimension, event.by)

    @on(LatentVector.Asked)
    def _ask_value(self, event: LatentVector.Asked) -> None:
        event.stop()
        self._editor.ask_value(event.dimension, event.value)

    def _take_preferences(self, preferences: Preferences) -> None:
        self.query_one("#portrait", ImageGrid).glyphs = preferences.glyphs

    def _hint(self) -> None:
        if not self.editable:
            text = ""
        elif self.query_one(LatentVector).has_focus:
            text = "←→ nudge  Enter type"
        else:
            text = "Tab, then ←→ nudges z"
        self.query_one("#hint", Static).update(text, layout=False)
