"""The data: images of a session's splits beside their reconstructions, with the ELBO of each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from textual import events, on
from textual.binding import BindingType

from tui.data_browser.inspection_screen import InspectionScreen
from tui.data_browser.model import Direction, Page, Selection
from tui.data_browser.pair_grid import PairGrid
from tui.data_browser.questions import ask_class, ask_index, ask_path
from tui.image_feed import ImageFeed
from tui.preferences import Preferences
from tui.screen import Keys, run_in_thread
from tui.text import one_line
from tui.widgets.images import ImageGrid
from tui.widgets.key_line import KeyLine
from vae_engine.errors import EngineError
from vae_engine.inspection.messages import (
    Array,
    FindNearest,
    OpenFile,
)
from vae_engine.sessions.session import Session

_WIDE: Final = 100
key = Keys("images")


class DataBrowserScreen(InspectionScreen):
    """Pages through the images of a session; they are read and scored in a process of its own."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#pairs"
    TERMS = ("elbo", "reconstruction_loss", "kl", "nats", "z", "posterior")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as in Textual
        (0, "-narrow"),
        (_WIDE, "-wide"),
        (160, "-roomy"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "sample", "Sampler", "Open the image's z_mean in the sampler", show=True),
        key("p", "draw", "Posterior", "Open a draw from its posterior in the sampler", show=True),
        key("t", "turn_split(1)", "Split", "Test, training or validation images", show=True),
        key("o", "turn_order", "Order", "By index, worst or best -ELBO first", show=True),
        key("c", "turn_class(1)", "Class", "The next class only, or all", show=True),
        key("C", "turn_class(-1)", "Previous class", "The previous class only, or all"),
        key("slash", "find_class", "Find class", "Type the class to show"),
        key("i", "find_image", "Go to image", "Type the index of an image"),
        key("n", "nearest", "Nearest", "The training images nearest to the image"),
        key("f", "open_file", "File", "Open image files of your own", show=True),
        key(
            "left_square_bracket",
            "epoch(-1)",
            "Older",
            "The earlier model",
            display="[",
        ),
        key("right_square_bracket", "epoch(1)", "Newer", "The later model", display="]"),
        key("v", "resize", "Size", "Smaller images, or the largest again"),
        key("w", "save", "Save", "Save the page as PNG and npz"),
        key("escape", "leave", "Back", "Leave the images", show=True),
    ]

    def __init__(
        self,
        session: Session,
        feed: ImageFeed,
        z: NDArray[np.float32] | None = None,
        selection: tuple[str, NDArray[np.intp], str] | None = None,
    ) -> None:
        """Make the screen of this session; the arguments are those of `InspectionScreen`."""
        super().__init__(session, feed, z, None if selection is None else Selection(*selection))
        self._draws = 0

    def on_mount(self) -> None:
        """Draw with the glyphs that are preferred."""
        self.watch(self.app, "preferences", self._take_preferences)

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
            self.feed.ask(FindNearest(Array.of(page.images.z_mean.values[at])))

    def action_turn_split(self, by: Direction) -> None:
        """Show the next split."""
        self.browse.turn_split(by)
        self.refresh_images()

    def action_turn_order(self) -> None:
        """Order the images in the next way."""
        self.browse.turn_order()
        self.refresh_images()

    def action_turn_class(self, by: Direction) -> None:
        """Show the next class only, or all."""
        self.browse.turn_class(by)
        self.refresh_images()

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
        self.turn_epoch(by)

    def action_resize(self) -> None:
        """Show the images at another size."""
        self.query_one(PairGrid).resize_images()

    def action_save(self) -> None:
        """Save the page."""
        if self.page is not None and self.model is not None:
            save_it = partial(self._save_in_thread, self.page, self.model.epoch)
            run_in_thread(self, save_it, group="save")

    def action_leave(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect now, or once the first images are here."""
        if self.waits:
            return action != "epoch"
        if action in ("sample", "draw", "save", "nearest"):
            return self.page is not None
        if action == "turn_split":
            is_read = "train" in self.browse.splits or self.problem
            return not is_read or len(self.browse.splits) > (self.browse.selection is None)
        if action in ("turn_class", "find_class"):
            return self.browse.split is not None and bool((self.browse.split.labels >= 0).any())
        if action in ("turn_order", "find_image"):
            return self.browse.split is not None
        if action == "epoch":
            return self.model is not None and len(self.model.epochs) > 1
        return action != "open_file" or self.model is not None

    def file_opened(self) -> None:
        """Take the image into the sampler."""
        self.action_sample()

    def _open_sampler(self, page: Page, at: int, z: NDArray[np.float32], what: str = "") -> None:
        """Open the sampler at a z of an image, with the weights that made it."""
        origin = f"{what}{self.browse.origin(page.images.indices[at])}"
        epoch = None if self.model is None or self.model.current else self.model.epoch
        self.workbench.open_sampler(self.session, z, origin, epoch)

    @on(PairGrid.RoomChanged)
    def _fill(self) -> None:
        self.refresh_images()

    @on(PairGrid.Moved)
    def _move(self, event: PairGrid.Moved) -> None:
        self.browse.move(event.by)
        self.refresh_images()

    @on(ImageGrid.Selected, "#pairs")
    def _take_click(self, event: ImageGrid.Selected) -> None:
        """A click selects in the grid first."""
        first, indices = self.wanted_page()
        if self.page_shown() and event.index is not None and event.index < len(indices):
            self.browse.position = first + event.index
            self.show_selected()

    def _choose_class(self, label: int | None) -> None:
        self.browse.choose_class(label)
        self.refresh_images()

    def _go_to(self, index: int) -> None:
        if index not in self.browse.indices:
            self.browse.show_all()
        self.browse.go_to(index)
        self.refresh_images()

    def _open_file(self, path: str) -> None:
        self.opens_file = True
        self.feed.ask(OpenFile(path))

    def _take_preferences(self, preferences: Preferences) -> None:
        for grid in self.query(ImageGrid):
            grid.glyphs = preferences.glyphs

    def _save_in_thread(self, page: Page, epoch: int) -> None:
        # Pillow: few pages are saved.
        from tui.data_browser.saving import save_page

        try:
            png, npz = save_page(page, self.session.id, epoch, Path.cwd())
        except (EngineError, OSError) as error:
            said = f"Nothing was saved: {one_line(str(error))}"
            self.app.call_from_thread(self.app.notify, said, severity="error", markup=False)
            return
        said = f"{one_line(png.name)} and {npz.suffix} in {one_line(str(png.parent))}"
        self.app.call_from_thread(self.app.notify, said, title="Saved", markup=False)
