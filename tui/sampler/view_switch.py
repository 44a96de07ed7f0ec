"""The views of the sampler, one of which is shown, and what each reads of the session."""

from __future__ import annotations

from typing import Final, Literal, cast

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from tui.preferences import Preferences
from tui.sampler.latent_map import LatentMap
from tui.sampler.map_panes import MapPanes
from tui.sampler.model import Sampler
from tui.sampler.readings import Readings
from tui.sampler.traversal import TraversalView
from tui.sampler.views import PathView, SamplesView, View
from tui.widgets.images import ImageGrid
from vae_engine.sessions.session import Session

ViewName = Literal["samples", "traversal", "path", "map"]

_EDITABLE: Final = ("samples", "traversal")


class ViewSwitch(ContentSwitcher):
    """Shows one of the views.

    Attributes:
        shown: the name of that view.
    """

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        """Make the views of a session; samples are shown first."""
        super().__init__(id=id, initial="samples")
        self._session = session
        self.shown: ViewName = "samples"

    def compose(self) -> ComposeResult:
        """All views."""
        yield SamplesView(id="samples")
        yield TraversalView(id="traversal")
        yield PathView(id="path")
        yield LatentMap(self._session.settings.latent_dim, id="map")

    def on_mount(self) -> None:
        """Draw as the preferences say."""
        self.watch(self.app, "preferences", self._take_preferences)

    @property
    def view(self) -> View:
        """The view that is shown."""
        return cast("View", self.query_one(f"#{self.shown}"))

    @property
    def is_editable(self) -> bool:
        """Whether keys change the selected z in this view."""
        return self.shown in _EDITABLE

    def show(self, name: ViewName) -> None:
        """Show a view, and give it the keys."""
        self.shown = self.current = name
        view = self.query_one(f"#{name}")
        (view.grid if isinstance(view, TraversalView) else view).focus()

    def take(self, sampler: Sampler) -> None:
        """Have all views show these samples."""
        for view in self.children:
            cast("View", view).take(sampler)

    def read_beside(self, sampler: Sampler) -> None:
        """Read what the view shows beside decoded images."""
        readings = Readings(self.screen, self._session)
        if self.shown == "map":
            readings.embeddings(sampler.decoder.entry, self.query_one(LatentMap).show_embeddings)
        elif self.shown == "traversal":
            readings.kl(sampler.decoder.entry, self.query_one(TraversalView).take_kl)

    def _take_preferences(self, preferences: Preferences) -> None:
        for grid in self.query(ImageGrid):
            grid.glyphs = preferences.glyphs
        self.query_one(MapPanes).glyphs = preferences.glyphs
