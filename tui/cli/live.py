"""Progress bars with the losses, for terminals; finished epochs scroll away above them."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tui.cli import wording
from tui.cli.estimate import epochs_done, remaining_seconds
from tui.cli.text import duration_text, one_line
from tui.cli.views import Kind
from vae_engine.sessions.events import Progress
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session

_WIDEST = 100
_STYLES: dict[Kind, str] = {"head": "bold", "epoch": "", "note": "dim", "state": "dim"}


class LiveView:
    """Keeps three lines at the bottom of the terminal true, and redraws them when they change."""

    def __init__(self) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._began = time.monotonic()
        self._shown: tuple[object, ...] = ()

    def __enter__(self) -> Self:
        """Take the bottom of the terminal."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back, empty, with the cursor."""
        self._live.stop()

    def say(self, line: str, kind: Kind) -> None:
        """Print a line above the bars; the session's state stands in their place."""
        if kind == "state":
            return
        shown = Text(one_line(line), style=_STYLES[kind])
        self._console.print(
            shown, overflow="fold" if kind == "head" else "ellipsis", no_wrap=kind != "head"
        )

    def refresh(self, session: Session, status: Status) -> None:
        """Redraw the bars if they have something new to say."""
        log = session.log
        seconds = int(time.monotonic() - self._began) if status == "starting" else 0
        state = (status, log.epoch, log.latest_progress, log.finishing, seconds)
        if state != self._shown:
            self._shown = state
            starting = f"{wording.STARTING}, {seconds}s"
            doing = starting if status == "starting" else wording.state(session)
            renderable = Text(doing, style="dim") if doing else bars(session)
            self._live.update(renderable, refresh=True)


def bars(session: Session) -> RenderableType:
    """Epochs, steps of the epoch under way, and the losses."""
    log = session.log
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    total = max(1, log.epochs)
    grid.add_row(
        f"epoch {min(log.epoch + 1, total)}/{total}",
        ProgressBar(total=total, completed=epochs_done(log)),
        _remaining(session),
    )
    progress = log.latest_progress
    steps = progress.steps if progress else 0
    grid.add_row(
        f"step {progress.step}/{steps}" if progress else "step -",
        ProgressBar(total=max(1, steps), completed=progress.step if progress else 0),
        f"{progress.images_per_second:,.0f} images/s" if progress else "",
    )
    losses = Text(_losses(log, progress), no_wrap=True, overflow="ellipsis")
    return Constrain(Group(grid, losses), _WIDEST)


def _remaining(session: Session) -> str:
    seconds = remaining_seconds(session.log, session.settings.batch_size)
    return "" if seconds is None else f"at most {duration_text(seconds)}"


def _losses(log: SessionLog, progress: Progress | None) -> str:
    parts = []
    if progress is not None:
        parts.append(
            f"loss {progress.loss:.2f} (rec {progress.reconstruction_loss:.2f} "
            f"kl {progress.kl_loss:.2f})"
        )
    if log.best is not None:
        parts.append(f"best val_loss {log.best.val_loss:.2f} (epoch {log.best.epoch})")
    return "  ".join(parts)
