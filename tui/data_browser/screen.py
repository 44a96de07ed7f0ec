"""The data: images of a session's splits beside their reconstructions, with the ELBO of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.data_browser.details import Details
from tui.data_browser.feed import ImageFeed
from tui.data_browser.head import image_line, split_line
from tui.data_browser.model import Browse, Direction, Page, ScoreCache
from tui.data_browser.pair_grid import PairGrid
from tui.data_browser.questions import ask_class, ask_index, ask_path
from tui.data_browser.saving import save_page
from tui.preferences import Preferences
from tui.remedies import error_text
from tui.screen import Keys, WorkbenchScreen, has_widgets, run_in_thread
from tui.text import one_line
from tui.widgets.images import ImageGrid
from tui.widgets.key_line import KeyLine
from vae_engine.errors import EngineError
from vae_engine.inspection.messages import (
    Array,
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    OpenFile,
    Progressed,
    Reply,
    ScoreSplit,
    ShowImages,
    SplitOpened,
    SplitScored,
)
from vae_engine.sessions.session import Session

_WIDE: Final = 100
_LONG_SECONDS: Final = 12.0

_CHANGING: Final = ("own", "nearest")
"""Splits that hold other images each time: their scores are not kept."""

_cache: Final = ScoreCache()

key = Keys("images")


class DataBrowserScreen(WorkbenchScreen):
    """Pages through the images of a session; they are read and scored in a process of its own.

    Attributes:
        browse: what is looked at.
        page: what is on the screen.
    """

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
        key("v", "resize", "Size", "Smaller images, or the largest again"),
        key("w", "save", "Save", "Save the page as PNG and npz"),
        key("escape", "leave", "Back", "Leave the images", show=True),
    ]

    class Told(Message):
        """A reply of the process that reads the images."""

        def __init__(self, reply: Reply) -> None:
            super().__init__()
            self.reply = reply

    def __init__(self, session: Session, z: NDArray[np.float32] | None = None) -> None:
        """Make the screen of this session.

        Args:
            session: which.
            z: (latent_dim,), to whose image the nearest training images are shown; None shows all.
        """
        super().__init__()
        self.session = session
        self.browse = Browse()
        self.page: Page | None = None
        self._feed = ImageFeed(session.folder)
        self._model: ModelOpened | None = None
        self._session_name = session.label.name
        self._progress: Progressed | None = Progressed("starting")
        self._problem = ""
        self._asked: tuple[str, tuple[int, ...]] | None = None
        self._scoring: set[str] = set()
        self._draws = 0
        self._opens_file = False
        self._z = z

    def compose(self) -> ComposeResult:
        """Head, the pairs, the selected one larger beside them, keys."""
        with Vertical(id="head"):
            yield Static(id="head-split")
            yield Static(id="head-image")
        yield Static(id="absent")
        with Horizontal(id="body"):
            yield PairGrid(id="pairs")
            yield Details(id="details")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start the process."""
        self.query_one("#absent").display = False
        self.watch(self.app, "preferences", self._take_preferences)
        self._say()
        run_in_thread(self, self._follow, group="feed")

    def on_unmount(self) -> None:
        """End the process."""
        self._feed.close()

    def on_resize(self, event: events.Resize) -> None:
        """Shorten the footer where there is little room."""
        self.query_one(KeyLine).compact = event.size.width < _WIDE

    def terms(self) -> Mapping[str, str]:
        """The figures' words, with the values of the selected image."""
        found = self._selected()
        if found is None:
            return super().terms()
        page, at = found
        scores = page.scores()
        values = {
            "elbo": -scores.negative_elbo[at],
            "reconstruction_loss": scores.reconstruction_loss[at],
            "kl": scores.kl_loss[at],
        }
        return {**super().terms(), **{name: f"{value:.2f}" for name, value in values.items()}}

    def on_data_browser_screen_told(self, message: Told) -> None:
        """Take a reply."""
        if not has_widgets(self):
            return
        match message.reply:
            case ModelOpened() as opened:
                self._model = opened
                self.query_one(PairGrid).show_images_of(*opened.shape[:2])
            case SplitOpened() as opened:
                self._open_split(opened)
            case Progressed() as progress:
                self._progress = progress
            case SplitScored() as scored:
                self._take_scores(scored)
            case ImagesShown() as images:
                self._take_images(images)
            case Failed() as failed:
                self._fail(failed)
        self._say()

    def action_sample(self) -> None:
        """Open the sampler at the selected image's z_mean."""
        found = self._selected()
        if found is not None:
            page, at = found
            z = page.images.z_mean.values[at]
            self.workbench.open_sampler(self.session, z, self._origin(page, at))

    def action_draw(self) -> None:
        """Open the sampler at a draw from the selected image's posterior, another each time."""
        found = self._selected()
        if found is not None:
            page, at = found
            self._draws += 1
            origin = f"draw {self._draws} of the posterior of {self._origin(page, at)}"
            self.workbench.open_sampler(self.session, page.draw(at, self._draws), origin)

    def action_nearest(self) -> None:
        """Show the training images that are nearest to the selected image's reconstruction."""
        found = self._selected()
        if found is not None:
            page, at = found
            self._feed.ask(FindNearest(Array.of(page.images.z_mean.values[at])))

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
            ask_index(self.app, self.browse.split, self._index() or 0, self._go_to)

    def action_open_file(self) -> None:
        """Ask for the path of images of one's own."""
        ask_path(self.app, self._open_file)

    def action_resize(self) -> None:
        """Show the images at another size."""
        self.query_one(PairGrid).resize_images()

    def action_save(self) -> None:
        """Save the page."""
        if self.page is not None and self._model is not None:
            save_it = partial(self._save_in_thread, self.page, self._model.epoch)
            run_in_thread(self, save_it, group="save")

    def action_leave(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect now."""
        if action in ("sample", "draw", "save", "nearest"):
            return self.page is not None
        if action == "turn_split":
            return len(self.browse.splits) > 1
        if action in ("turn_class", "find_class"):
            return self.browse.split is not None and bool((self.browse.split.labels >= 0).any())
        if action in ("turn_order", "find_image"):
            return self.browse.split is not None
        return action != "open_file" or self._model is not None

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
        first, indices = self._wanted()
        if self._is_shown() and event.index is not None and event.index < len(indices):
            self.browse.position = first + event.index
            self._show_selected()

    def _choose_class(self, label: int | None) -> None:
        self.browse.choose_class(label)
        self._refresh()

    def _go_to(self, index: int) -> None:
        if index not in self.browse.indices:
            self.browse.choose_class(None)
        self.browse.go_to(index)
        self._refresh()

    def _open_file(self, path: str) -> None:
        self._opens_file = True
        self._feed.ask(OpenFile(path))

    def _open_split(self, opened: SplitOpened) -> None:
        self.browse.open(opened)
        kept = self._kept(opened.split)
        if kept is not None:
            self.browse.take(kept)
        for note in opened.notes:
            self.notify(one_line(note), markup=False)
        if opened.split == "train" and self._z is not None:
            self._feed.ask(FindNearest(Array.of(self._z)))
            self._z = None
        if opened.split in ("own", "nearest"):
            self.browse.order = "index" if opened.split == "nearest" else self.browse.order
            self.browse.show(opened.split)
            self.page = None
        elif self.browse.split is None or opened.split == "test":
            self.browse.show_first()
        self._progress = None
        self._refresh()

    def _take_scores(self, scored: SplitScored) -> None:
        self._scoring.discard(scored.split)
        self._progress = None
        self.browse.take(scored)
        split = self.browse.splits.get(scored.split)
        if self._model is not None and split is not None and scored.split not in _CHANGING:
            _cache.put(self._model.weights, len(split.labels), scored)
        self._refresh()

    def _take_images(self, images: ImagesShown) -> None:
        self._asked = None
        _, wanted = self._wanted()
        split = self.browse.split
        if split is None or (images.split, images.indices) != (split.name, wanted):
            # The cursor went on meanwhile.
            self._refresh()
            return
        self.page = Page((images.split, images.indices), images)
        grid = self.query_one(PairGrid)
        grid.show(self.page.pairs, captions=self.browse.captions(self.page))
        self._show_selected()
        self.refresh_bindings()
        if self._opens_file and images.split == "own":
            self._opens_file = False
            if len(split.labels) == 1:
                self.action_sample()

    def _fail(self, failed: Failed) -> None:
        self._progress = None
        error = EngineError(failed.problem, remedy=failed.remedy, subject=failed.subject)  # type: ignore[arg-type]
        said = error_text(error)
        if failed.what in ("file", "nearest"):
            self._opens_file = False
            self.notify(said, severity="error", markup=False)
            return
        self._problem = said
        if failed.what == "dataset":
            self._problem = "no dataset"
            self.notify(said, severity="warning", markup=False, timeout=_LONG_SECONDS)
        if failed.what.startswith("scoring"):
            self._scoring.clear()
        if failed.what == "model":
            self.query_one("#body").display = False
            absent = self.query_one("#absent", Static)
            absent.display = True
            absent.update(Content(said))

    def _refresh(self) -> None:
        """Ask for what is missing, and show what is here."""
        split = self.browse.split
        if split is None or not has_widgets(self):
            return
        if self.browse.waits_for_scores:
            self._score(split.name)
        _, wanted = self._wanted()
        if self._is_shown():
            self._show_selected()
        elif self._asked is None and wanted and not self.browse.waits_for_scores:
            # One at a time: a held key asks for the page at which it stops.
            self._asked = split.name, wanted
            self._feed.ask(ShowImages(split.name, wanted))
        self._say()
        self.refresh_bindings()

    def _score(self, name: str) -> None:
        if name not in self._scoring:
            self._scoring.add(name)
            self._feed.ask(ScoreSplit(name))

    def _kept(self, name: str) -> SplitScored | None:
        split = self.browse.splits.get(name)
        if self._model is None or split is None or name in _CHANGING:
            return None
        return _cache.get(self._model.weights, len(split.labels), name)

    def _wanted(self) -> tuple[int, tuple[int, ...]]:
        return self.browse.page(self.query_one(PairGrid).room())

    def _is_shown(self) -> bool:
        split = self.browse.split
        if self.page is None or split is None:
            return False
        return self.page.asked == (split.name, self._wanted()[1])

    def _show_selected(self) -> None:
        found = self._selected()
        if found is not None:
            page, at = found
            self.query_one(PairGrid).selected = at
            details = self.query_one(Details)
            if details.display:
                details.show(page, at, self.browse)
        self._say()

    def _selected(self) -> tuple[Page, int] | None:
        """The page and the place of the cursor on it, if it is there."""
        if self.page is None or not self._is_shown():
            return None
        return self.page, self.browse.position - self._wanted()[0]

    def _index(self) -> int | None:
        if not len(self.browse.indices):
            return None
        return int(self.browse.indices[self.browse.position])

    def _origin(self, page: Page, at: int) -> str:
        return self.browse.origin(page.images.indices[at])

    def _say(self) -> None:
        split = split_line(self._session_name, self._model, self.browse, self._problem)
        image = image_line(self._selected(), self.browse, self._progress)
        self.query_one("#head-split", Static).update(split, layout=False)
        self.query_one("#head-image", Static).update(image, layout=False)

    def _take_preferences(self, preferences: Preferences) -> None:
        for grid in self.query(ImageGrid):
            grid.glyphs = preferences.glyphs

    def _follow(self) -> None:
        self._feed.follow(lambda reply: self.post_message(self.Told(reply)))

    def _save_in_thread(self, page: Page, epoch: int) -> None:
        try:
            png, npz = save_page(page, self.session.id, epoch, Path.cwd())
        except (EngineError, OSError) as error:
            said = f"Nothing was saved: {one_line(str(error))}"
            self.app.call_from_thread(self.app.notify, said, severity="error", markup=False)
            return
        said = f"{one_line(png.name)} and {npz.suffix} in {one_line(str(png.parent))}"
        self.app.call_from_thread(self.app.notify, said, title="Saved", markup=False)
