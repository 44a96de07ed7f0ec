"""Welcome page of an empty list: what the app is for, a picture, and the first keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.screen import has_widgets, run_async
from vae_engine.errors import EngineError
from vae_engine.sessions.example import COLOUR, EXAMPLES, Example, example_folder

if TYPE_CHECKING:
    from vae_engine.sessions.previews import Images

_ABOUT = (
    "A variational autoencoder learns to squeeze an image into a few numbers, z, and to make an "
    "image of them again: digits from random z, icons rebuilt:"
)
_FIRST_KEYS = (
    ("D", "demo", "Train a first model", "two minutes on MNIST; then g samples it"),
    ("E", "example", "Open the example", "trained on all of MNIST; one in colour beside it"),
    ("n", "new", "Set up your own", "images, latent dimension, epochs"),
    ("W", "app.glossary", "Look up a term", "KL, ELBO, nats, latent dimension ..."),
    ("?", "app.help", "See all keys", ""),
)
_LINES_WITHOUT_STRIP = 14
_STRIP_LINES = 8
_MOST_ROWS = 2


class WelcomePage(Vertical):
    """Shows the welcome page; the images follow after the first frame."""

    DEFAULT_CSS = """
    WelcomePage {
        align: center middle;
        position: absolute;
        width: 100%;
        height: 100%;
        background: $background;
        padding: 0 2;
        & > * { width: 76; max-width: 100%; height: auto; }
        & > #welcome-title { text-style: bold; color: $text-accent; }
        & > #welcome-keys { link-style: none; link-color: $foreground; }
        & > #welcome-about { margin: 0 0 1 0; }
        & > #welcome-strip { height: 7; width: 74; margin: 0 0 1 0; }
        & .welcome-samples { height: 100%; width: 1fr; }
        & > #welcome-place {
            color: $text-muted;
            margin: 1 0 0 0;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    def __init__(self, place: str) -> None:
        """Make the page.

        Args:
            place: the empty folder; text, not markup.
        """
        super().__init__(id="welcome")
        self._place = place

    def compose(self) -> ComposeResult:
        """Compose title, description and first keys."""
        yield Static("Train, monitor and sample autoencoders", id="welcome-title", markup=False)
        yield Static(_ABOUT, id="welcome-about", markup=False)
        yield Static(_keys(), id="welcome-keys")
        yield Static(Content(f"No sessions in {self._place} yet."), id="welcome-place")

    def on_mount(self) -> None:
        """Load the pictures."""
        self.call_after_refresh(run_async, self, self._draw)

    def on_resize(self) -> None:
        """Hide the images if they do not fit."""
        for strip in self.query("#welcome-strip"):
            rows = min(_MOST_ROWS, (self.size.height - _LINES_WITHOUT_STRIP) // _STRIP_LINES)
            strip.display = rows > 0
            strip.styles.height = max(1, rows) * _STRIP_LINES - 1

    async def _draw(self) -> None:
        found = await asyncio.to_thread(lambda: [_images(example) for example in EXAMPLES])
        shown = [samples for samples in found if samples is not None]
        if not shown or not has_widgets(self):
            return
        from tui.session_list.readable_samples import ReadableSamples

        grids = [ReadableSamples(classes="welcome-samples") for _ in shown]
        await self.mount(Horizontal(*grids, id="welcome-strip"), before="#welcome-keys")
        for grid, samples in zip(grids, shown, strict=True):
            grid.offer(samples)
        self.on_resize()


def _images(example: Example) -> Images | None:
    """Return images of the example's newest preview; None if missing."""
    # Imported later: the import takes longer than the first frame.
    import tui.session_list.readable_samples  # noqa: F401
    from vae_engine.sessions.previews import preview_epochs, read_preview

    folder = example_folder(example)
    if folder is None:
        return None
    try:
        epochs = preview_epochs(folder)
        preview = read_preview(folder, epochs[-1]) if epochs else None
    except (EngineError, OSError):
        return None  # The page is complete without pictures.
    if preview is None:
        return None
    if example is not COLOUR:
        return preview.samples
    # In a few lines, images of one icon say more than interpolations; the most colourful first.
    made = preview.reconstructions
    spread = made.max(axis=-1) - made.min(axis=-1)
    most_colourful: Images = made[(-spread.mean(axis=(1, 2))).argsort()]
    return most_colourful


def _keys() -> Content:
    lines = []
    for key, action, name, text in _FIRST_KEYS:
        link = action if action.startswith("app.") else f"screen.{action}"
        lines.append(
            Content.from_markup(
                f"[bold $text-accent]{key:>3}[/]  [@click={link}][bold]{name:<21}[/][/]"
                f"[$text-muted]{text}[/]"
            )
        )
    return Content("\n").join(lines)
