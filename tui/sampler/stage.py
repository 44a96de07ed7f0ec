"""What the sampler's parts may ask of its screen."""

from __future__ import annotations

from typing import Literal, Protocol

from tui.sampler.model import Sampler
from tui.sampler.views import View
from vae_engine.sessions.session import Session

ViewName = Literal["samples", "traversal", "path", "map"]


class Stage(Protocol):
    """The sampler's screen, for the objects that act on its samples."""

    @property
    def session(self) -> Session:
        """Whose decoders are used."""

    @property
    def sampler(self) -> Sampler | None:
        """The samples; None before the first decoder was loaded."""

    @property
    def view_name(self) -> ViewName:
        """Name of the view that is shown."""

    @property
    def view(self) -> View:
        """The view that is shown."""

    @property
    def editable(self) -> bool:
        """Whether keys change the selected z."""

    def show_chosen(self) -> None:
        """Show the selected z, and what the view is of."""

    @property
    def decoder_epoch(self) -> int | None:
        """The epoch whose decoder was chosen; None for the newest."""
