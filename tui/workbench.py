"""Interface of the app for its screens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from textual.screen import Screen

from tui.catalogue import Entry
from tui.preferences import Preferences
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    # Not at run time: these imports would delay the first frame.
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
        """Store of the sessions."""

    @property
    def preferences(self) -> Preferences:
        """The user's preferences."""

    @property
    def entries(self) -> tuple[Entry, ...] | None:
        """Present sessions, unordered; None before the first read."""

    @property
    def problem(self) -> str:
        """Why the sessions cannot be read; empty if they can."""

    def remember(self, **changes: Any) -> None:
        """Change preferences by name, and save them."""

    def refresh_sessions(self) -> None:
        """Read the list of sessions now, after a change."""

    def list_is_shown(self, shown: bool) -> None:
        """Poll as often as the visible screen needs."""

    def hold_keys(self) -> AbstractContextManager[None]:
        """Hold keys back while a screen is being prepared, since they are meant for it."""

    def copy_line(self, line: str) -> None:
        """Send a line to the terminal's clipboard."""

    def open_dashboard(self, session: Session, *, instead_of: Screen[Any] | None = None) -> None:
        """Open the dashboard of a session; replaces a screen, if that is still on top."""

    def open_sampler(
        self,
        session: Session,
        z: NDArray[np.float32] | None = None,
        origin: str = "",
        epoch: int | None = None,
    ) -> None:
        """Open the sampler of a session.

        Args:
            session: the session.
            z: (latent_dim,), used as the first sample; None draws all from the prior.
            origin: origin of z in one line, such as `test image 12`.
            epoch: of the decoder; None follows the newest.
        """

    def open_data_browser(
        self,
        session: Session,
        z: NDArray[np.float32] | None = None,
        epoch: int | None = None,
        selection: tuple[str, NDArray[np.intp], str] | None = None,
    ) -> None:
        """Open the images of a session beside their reconstructions.

        Args:
            session: which.
            z: (latent_dim,), to whose image the nearest training images are shown; None shows all.
            epoch: of the model; None takes the newest.
            selection: a split, indices of its images (n,), and what these are in words: they are
                shown first.
        """

    def open_side_by_side(self, sessions: Sequence[Session]) -> None:
        """Open two or more sessions side by side: the same images, z and epochs."""

    def open_rates(self, folders: Sequence[Path]) -> None:
        """Open rate against distortion of the sessions in these folders."""

    def open_sweep(self, sweep: Sweep, *, instead_of: Screen[Any] | None = None) -> None:
        """Open a sweep; replaces a screen, if that is still on top."""

    def open_sweeps(self) -> None:
        """Open the list of sweeps."""

    def open_new_session(self, base: Session | None = None) -> None:
        """Open the form with the defaults, or with the settings of a session to fork."""

    def open_new_sweep(self) -> None:
        """Open the form with the settings of a sweep."""
