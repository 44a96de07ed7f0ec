"""The app: its screens, the navigation between them, and the user's preferences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import var
from textual.screen import Screen

from tui.app_keys import APP_KEYS
from tui.catalogue import Entry, ended_between, ended_text
from tui.following import SessionFollower
from tui.keymap import usable_keymap
from tui.preference_commands import PreferenceCommands
from tui.preferences import Preferences, preferences_file, read_preferences, write_preferences
from tui.remedies import error_text
from tui.screen import WorkbenchScreen, run_in_thread
from tui.session_list.screen import SessionsScreen
from tui.terminal import memory
from tui.terminal.app import TerminalApp
from tui.terminal.graphics import Graphics
from tui.terminal.notifications import alert
from tui.themes import choose_theme, completed
from vae_engine.errors import EngineError
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from textual.command import Provider

    from vae_engine.sessions.session import Session
    from vae_engine.sweeps.store import Sweep


def _commands() -> type[Provider]:
    # Imported when the palette is opened, so that the first frame appears sooner.
    from tui.help.palette import Commands

    return Commands


class WorkbenchApp(TerminalApp):
    """The workbench over one folder of sessions.

    Screens read `app.preferences`, watch it (`self.watch(self.app, "preferences", ...)`) and change
    it by `app.remember(...)`. When a session ends, the app itself reports it on every screen, by
    `tui.terminal.notifications.alert`.

    Attributes:
        store: of the sessions.
        preferences: what is remembered between runs.
        entries: all sessions as they are now, in no order; None before they were read.
        problem: why they cannot be read, else empty.
    """

    TITLE = "vae"
    # Includes the first screen's: Textual does not load that of the default screen.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "session_list/screen.tcss"]
    COMMANDS: ClassVar[set[Any]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = APP_KEYS

    # `var`, not `reactive`: a reactive of the app redraws the whole screen.
    preferences: var[Preferences] = var(Preferences())
    entries: var[tuple[Entry, ...] | None] = var(None)
    problem: var[str] = var("")

    @dataclass
    class CatalogueRead(Message):
        """Posted after a poll of all sessions; `problem` says why it failed, if it did."""

        entries: tuple[Entry, ...]
        problem: str = ""

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, WorkbenchApp.CatalogueRead)

    def __init__(
        self,
        store: SessionStore,
        *,
        open_session: str | None = None,
        preferences_path: Path | None = None,
        graphics: Graphics | None = None,
    ) -> None:
        """Make the app; reads only the preferences.

        Args:
            store: of the sessions.
            open_session: id of the session to open first, instead of the list.
            preferences_path: file of the preferences; by default in the configuration folder.
            graphics: how images are drawn; by default as in the preferences.
        """
        super().__init__()
        self.store = store
        self._open_session = open_session
        self._preferences_path = preferences_path or preferences_file()
        found, self._damage = read_preferences(self._preferences_path)
        self.set_reactive(WorkbenchApp.preferences, found)
        choose_theme(self, found.theme)
        self._preference_commands = PreferenceCommands(self, self, graphics or found.graphics)
        self._follower = SessionFollower(
            store.root, lambda *found: self.post_message(self.CatalogueRead(*found))
        )

    def get_default_screen(self) -> Screen[Any]:
        """Return the list of sessions, the bottom screen."""
        return SessionsScreen()

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's colours, with those of the app and muted scrollbars."""
        return completed(super().get_css_variables())

    def on_mount(self) -> None:
        """Start polling the sessions, and adapt to the terminal."""
        self.theme_changed_signal.subscribe(self, lambda theme: self.remember(theme=theme.name))
        self.watch_terminal()
        if not self.is_headless:
            self.call_after_refresh(memory.look_seldom)
            self.call_after_refresh(self._preference_commands.apply_graphics)
        if self._open_session is not None:
            self._open_first(self._open_session)
        self.set_keymap(usable_keymap(self.preferences.keys)[0])
        if self._damage:
            self.notify(self._damage, severity="warning", markup=False)
        if self.preferences.keys:
            run_in_thread(self, self._check_keys, group="keys")
        self.run_worker(self._follower.run, thread=True, group="catalogue")

    def on_unmount(self) -> None:
        """Stop polling."""
        self._follower.end()

    def _check_keys(self) -> None:
        # In a thread: it imports every screen.
        from tui.key_list import keymap_problems

        if problems := keymap_problems(self.preferences.keys):
            message = "\n".join((*problems, "`vae doctor --keys` lists actions and keys."))
            self.notify(message, title="Preferences", severity="warning", timeout=20, markup=False)

    def remember(self, **changes: Any) -> None:
        """Change preferences by name, and save them."""
        changed = msgspec.structs.replace(self.preferences, **changes)
        if changed == self.preferences:
            return
        self.preferences = changed
        try:
            write_preferences(self._preferences_path, changed)
        except OSError as error:
            self.notify(f"preferences cannot be saved: {error.strerror}", severity="warning")

    def refresh_sessions(self) -> None:
        """Read the list of sessions now, after a change."""
        self._follower.poll_now()

    def list_is_shown(self, shown: bool) -> None:
        """Poll as often as the visible screen needs."""
        self._follower.watch_closely(shown)

    def on_workbench_app_catalogue_read(self, message: CatalogueRead) -> None:
        """Store the present sessions, and report those that have ended."""
        ended = ended_between(self.entries or (), message.entries)
        self.problem = message.problem
        if not message.problem or self.entries is None:
            self.entries = message.entries
        for entry in ended:
            title, text = f"{entry.name} {entry.status}", ended_text(entry)
            good = entry.status in ("completed", "stopped")
            alert(self, title, text, good=good, aloud=self.preferences.bell, terminal=self.terminal)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from tui.help.screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_glossary(self) -> None:
        """Open the glossary, with the terms of this screen first."""
        from tui.help.glossary_screen import GlossaryScreen

        below = self.screen
        if isinstance(below, WorkbenchScreen):
            self.push_screen(GlossaryScreen(below.terms()))

    def action_glyphs(self) -> None:
        """Open the choice of glyphs, with test patterns."""
        from tui.help.glyphs import GlyphsScreen

        self.push_screen(GlyphsScreen())

    def action_next_graphics(self) -> None:
        """Draw images in the next way."""
        self._preference_commands.next_graphics()

    def graphics_decided(self, obstacle: str) -> None:
        """Say how images are drawn, to who asked for it."""
        self._preference_commands.graphics_decided(obstacle)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the palette's commands other than the keys of the screen."""
        for command in super().get_system_commands(screen):
            # Textual's panel of keys duplicates our help, and Quit has a key.
            if command.title not in ("Keys", "Quit"):
                yield command
        yield from self._preference_commands

    # Each screen is imported when it is opened, so that the first frame appears sooner.

    def open_dashboard(self, session: Session, *, instead_of: Screen[Any] | None = None) -> None:
        """Open the dashboard of a session; replaces a screen, if that is still on top."""
        from tui.dashboard.screen import DashboardScreen

        self._open(DashboardScreen(session), instead_of)

    def open_sampler(
        self,
        session: Session,
        z: NDArray[np.float32] | None = None,
        origin: str = "",
        epoch: int | None = None,
    ) -> None:
        """Open the sampler over a session, with z (latent_dim,) as its first sample if given."""
        from tui.sampler.screen import SamplerScreen

        self._open(SamplerScreen(session, z, origin, epoch))

    def open_data_browser(
        self,
        session: Session,
        z: NDArray[np.float32] | None = None,
        epoch: int | None = None,
        selection: tuple[str, NDArray[np.intp], str] | None = None,
    ) -> None:
        """Open the images of a session, of a z the nearest training images."""
        from tui.image_feed import ImageFeed

        feed = ImageFeed(session.folder, epoch=epoch)
        # It starts while the screen is imported and drawn.
        feed.start()
        from tui.data_browser.screen import DataBrowserScreen

        self._open(DataBrowserScreen(session, feed, z, selection))

    def open_side_by_side(self, sessions: Sequence[Session]) -> None:
        """Open sessions side by side."""
        from tui.image_feed import ImageFeed

        feed = ImageFeed(*(session.folder for session in sessions))
        # As for the images of one session.
        feed.start()
        from tui.side_by_side.screen import SideBySideScreen

        self._open(SideBySideScreen(sessions, feed))

    def open_rates(self, folders: Sequence[Path]) -> None:
        """Open the chart of rate against distortion."""
        from tui.side_by_side.rates import RatesScreen

        self._open(RatesScreen(folders))

    def open_sweep(self, sweep: Sweep, *, instead_of: Screen[Any] | None = None) -> None:
        """Open a sweep; replaces a screen, if that is still on top."""
        from tui.sweeps.screen import SweepScreen

        self._open(SweepScreen(sweep), instead_of)

    def open_sweeps(self) -> None:
        """Open the list of sweeps."""
        from tui.sweeps.list_screen import SweepsScreen

        self._open(SweepsScreen(self.store))

    def open_new_session(self, base: Session | None = None) -> None:
        """Open the form with the defaults, or with the settings of a session to fork."""
        from tui.new_session.screen import NewSessionScreen

        self._open(NewSessionScreen(self.store, base))

    def open_new_sweep(self) -> None:
        """Open the form with a sweep filled in."""
        from tui.new_session.screen import NewSessionScreen
        from tui.presets import SWEEP_TEXTS

        self._open(NewSessionScreen(self.store, texts=SWEEP_TEXTS))

    def _open(self, screen: Screen[Any], instead_of: Screen[Any] | None = None) -> None:
        if instead_of is not None and instead_of is self.screen:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def _open_first(self, session_id: str) -> None:
        try:
            self.open_dashboard(self.store.find(session_id))
        except EngineError as error:
            self.notify(error_text(error), severity="error", markup=False)
