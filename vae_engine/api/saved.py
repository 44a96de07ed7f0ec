"""One session for notebooks and scripts: its run, history, samples, embeddings and models."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from vae_engine.api.arguments import (
    check_choice,
    fits_memory,
    latent_points,
    near_enough,
    number_from_zero,
    optional_path,
    whole_number,
)
from vae_engine.api.history import History
from vae_engine.control.commands import ask
from vae_engine.control.training import resume_session
from vae_engine.datasets import to_float, to_images
from vae_engine.errors import SessionDamagedError, SessionError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.sampling import load_decoder, load_encoder
from vae_engine.priors.names import PRIOR_NAMES, PriorName
from vae_engine.sessions import layout
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.records import LIVE, EvaluationRecord, Result, Status
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.worker.launcher import let_leave

if TYPE_CHECKING:
    from vae_engine.model.network import Networks
    from vae_engine.priors.prior import Prior

Floats = NDArray[np.float32]

_POLL_SECONDS = 0.2
_MOST_SAMPLES = 10**9


class SavedSession:
    """One session, live or finished; every call reads its present state.

    Attributes:
        session: its folder.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def __repr__(self) -> str:
        return f"<SavedSession {self.id} {self.name!r} {self.status}>"

    @property
    def id(self) -> str:
        """Id of the session."""
        return self.session.id

    @property
    def name(self) -> str:
        """Name of the session."""
        return self.session.label.name

    @property
    def settings(self) -> Settings:
        """Settings of the session; `dict(session.settings)` gives the values by name."""
        return self.session.settings

    @property
    def status(self) -> Status:
        """Present status: what it is doing, or how it ended."""
        self.session.poll(progress=False)
        return self.session.status()

    @property
    def folder(self) -> Path:
        """Folder of the session."""
        return self.session.folder

    @property
    def reason(self) -> str:
        """Why it ended, such as `converged` or what failed; empty while it is live.

        If the worker exited unexpectedly, it is the end of the worker's log.
        """
        if (status := self.status) in LIVE:
            return ""
        words = self.session.crash_message() if status == "interrupted" else ""
        return self.session.log.stop_reason or words

    @property
    def failed_attempt(self) -> str:
        """Why the latest resume ended before it trained; empty if it trained.

        Such an attempt leaves status, reason and result as they were.
        """
        self.session.poll(progress=False)
        attempt = self.session.log.attempt
        if attempt is None or self.status in LIVE:
            return ""
        return attempt.reason or self.session.crash_message()

    def wait(self, *, progress: bool = False) -> Status:
        """Block until no worker trains it.

        Args:
            progress: print one line per epoch, and how the run ended.

        Returns:
            The final status; see also `reason`.
        """
        printed = 0
        while True:
            status = self.status
            if progress:
                new = [epoch for epoch in self.session.log.history if epoch.epoch > printed]
                for epoch in new:
                    print(_epoch_line(epoch, self.session.log.epochs), flush=True)
                    printed = epoch.epoch
            if status not in LIVE:
                break
            time.sleep(_POLL_SECONDS)
        let_leave(self.session)
        if progress:
            print(f"{status}: {self.reason}" if self.reason else status, flush=True)
            if attempt := self.failed_attempt:
                print(f"the latest attempt to resume did not train: {attempt}", flush=True)
        return status

    def stop(self, *, now: bool = False) -> None:
        """Stop the run at the end of its epoch, which evaluates and exports the model.

        Args:
            now: write a checkpoint and stop at once instead. Returns when the worker has ended.

        Raises:
            SessionBusyError: no worker trains it.
        """
        ask(self.session, "stop_now" if now else "stop")

    def pause(self) -> None:
        """Pause the run after a checkpoint; `resume` continues it.

        Raises:
            SessionBusyError: no worker trains it, or it is paused.
        """
        ask(self.session, "pause")

    def resume(
        self, *, epochs: SupportsIndex | None = None, dataset: str | Path | None = None
    ) -> None:
        """Continue a paused run, or start a worker that resumes an ended one; returns at once.

        Args:
            epochs: additional epochs for a run that has ended; None trains to the planned end.
            dataset: where its images are now, if they were moved.

        Raises:
            SessionBusyError: a worker trains it.
            SessionError: it cannot be resumed so.
            DatasetError: its images are gone, or are not those it was trained on.
            WorkerError: the worker could not be started.
        """
        more = None if epochs is None else whole_number("epochs", epochs, low=1)
        place = optional_path("dataset", dataset)
        if more is None and self.status == "paused":
            ask(self.session, "continue")
        else:
            resume_session(self.session, more=more, dataset=place)

    def history(self) -> History:
        """Return the finished epochs: one array per metric, also for `pandas.DataFrame`."""
        self.session.poll(progress=False)
        return History(self.session.log.history, self.settings.latent_dim)

    def result(self) -> Result | None:
        """Return the final result: best epoch, losses on the test split, digest of the weights."""
        return self.session.result()

    def evaluation(self) -> EvaluationRecord | None:
        """Return the latest evaluation, None before the first."""
        return self.session.evaluation()

    def evaluate(
        self, *, samples: SupportsIndex = 100, dataset: str | Path | None = None
    ) -> EvaluationRecord:
        """Evaluate the exported model on the test split, and save the record with the session.

        ELBO, importance-weighted NLL, KL, active units and probes; this takes a minute or two. It
        uses several processes: in a script, call it below `if __name__ == "__main__":`.

        Args:
            samples: importance samples per image; 1 skips the NLL.
            dataset: where its images are now, if they were moved.

        Raises:
            SessionError: nothing was exported yet, or the record cannot be written.
            DatasetError: the images are gone, or are not those it was trained on.
        """
        from vae_engine.evaluation.evaluate import evaluate_session, keep_evaluation

        count = whole_number("samples", samples, low=1)
        images = session_dataset(self.session, optional_path("dataset", dataset))
        record = evaluate_session(self.session, images, samples=count, report=_silent)
        keep_evaluation(self.session, record)
        return record

    def sample(
        self,
        count: SupportsIndex = 64,
        *,
        seed: SupportsIndex = 0,
        temperature: SupportsFloat = 1.0,
        prior: PriorName = "standard",
    ) -> Floats:
        """Draw from a prior: pixel means (count, h, w), or (count, h, w, 3), in [0, 1].

        Args:
            count: how many, at least 1.
            seed: at least 0; equal seeds draw equal z.
            temperature: scale of the noise in z, at least 0; 1 is the prior itself.
            prior: `standard`, N(0, I), or `gmm`, a Gaussian mixture fitted to the training images'
                posteriors; the fit takes some seconds the first time, and is saved in the session.

        Raises:
            ArgumentError: a `ValueError`: an argument has a value it cannot have.
            SessionError: nothing was exported yet.
            DatasetError: the images for the fit cannot be read.
        """
        check_choice("prior", prior, PRIOR_NAMES)
        drawn = whole_number("count", count, low=1, high=_MOST_SAMPLES)
        start = whole_number("seed", seed, low=0)
        scale = number_from_zero("temperature", temperature)
        decoder = load_decoder(self.session)
        with fits_memory("count"):
            z = self._prior(prior).draw(drawn, seed=start, temperature=scale)
            with near_enough("temperature", z):
                return decoder.decode(z)

    def _prior(self, name: PriorName) -> Prior:
        # Imported here: it brings what reads images.
        from vae_engine.priors.session_priors import prior_named

        return prior_named(self.session, name)[0]

    def decode(self, z: NDArray[Any]) -> Floats:
        """Decode finite z (n, latent_dim) to pixel means; shapes and errors as in `sample`."""
        decoder = load_decoder(self.session)
        with fits_memory("z"):
            points = latent_points("z", z, self.settings.latent_dim)
            with near_enough("z", points):
                return decoder.decode(points)

    def embed(self, images: NDArray[Any]) -> tuple[Floats, Floats]:
        """Encode images to z_mean and z_log_var of the posterior, each (n, latent_dim).

        Args:
            images: of the size it trains on, (n, h, w) or (n, h, w, 3), uint8 or floats in
                [0, 1], or another form that
                `vae_engine.datasets.to_images` takes.

        Raises:
            ArrayError: a `ValueError`: the array has another shape, type or range.
            SessionError: nothing was exported yet.
        """
        encoder = load_encoder(self.session)
        with fits_memory("images"):
            return encoder.encode(to_float(to_images(images, shape=encoder.shape)))

    def reconstruct(self, images: NDArray[Any]) -> Floats:
        """Decode images from their z_mean, (n, h, w) or (n, h, w, 3); arguments as in `embed`."""
        z_mean, _ = self.embed(images)
        return self.decode(z_mean)

    def networks(self) -> Networks:
        """Rebuild the final Keras models from the settings and the saved weights.

        Only weights are read from the session, never code. This imports TensorFlow.

        Raises:
            SessionError: it has no final weights, as before its end or in a slim copy.
            SessionDamagedError: the weights are not those that were saved.
        """
        from vae_engine.model.network import load_networks

        result = self.result()
        path = self.session.folder / layout.WEIGHTS
        if result is None or not path.exists():
            raise SessionError(
                f"session {self.id} has no final weights: they come when training has ended, "
                "and slim copies leave them out"
            )
        expected = result.files.get(layout.WEIGHTS)
        if expected is None:
            raise SessionDamagedError(f"session {self.id} records no digest of its weights")
        shape = ImageShape(*result.image_shape)
        return load_networks(self.settings, path, expected, shape)


def _silent(*_: object) -> None:
    """Ignore a report of progress."""


def _epoch_line(epoch: EpochEnded, epochs: int) -> str:
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.2f}  val_loss {epoch.val_loss:.2f}  "
        f"{epoch.images_per_second:,.0f} images/s"
    )
