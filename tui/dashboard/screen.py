"""Dashboard screen of one session, live or finished."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.message import Message

from tui.chart_options import ChartOptions
from tui.dashboard.actions import TrainingActions
from tui.dashboard.body import DashboardBody
from tui.dashboard.epoch_images import EpochImageLoader
from tui.dashboard.feed import SessionFeed
from tui.dashboard.header import SessionHeader
from tui.dashboard.layout import PAGES
from tui.dashboard.pages import Pages
from tui.dashboard.playback import Playback
from tui.dashboard.snapshot import Snapshot
from tui.dashboard.starting import start_lines
from tui.dashboard.timeline import Timeline
from tui.help.glossary import epoch_values
from tui.rendering.inspection import Inspection
from tui.saving import save_in_thread
from tui.screen import Keys, run_in_thread
from tui.widgets.key_line import KeyLine
from tui.widgets.page_tabs import PageTabs
from vae_engine.sessions.session import Session

key = Keys("dashboard")


class DashboardScreen(ChartOptions):
    """Shows header, charts, latent dimensions, images of an epoch, and log."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""
    TERMS = (
        *("loss", "reconstruction_loss", "kl", "nats", "active_units", "collapse"),
        *("elbo", "beta", "learning_rate", "epoch"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        # One key with two meanings, only one of which applies at a time.
        key("p", "pause", "Pause", "Write a checkpoint and pause the run", show=True),
        key(
            *("p", "go_on", "Continue", "Continue the paused run"),
            show=True,
            same_as="Pause",
        ),
        key(
            *("p,r", "resume", "Resume", "Resume the run from its last checkpoint"),
            show=True,
            same_as="Pause",
        ),
        key("x", "stop", "Stop", "Stop the run after this epoch and export", show=True),
        key("X", "stop_now", "Stop now", "Write a checkpoint and stop the run now"),
        key("e", "extend", "Extend", "Train more epochs", show=True),
        key("g", "generate", "Sample", "Draw from the prior with this model", show=True),
        key("i,enter", "browse", "Images", "Images beside their reconstructions", show=True),
        key("left,h", "step(-1)", "Epoch", "One epoch back", show=True, display="←→"),
        key("right,l", "step(1)", "Later", "One epoch forward"),
        key("home", "first", "First epoch", "Look at the first epoch"),
        key("end", "newest", "Newest epoch", "Look at the newest epoch, and follow it"),
        key("space", "lapse", "Play", "Play the epochs as a time-lapse, or stop", show=True),
        key("w", "save_lapse", "Save time-lapse", "Save the epochs' images as two GIFs"),
        key("c", "inspect", "Cursor", "Read and zoom the charts by keys", show=True),
        key("y", "log", "Log", "Losses on a log scale, or not"),
        key("s", "smooth", "Smooth", "Smooth the curves: not, by 0.6, by 0.9"),
        key("a", "recent", "Recent", "Only the recent epochs, or all"),
        key("Y", "whole", "Whole range", "All values, or without early and far ones"),
        key("tab", "turn(1)", "Next page", "Next page, if not all fit"),
        key("shift+tab", "turn(-1)", "Previous page", "Previous page, if not all fit"),
        *(
            key(str(number), f"open_page('{page}')", f"{name} page", f"The page {name}")
            for number, (page, name) in enumerate(PAGES.items(), start=1)
        ),
        key("escape", "back", "Back", "Leave the dashboard; the run continues", show=True),
    ]

    class Changed(Message):
        """Posted when the session has changed."""

        def __init__(self, snapshot: Snapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, DashboardScreen.Changed)

    def __init__(self, session: Session) -> None:
        """Make the dashboard of this session."""
        super().__init__()
        self.session = session
        self.snapshot: Snapshot | None = None
        self.feed = SessionFeed(session)
        self._training = TrainingActions(self, session, self.feed, self._show_snapshot)
        self._playback = Playback(self, self._show_epoch)
        self._pages = Pages(self)
        self._loader = EpochImageLoader(self, session, self._show_loaded)
        self._epoch_view: tuple[object, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """Finished epochs, and the selected one."""
        return self._playback.timeline

    @property
    def epoch_shown(self) -> int:
        """Epoch whose images are shown, 0 before the first."""
        return self._loader.epoch

    def compose(self) -> ComposeResult:
        """Compose header, parts and footer."""
        yield SessionHeader(self.session.settings)
        yield PageTabs(list(PAGES.values()))
        yield DashboardBody(self.session.settings.latent_dim)
        yield KeyLine()

    def on_mount(self) -> None:
        """Start polling the session."""
        self.watch(self.app, "preferences", self._apply_preferences, init=False)
        self._pages.lay_out()
        run_in_thread(self, self._follow, group="feed")

    def on_unmount(self) -> None:
        """Stop polling."""
        self.feed.close()

    def on_resize(self, _: events.Resize) -> None:
        """Switch between all parts and pages."""
        self._pages.lay_out()

    def on_dashboard_screen_changed(self, message: Changed) -> None:
        """Show the new state."""
        before, self.snapshot = self.snapshot, message.snapshot
        self._training.tell_ignored(message.snapshot)
        self._show_snapshot()
        if before is None or _offer(before) != _offer(message.snapshot):
            self.refresh_bindings()

    def _show_snapshot(self) -> None:
        """Show the current snapshot."""
        if self.snapshot is None:
            return
        self._playback.grow(self.snapshot.history.newest)
        self._show_epoch()

    def terms(self) -> Mapping[str, str]:
        """Return the terms on the screen, with the values of the selected epoch."""
        snapshot = self.snapshot
        ended = snapshot.history.nearest(self.timeline.epoch) if snapshot is not None else None
        return {**super().terms(), **(epoch_values(ended) if ended is not None else {})}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys that the session's state allows."""
        if action in TrainingActions.NAMES:
            return self._training.offers(action, self.snapshot)
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        """Pause the run."""
        self._training.ask("pause")

    def action_go_on(self) -> None:
        """Continue a paused run."""
        self._training.ask("continue")

    def action_stop(self) -> None:
        """Stop the run at the end of the epoch."""
        self._training.ask("stop")

    def action_stop_now(self) -> None:
        """Stop the run now, after a confirmation."""
        self._training.stop_now()

    def action_resume(self) -> None:
        """Resume the session to its planned end."""
        self._training.resume()

    def action_extend(self) -> None:
        """Train for additional epochs."""
        self._training.extend(self.snapshot.history.newest if self.snapshot else 0)

    def action_back(self) -> None:
        """Close the dashboard."""
        self.dismiss()

    def action_generate(self) -> None:
        """Open the sampler."""
        self.workbench.open_sampler(self.session)

    def action_browse(self) -> None:
        """Open the images beside their reconstructions."""
        self.workbench.open_data_browser(self.session)

    def action_step(self, epochs: int) -> None:
        """Select an earlier or later epoch."""
        self._playback.select(self.timeline.stepped(epochs))

    def action_first(self) -> None:
        """Select the first epoch."""
        self._playback.select(self.timeline.at(1))

    def action_newest(self) -> None:
        """Select the newest epoch, and follow new ones."""
        self._playback.select(self.timeline.at(self.timeline.newest))

    def inspect(self, inspection: Inspection) -> None:
        """Read the charts at another epoch, which the images show too."""
        self.inspection = inspection
        if inspection.epoch is None:
            self._show_figures()
        else:
            self._playback.select(self.timeline.at(inspection.epoch))

    def draw_charts(self) -> None:
        """Draw the charts at the present inspection."""
        self._show_figures()

    def show_charts(self) -> None:
        """Show the page of the charts, if not all parts are shown."""
        self._pages.show("charts")

    def action_lapse(self) -> None:
        """Start a time-lapse, or stop it."""
        self._playback.toggle()

    def action_save_lapse(self) -> None:
        """Save the images of the epochs as moving pictures."""
        # Imported here: it brings what writes pictures.
        from vae_engine.inference.timelapse import save_timelapses

        save_in_thread(self, partial(save_timelapses, Session(self.session.folder)))

    def action_turn(self, by: int) -> None:
        """Show the next page; if all parts are shown, focus the next scrollable one."""
        self._pages.turn(by)

    def action_open_page(self, page: str) -> None:
        """Show a page, unless all parts are shown; the log gets the scrolling keys."""
        self._pages.open(page)

    def on_page_tabs_chosen(self, message: PageTabs.Chosen) -> None:
        """Show the clicked page."""
        self._pages.open(list(PAGES)[message.page])

    def _follow(self) -> None:
        for snapshot in self.feed.snapshots():
            self.post_message(self.Changed(snapshot))

    def _show_loaded(self) -> None:
        # Reading may end during exit, when some widgets are already removed.
        with contextlib.suppress(NoMatches):
            self._show_figures()
            self._show_images()

    def _apply_preferences(self) -> None:
        self._show_epoch()
        self._show_images()

    def _show_epoch(self) -> None:
        """Show the selected epoch in all parts that do not show it yet."""
        epoch = self.timeline.epoch
        # A new epoch waits for its images: one frame takes less time than two. But neither
        # the response to a key nor the first view of a session waits for a file.
        arriving = epoch != self.epoch_shown and self.timeline.follows
        if not arriving or self._loader.images is None:
            self._show_figures()
        if self.snapshot is None:
            return
        self._loader.want(epoch)

    def _show_figures(self) -> None:
        if self.snapshot is None:
            return
        self.query_one(SessionHeader).show(self.snapshot, self._training.doing)
        self.query_one(DashboardBody).show_worker(self.snapshot)
        scale = self.chart_scale
        snapshot, playing = self.snapshot, self._playback.playing
        of_session = snapshot.history, snapshot.status, snapshot.stop_reason
        self.inspection = self.inspection.at(None if self.timeline.follows else self.timeline.epoch)
        reading = self.timeline, self.inspection
        view = (*of_session, start_lines(snapshot), *reading, scale, playing)
        # Progress changes none of these.
        if view != self._epoch_view:
            self._epoch_view = view
            body = self.query_one(DashboardBody)
            body.show_epoch(snapshot, *reading, scale, playing=playing)

    def _show_images(self) -> None:
        if self._loader.images is None:
            return
        glyphs = self.workbench.preferences.glyphs
        self.query_one(DashboardBody).show_images(self._loader.images, glyphs)


def _offer(snapshot: Snapshot) -> tuple[object, ...]:
    """Return the state that decides which keys are enabled."""
    return snapshot.status, snapshot.finishing, snapshot.problem, "pause" in snapshot.asked
