"""Switch between the standard prior and a mixture, which a process of its own fits at first use."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from textual.content import Content
from textual.screen import Screen

from tui.remedies import error_text
from tui.sampler.model import Sampler
from tui.sampler.views import QUIET
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.engine_process import EngineProcess
from vae_engine.errors import EngineError
from vae_engine.priors.fitted import Compared, FittedPrior, from_bytes
from vae_engine.priors.keeping import kept_prior
from vae_engine.priors.latent_metrics import LatentMetrics
from vae_engine.priors.messages import FitReply, Fitted, receive_fit_reply
from vae_engine.replies import Progressed, TaskFailed
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

_NAMES: Final[dict[Compared, str]] = {"standard": "standard", "gmm": "mixture"}


class ShowsPriors(Protocol):
    """Shows what is known of priors."""

    def __call__(self, *, drawn: bool) -> object:
        """Show it; `drawn` tells whether draws have another prior than before."""


class PriorSwitch:
    """Knows the mixtures of a session's encoders, and fits that of the decoder in use."""

    def __init__(self, screen: Screen[None], session: Session, changed: ShowsPriors) -> None:
        """Make it; nothing is read or started yet.

        Args:
            screen: for which.
            session: of which nothing but its folder is read here.
            changed: is called when something is to be shown.
        """
        self._screen, self._session, self._changed = screen, session, changed
        self._mixtures: dict[str, FittedPrior] = {}
        self._process: EngineProcess[FitReply] | None = None
        self._progress = Progressed("starting")

    @property
    def fitting(self) -> bool:
        """Whether a mixture is being fitted."""
        return self._process is not None

    def turn(self, sampler: Sampler, epoch: int | None) -> None:
        """Give the present draw the other prior, and fit the mixture if it is not known.

        Args:
            sampler: whose draw, with the decoder in use.
            epoch: of that decoder; None if it is the newest.
        """
        draw, entry = sampler.draws.current, sampler.decoder.entry
        if self.fitting:
            self.cancel()
        elif draw.mixture is not None and draw.mixture.is_of(entry):
            draw.mixture = None
            self._changed(drawn=True)
        elif (known := self._mixtures.get(entry.encoder_sha256)) is not None:
            draw.mixture = known
            self._changed(drawn=True)
        else:
            run_async(self._screen, lambda: self._find(sampler, entry, epoch), group="prior")

    def cancel(self) -> bool:
        """Stop fitting; return whether there was anything to stop."""
        if not self.fitting:
            return False
        self.close()
        self._changed(drawn=False)
        return True

    def close(self) -> None:
        """Stop fitting for good: the screen is left."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def line(self, sampler: Sampler) -> Content:
        """What is being done, or how both priors compare for the decoder in use."""
        if self.fitting:
            done = self._progress
            share = f" {done.done * 100 // done.total} %" if done.total > 1 else ""
            return Content(f"Mixture: {done.what}{share}   ") + Content.styled("Esc cancels", QUIET)
        mixture = self._mixtures.get(sampler.decoder.entry.encoder_sha256)
        if mixture is None or not mixture.metrics:
            return Content()
        names: list[Compared] = ["standard", "gmm"]
        if sampler.draws.current.mixture is not None:
            names.reverse()
        first, second = names
        ours, others = mixture.metrics[first], mixture.metrics[second]
        parts = [
            Content.styled(f"{name} ", QUIET) + Content(f"{value:.2f}")
            for name, value in zip(("precision", "recall", "coverage"), _values(ours), strict=True)
        ]
        compared = " ".join(f"{value:.2f}" for value in _values(others))
        shown = Content.styled("latent ", QUIET) + Content("  ").join(parts)
        return shown + Content.styled(f"   {_NAMES[second]} {compared}", QUIET)

    async def _find(self, sampler: Sampler, entry: ExportEntry, epoch: int | None) -> None:
        """Take the mixture that the session keeps, or have one fitted."""
        if self.fitting:
            return
        arguments = [] if epoch is None else ["--epoch", f"{epoch}"]
        self._process = process = EngineProcess[FitReply](
            receive_fit_reply, "vae_engine.priors", str(self._session.folder), *arguments
        )
        self._progress = Progressed("starting")
        self._changed(drawn=False)
        try:
            kept = await asyncio.to_thread(kept_prior, self._session, entry)
        except EngineError as error:
            self._fail(process, error_text(error))
            return
        if kept is not None:
            self._take(process, sampler, kept)
            return
        said: list[FitReply] = []

        def hear(reply: FitReply) -> None:
            said.append(reply)
            # As a message of the screen: once it is being left, it takes none.
            self._screen.call_later(self._hear, process, reply)

        try:
            await asyncio.to_thread(process.follow, hear)
        except OSError as error:
            self._fail(process, f"No mixture can be fitted: {error.strerror}")
            return
        last = said[-1] if said else None
        if isinstance(last, Fitted):
            self._take_content(process, sampler, last)
        elif isinstance(last, TaskFailed):
            self._fail(
                process,
                error_text(last.error),
            )
        else:
            self._fail(process, "The process that fits the mixture ended unexpectedly.")

    def _hear(self, process: EngineProcess[FitReply], reply: FitReply) -> None:
        if self._process is process and isinstance(reply, Progressed) and has_widgets(self._screen):
            self._progress = reply
            self._changed(drawn=False)

    def _take_content(
        self, process: EngineProcess[FitReply], sampler: Sampler, reply: Fitted
    ) -> None:
        try:
            mixture = from_bytes(reply.content, sampler.decoder.latent_dim)
        except EngineError as error:
            self._fail(process, error_text(error))
            return
        if reply.not_kept and self._process is process and has_widgets(self._screen):
            self._screen.notify(one_line(reply.not_kept), severity="warning", markup=False)
        self._take(process, sampler, mixture)

    def _take(
        self, process: EngineProcess[FitReply], sampler: Sampler, mixture: FittedPrior
    ) -> None:
        """Use a mixture, unless it was cancelled or the screen is being left."""
        self._mixtures[mixture.encoder_sha256] = mixture
        if self._process is not process or not has_widgets(self._screen):
            return
        self._process = None
        if mixture.is_of(sampler.decoder.entry):
            sampler.draws.current.mixture = mixture
        else:
            self._screen.notify("The decoder is another one now: p fits its mixture.")
        self._changed(drawn=True)

    def _fail(self, process: EngineProcess[FitReply], why: str) -> None:
        if self._process is process and has_widgets(self._screen):
            self._process = None
            self._screen.notify(why, severity="error", markup=False)
            self._changed(drawn=False)


def _values(metrics: LatentMetrics) -> tuple[float, float, float]:
    return metrics.precision, metrics.recall, metrics.coverage
