"""Preview of the session under the cursor: settings, note, curves, newest samples."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from tui.catalogue import Entry
from tui.polling import OneAtATime
from tui.screen import has_widgets, run_async
from tui.session_list.preview_text import line_count, preview_text
from tui.text import loss_text, told_images
from vae_engine.errors import EngineError, SessionDamagedError
from vae_engine.sessions.session import Session

if TYPE_CHECKING:
    from tui.history import History
    from tui.session_list.readable_samples import ReadableSamples
    from tui.widgets.chart import LossChart
    from vae_engine.sessions.previews import Images

# Details are read only once the cursor rests on a session.
_REST_SECONDS = 0.15
_PREVIEWS_TRIED = 3
# Imported later: the import would double the time to the first frame.
_SLOW_MODULES = (
    "tui.history",
    "tui.widgets.chart",
    "tui.session_list.readable_samples",
    "tui.rendering.curves",
)


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What was read of a session: its finished epochs, the newest samples with their epoch, and
    what the latest evaluation measured and what its images are, in words.
    """

    history: History
    samples: Images
    epoch: int = 0
    evaluation: str = ""
    images: str = ""


class SessionPreview(Container):
    """Shows one session at a time; slow reading happens in a thread, when the cursor stops."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entry: Entry | None = None
        self._evaluation = self._images = ""
        self._fits = False
        self._rest: Timer | None = None
        self._chart: LossChart | None = None
        self._grid: ReadableSamples | None = None
        self._reading = OneAtATime(self, self._read, group="glimpse")

    def compose(self) -> ComposeResult:
        """Compose the text; curves and samples are mounted after the first frame."""
        with VerticalScroll(id="preview-words"):
            yield Static(id="preview-text")

    def on_mount(self) -> None:
        """Mount curves and samples."""
        self.call_after_refresh(run_async, self, self._furnish)

    def show(self, entry: Entry | None) -> None:
        """Show a session's row; details follow when the cursor stops."""
        before, self._entry = self._entry, entry
        if entry == before:
            return
        same = entry is not None and before is not None and entry.id == before.id
        if not same:
            self._evaluation = self._images = ""
        self._tell()
        if entry is None or before is None or not same:
            self._clear()
        elif (entry.epoch, entry.status) == (before.epoch, before.status):
            return
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_REST_SECONDS, self._look_closer)

    async def _furnish(self) -> None:
        for name in _SLOW_MODULES:
            await asyncio.to_thread(import_module, name)
        from tui.session_list.readable_samples import ReadableSamples
        from tui.widgets.chart import LossChart

        if not has_widgets(self):
            return  # The app has exited meanwhile.
        chart, grid = (
            LossChart("loss", id="preview-curves", empty=""),
            ReadableSamples(id="preview-images"),
        )
        await self.mount(chart, grid)
        self._chart, self._grid = chart, grid
        self._look_closer()

    def on_resize(self) -> None:
        """Show as much text as fits."""
        self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        entry, size = self._entry, self.query_one("#preview-words").size
        text = Text()
        if entry is not None:
            text = preview_text(entry, self._evaluation, size.width, size.height, self._images)
        static = self.query_one("#preview-text", Static)
        # A text that fits fills its room. Only one that scrolls changes the layout, which
        # costs more than the rest of a key.
        fitted, self._fits = self._fits, 0 < line_count(text, size.width) <= size.height
        if static.content != text:
            static.update(text, layout=not (fitted and self._fits))

    def _clear(self) -> None:
        """Clear the details of the previous session."""
        if self._chart is not None:
            self._fill(_no_glimpse())

    def _look_closer(self) -> None:
        self._reading.run()

    async def _read(self) -> None:
        entry = self._entry
        if entry is None or entry.problem or self._chart is None:
            return
        glimpse = await asyncio.to_thread(_glimpse, entry.folder)
        if has_widgets(self) and self._entry is not None and self._entry.id == entry.id:
            self._fill(glimpse)

    def _fill(self, glimpse: Glimpse) -> None:
        if self._chart is None or self._grid is None:
            return
        if (glimpse.evaluation, glimpse.images) != (self._evaluation, self._images):
            self._evaluation, self._images = glimpse.evaluation, glimpse.images
            self._tell()
        self._chart.show(glimpse.history.curves("loss") if len(glimpse.history) else ())
        self._grid.offer(glimpse.samples)


def _no_glimpse() -> Glimpse:
    import numpy as np

    from tui.history import History

    return Glimpse(History(), np.zeros((0, 28, 28), np.uint8))


def _glimpse(folder: Path) -> Glimpse:
    """Read the finished epochs and the newest preview; in a thread."""
    from tui.history import History
    from vae_engine.sessions.previews import read_preview

    nothing = _no_glimpse()
    try:
        session = Session(folder)
        session.poll(progress=False)
        history = History(session.log.history)
        evaluation, images = _evaluation_text(session), told_images(session)
        # The newest preview may not be written yet, or be lost.
        for epoch in range(history.newest, max(0, history.newest - _PREVIEWS_TRIED), -1):
            if (preview := read_preview(folder, epoch)) is not None:
                return Glimpse(history, preview.samples, epoch, evaluation, images)
    except EngineError:
        # The list already shows what is wrong.
        return nothing
    return Glimpse(history, nothing.samples, evaluation=evaluation, images=images)


def _evaluation_text(session: Session) -> str:
    """Return the latest evaluation's metrics; empty if none is of the present weights."""
    try:
        record, exports = session.evaluation(), session.exports()
    except SessionDamagedError:
        # Curves and samples can be shown without it.
        return ""
    if record is None or exports is None or not record.is_of(exports.current):
        return ""
    nll = "" if record.nll is None else f"NLL {loss_text(record.nll)}, "
    return (
        f"-ELBO {loss_text(record.negative_elbo)}, {nll}"
        f"{record.active_units} active ({record.epoch})"
    )
