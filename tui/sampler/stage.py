"""What the sampler's parts may ask of its screen."""

from __future__ import annotations

from typing import Protocol

from tui.sampler.exports import ExportFollower
from tui.sampler.model import Sampler
from tui.sampler.view_switch import ViewSwitch
from tui.screen import WorkbenchScreen
from vae_engine.sessions.session import Session


class Stage(Protocol):
    """The sampler's screen, for the objects that act on its samples."""

    @property
    def host(self) -> WorkbenchScreen:
        """The screen itself: it opens dialogs, notifies, and runs workers."""

    @property
    def session(self) -> Session:
        """Whose decoders are used."""

    @property
    def sampler(self) -> Sampler | None:
        """The samples; None before the first decoder was loaded."""

    @property
    def views(self) -> ViewSwitch:
        """The views, one of which is shown."""

    @property
    def editable(self) -> bool:
        """Whether keys change the selected z."""

    def show_chosen(self) -> None:
        """Show the selected z, and what the view is of."""

    @property
    def exports(self) -> ExportFollower:
        """The decoders of the session."""
