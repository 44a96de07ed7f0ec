"""Head of the sampler: the decoder, what the view shows, and how the priors compare."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static


class SamplerHead(Vertical):
    """Two lines, and a third where something is known of the priors."""

    def compose(self) -> ComposeResult:
        """Compose the lines."""
        yield Static(id="head-decoder")
        yield Static(id="head-view")
        yield Static(id="head-prior")

    def show(self, decoder: Content, view: Content, prior: Content) -> None:
        """Show these lines; without text, there is no line for the priors."""
        room = self.content_size.width
        self.query_one("#head-decoder", Static).update(fitted(decoder, room), layout=False)
        self.query_one("#head-view", Static).update(fitted(view, room), layout=False)
        of_priors = self.query_one("#head-prior", Static)
        of_priors.update(prior, layout=False)
        of_priors.display = bool(prior.plain)


def fitted(line: Content, room: int) -> Content:
    """Bring the parts of a line closer together where it has no room."""
    return Content("  ").join(line.split("   ")) if line.cell_length > room else line
