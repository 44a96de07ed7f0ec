"""The data: images of a session's splits beside their reconstructions, with the ELBO of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.data_browser.details import Details
from tui.data_browser.exchange import ImageExchange
from tui.data_browser.head import image_line, split_line, waiting_text
from tui.data_browser.keys import IMAGE_KEYS, is_offered
from tui.data_browser.model import Browse, Direction, Selection
from tui.data_browser.page import Page
from tui.data_browser.pair_grid import PairGrid
from tui.data_browser.questions import ask_class, ask_index, ask_path
from tui.data_browser.saving import save_page
from tui.image_feed import ImageFeed
from tui.preferences import Preferences
from tui.saving import save_in_thread
from tui.screen import WorkbenchScreen, has_widgets, run_in_thread
from tui.widgets.images import ImageGrid
from tui.widgets.key_line import KeyLine
from vae_engine.inspection.messages import Reply
from vae_engine.sessions.session import Session

_WIDE: Final = 100
_LONG_SECONDS: Final = 12.0


class DataBrowserScreen(WorkbenchScreen):
    """Pages through the images of a session; they are read and scored in a process of its own."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#pairs"
    TERMS = ("elbo", "reconstruction_loss", "kl", "nats", "z", "posterior")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as in Textual
        (0, "-narrow"),
        (_WIDE, "-wide"),
        (160, "-roomy"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = IMAGE_KEYS

    class Told(Message):
        """A reply of the process that reads the images."""

        def __init__(self, reply: Reply) -> None:
            super().__init__()
            self.reply = reply

    def __init__(
        self,
        session: Session,
        feed: ImageFeed,
        z: NDArray[np.float32] | None = None,
        selection: tuple[str, NDArray[np.intp], str] | None = None,
    ) -> None:
        """Make the screen of this session.

        Args:
            session: which.
            feed: the process that reads its images; the screen follows and closes it.
            z: (latent_dim,), to whose image the nearest training images are shown; None shows all.
            selection: split, indices and name of the images that are shown first; None shows a
                split.
        """
        super().__init__()
        self.session, self.feed = session, feed
        self.browse = Browse(None if selection is None else Selection(*selection))
        self.exchange = ImageExchange(self.browse, feed, z)
        self._session_name = session.label.name
        self._drawn: Page | None = None
        self._draws = 0

    def compose(self) -> ComposeResult:
        """Head, the pairs, the selected one larger beside them, keys."""
        with Vertical(id="head"):
            yield Static(id="head-split")
            yield Static(id="head-image")
        # The words lie over the images, which have their room before the first of them comes.
        with Container(id="stage"):
            with Horizontal(id="body"):
                yield PairGrid(id="pairs")
                yield Details(id="details")
            yield Static(id="absent")
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the process, and draw with the glyphs that are preferred."""
        self.watch(self.app, "preferences", self._take_preferences)
        self._say()
        run_in_thread(self, self._follow, group="feed")

    def on_unmount(self) -> None:
        """End the process."""
        self.feed.close()

    @property
    def page(self) -> Page | None:
        """The images that came last."""
        return self.exchange.page

    def terms(self) -> Mapping[str, str]:
        """The figures' words, with the values of the selected image."""
        found = self.selected_image()
        if found is None:
            return super().terms()
        page, at = found
        return {**super().terms(), **page.terms(at)}

    def on_resize(self, event: events.Resize) -> None:
        """Shorten the footer where there is little room."""
        self.query_one(KeyLine).compact = event.size.width < _WIDE

    def action_sample(self) -> None:
        """Open the sampler at the selected image's z_mean."""
        found = self.selected_image()
        if found is not None:
            page, at = found
            self._open_sampler(page, at, page.images.z_mean.values[at])

    def action_draw(self) -> None:
        """Open the sampler at a draw from the selected image's posterior, another each time."""
        found = self.selected_image()
        if found is not None:
            page, at = found
            self._draws += 1
            what = f"draw {self._draws} of the posterior of "
            self._open_sampler(page, at, page.draw(at, self._draws), what)

    def action_nearest(self) -> None:
        """Show the training images that are nearest to the selected image's reconstruction."""
        found = self.selected_image()
        if found is not None:
            page, at = found
            self.exchange.find_nearest(page.images.z_mean.values[at])

    def action_turn_split(self, by: Direction) -> None:
        """Show the next split."""
        self.browse.turn_split(by)
        self._refresh()

    def action_turn_order(self) -> None:
        """Order the images in the next way."""
        self.browse.turn_order()
        self._refresh()

    def action_turn_class(self, by: Direction) -> None:
        """Show the next class only, or all."""
        self.browse.turn_class(by)
        self._refresh()

    def action_find_class(self) -> None:
        """Ask for the class."""
        if self.browse.split is not None:
            ask_class(self.app, self.browse.split, self._choose_class)

    def action_find_image(self) -> None:
        """Ask for the index of an image."""
        if self.browse.split is not None:
            ask_index(self.app, self.browse.split, self.browse.index or 0, self._go_to)

    def action_open_file(self) -> None:
        """Ask for the path of images of one's own."""
        ask_path(self.app, self._open_file)

    def action_epoch(self, by: Direction) -> None:
        """Use the model of an earlier or later epoch."""
        self.exchange.turn_epoch(by)

    def action_resize(self) -> None:
        """Show the images at another size."""
        self.query_one(PairGrid).resize_images()

    def action_save(self) -> None:
        """Save the page."""
        page, model = self.page, self.exchange.model
        if page is not None and model is not None:
            save_in_thread(self, partial(save_page, page, self.session.id, model.epoch))

    def action_leave(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect."""
        return is_offered(action, self.browse, self.exchange)

    def _open_sampler(self, page: Page, at: int, z: NDArray[np.float32], what: str = "") -> None:
        """Open the sampler at a z of an image, with the weights that made it."""
        origin = f"{what}{self.browse.origin(page.images.indices[at])}"
        model = self.exchange.model
        epoch = None if model is None or model.current else model.epoch
        self.workbench.open_sampler(self.session, z, origin, epoch)

    def wanted_page(self) -> tuple[int, tuple[int, ...]]:
        """Where the page with the cursor starts, and the images on it."""
        return self.browse.page(self._room)

    def page_shown(self) -> bool:
        """Whether the page with the cursor is on the screen."""
        return self.exchange.is_shown(self._room)

    def selected_image(self) -> tuple[Page, int] | None:
        """The page and the place of the cursor on it, if it is there."""
        return self.exchange.selected(self._room)

    @property
    def _room(self) -> int:
        """How many pairs fit."""
        return self.query_one(PairGrid).room()

    @on(Told)
    def _take_reply(self, message: Told) -> None:
        if not has_widgets(self):
            return
        for said in self.exchange.take(message.reply, self._room):
            timeout = _LONG_SECONDS if said.severity == "warning" else None
            self.notify(said.text, severity=said.severity, markup=False, timeout=timeout)
        self._refresh()
        if self.exchange.has_own_image:
            self.exchange.has_own_image = False
            self.action_sample()

    def _refresh(self) -> None:
        """Ask for what is missing, and show what is here."""
        if not has_widgets(self):
            return
        grid, model = self.query_one(PairGrid), self.exchange.model
        absent = self.query_one("#absent")
        if absent.display == self.exchange.has_images:
            absent.display = not self.exchange.has_images
        if model is not None:
            grid.show_images_of(*model.shape[:2])
        # A grid that has just appeared has no room yet, and says when it has.
        if grid.size:
            self.exchange.ask(grid.room())
        page = self.page
        if page is not None and page is not self._drawn:
            self._drawn = page
            grid.show(page.pairs, captions=self.browse.captions(page))
        self._show_selected()
        self.refresh_bindings()

    def _show_selected(self) -> None:
        """Show the image under the cursor."""
        found = self.selected_image()
        if found is not None:
            page, at = found
            self.query_one(PairGrid).selected = at
            details = self.query_one(Details)
            if details.display:
                details.show(page, at, self.browse)
        self._say()

    def _say(self) -> None:
        if not has_widgets(self):  # It is left while it opens.
            return
        exchange = self.exchange
        split = split_line(self._session_name, exchange.model, self.browse, exchange.problem)
        image = image_line(self.selected_image(), self.browse, exchange.progress)
        self.query_one("#head-split", Static).update(split, layout=False)
        self.query_one("#head-image", Static).update(image, layout=False)
        absent = self.query_one("#absent", Static)
        if absent.display:
            waiting = waiting_text(exchange.progress, exchange.model)
            absent.update(Content(exchange.problem) if exchange.problem else waiting)

    def _follow(self) -> None:
        self.feed.follow(lambda reply: self.post_message(self.Told(reply)))

    @on(PairGrid.RoomChanged)
    def _fill(self) -> None:
        self._refresh()

    @on(PairGrid.Moved)
    def _move(self, event: PairGrid.Moved) -> None:
        self.browse.move(event.by)
        self._refresh()

    @on(ImageGrid.Selected, "#pairs")
    def _take_click(self, event: ImageGrid.Selected) -> None:
        """A click selects in the grid first."""
        first, indices = self.wanted_page()
        if self.page_shown() and event.index is not None and event.index < len(indices):
            self.browse.position = first + event.index
            self._show_selected()

    def _choose_class(self, label: int | None) -> None:
        self.browse.choose_class(label)
        self._refresh()

    def _go_to(self, index: int) -> None:
        if index not in self.browse.indices:
            self.browse.show_all()
        self.browse.go_to(index)
        self._refresh()

    def _open_file(self, path: str) -> None:
        self.exchange.open_file(path)

    def _take_preferences(self, preferences: Preferences) -> None:
        for grid in self.query(ImageGrid):
            grid.glyphs = preferences.glyphs
