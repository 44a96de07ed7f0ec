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
        self.query_one("#head-decoder", Static).update(decoder, layout=False)
        self.query_one("#head-view", Static).update(view, layout=False)
        of_priors = self.query_one("#head-prior", Static)
        of_priors.update(prior, layout=False)
        of_priors.display = bool(prior.plain)
