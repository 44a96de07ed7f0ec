"""The screens that are opened over a session."""

from __future__ import annotations

from tui.size import SizedScreen
from vae_engine.sessions.session import Session


class SessionOpening(SizedScreen):
    """A screen with a session under its cursor."""

    def opened_session(self) -> Session | None:
        """The session under the cursor; None, and a word of why, where it cannot be opened."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the dashboard."""
        from tui.dashboard.screen import DashboardScreen

        if session := self.opened_session():
            self.app.push_screen(DashboardScreen(session))

    def action_generate(self) -> None:
        """Open the sampler."""
        from tui.sampler.screen import SamplerScreen

        if session := self.opened_session():
            self.app.push_screen(SamplerScreen(session))
