"""What a screen may ask of the app."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from textual.screen import Screen

from tui.catalogue import Entry
from tui.preferences import Preferences
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    # For the first frame, which does not wait for them.
    import numpy as np
    from numpy.typing import NDArray

    from vae_engine.sweeps.store import Sweep


class Workbench(Protocol):
    """The app's interface for screens: preferences, the sessions, and other screens.

    A screen imports neither another feature's screen nor the app: it calls these methods.
    To follow `preferences`, `entries` or `problem`: `self.watch(self.app, "entries", ...)`.
    """

    @property
    def store(self) -> SessionStore:
        """The sessions."""

    @property
    def preferences(self) -> Preferences:
        """What is remembered between runs."""

    @property
    def entries(self) -> tuple[Entry, ...] | None:
        """The present sessions, unordered; None before they were read."""

    @property
    def problem(self) -> str:
        """Why the sessions cannot be read, else empty."""

    def remember(self, **changes: Any) -> None:
        """Change preferences by name, and keep them for the next run."""

    def refresh_sessions(self) -> None:
        """Read the list of sessions now: something was done to them."""

    def list_is_shown(self, shown: bool) -> None:
        """Follow the sessions as closely as they are looked at."""

    def hold_keys(self) -> AbstractContextManager[None]:
        """Hold back what is typed while a screen is prepared: it is meant for that one."""

    def copy_line(self, line: str) -> None:
        """Send a line to the terminal's clipboard."""

    def open_dashboard(self, session: Session, *, instead_of: Screen[Any] | None = None) -> None:
        """Open the dashboard of a session; in the place of a screen, if that is still on top."""

    def open_sampler(
        self, session: Session, z: NDArray[np.float32] | None = None, origin: str = ""
    ) -> None:
        """Open the sampler over a session.

        Args:
            session: which.
            z: (latent_dim,), what its first sample is to be; None takes the prior's.
            origin: where that z comes from, one line, such as `test image 12`.
        """

    def open_sweep(self, sweep: Sweep, *, instead_of: Screen[Any] | None = None) -> None:
        """Open a sweep; in the place of a screen, if that is still on top."""

    def open_sweeps(self) -> None:
        """Open the list of sweeps."""

    def open_new_session(self, base: Session | None = None) -> None:
        """Open the form with the defaults, or with the settings of a session to fork."""

    def open_new_sweep(self) -> None:
        """Open the form with a sweep filled in."""
