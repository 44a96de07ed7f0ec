"""Sessions for notebooks and scripts: history, samples, reconstructions, embeddings, models."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vae_engine.control.training import start_session
from vae_engine.datasets import to_float, to_images
from vae_engine.errors import SessionDamagedError, SessionError
from vae_engine.inference.sampling import draw_prior, load_decoder, load_encoder
from vae_engine.sessions import layout
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.records import LIVE, Result, Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import LATEST, SessionStore
from vae_engine.settings import Settings, make_settings

if TYPE_CHECKING:
    from vae_engine.model.network import Networks

Floats = NDArray[np.float32]

SESSIONS_VARIABLE = "VAE_SESSIONS"
_POLL_SECONDS = 0.2


def sessions_folder(folder: str | Path | None = None) -> Path:
    """Where sessions live: `folder`, else `$VAE_SESSIONS`, else `./sessions`."""
    return Path(folder or os.environ.get(SESSIONS_VARIABLE) or "sessions")


def list_sessions(folder: str | Path | None = None) -> list[SavedSession]:
    """All readable sessions, newest first.

    Args:
        folder: of the sessions; see `sessions_folder`.
    """
    listings = SessionStore(sessions_folder(folder)).listings()
    return [SavedSession(Session(entry.folder)) for entry in listings if not entry.problem]


def load_session(reference: str = LATEST, folder: str | Path | None = None) -> SavedSession:
    """The session that `reference` names: an id, a unique part of it, a name, or `latest`.

    Raises:
        SessionNotFoundError: none or several are meant.
        SessionDamagedError: it cannot be read.
    """
    return SavedSession(SessionStore(sessions_folder(folder)).find(reference))


def train(
    folder: str | Path | None = None, *, name: str | None = None, **settings: Any
) -> SavedSession:
    """Start a training session in a worker of its own, and return at once.

    Args:
        folder: of the sessions; see `sessions_folder`.
        name: what to call it.
        settings: those that differ from the defaults, such as `latent_dim=8`.

    Raises:
        SettingError: a setting has a value it cannot have.
        DatasetError: the images cannot be read.
        WorkerError: the worker could not be started.
    """
    chosen = make_settings(settings)
    return SavedSession(start_session(SessionStore(sessions_folder(folder)), chosen, name=name))


class SavedSession:
    """One session, live or finished, read as it is at each call.

    Attributes:
        session: the folder behind it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def __repr__(self) -> str:
        return f"<SavedSession {self.id} {self.name!r} {self.status}>"

    @property
    def id(self) -> str:
        """Its id."""
        return self.session.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.session.label.name

    @property
    def settings(self) -> Settings:
        """What it trains with."""
        return self.session.settings

    @property
    def status(self) -> Status:
        """What it is doing, or how it ended."""
        self.session.poll(progress=False)
        return self.session.status()

    def wait(self) -> Status:
        """Block until no worker trains it any more; returns the status it ended with."""
        while (status := self.status) in LIVE:
            time.sleep(_POLL_SECONDS)
        return status

    def history(self) -> dict[str, NDArray[Any]]:
        """The finished epochs: each figure as an array of one entry an epoch.

        Losses are in nats an image; `kl_per_dimension` is (epochs, latent_dim). See `EpochEnded`
        for what each figure is.
        """
        self.session.poll(progress=False)
        epochs = self.session.log.history
        names = [field.name for field in msgspec.structs.fields(EpochEnded)]
        return {
            name: np.array([getattr(epoch, name) for epoch in epochs])
            for name in names
            if name != "seq"
        }

    def result(self) -> Result | None:
        """What it ended with: best epoch, losses on the test split, digest of the weights."""
        return self.session.result()

    def sample(self, count: int = 64, *, seed: int = 0, temperature: float = 1.0) -> Floats:
        """Draw from the prior: pixel probabilities (count, 28, 28) in [0, 1].

        Args:
            count: how many.
            seed: equal seeds draw equal z.
            temperature: standard deviation of z; 1 is the prior itself.

        Raises:
            SessionError: nothing was exported yet.
        """
        decoder = load_decoder(self.session)
        return decoder.decode(
            draw_prior(count, decoder.latent_dim, seed=seed, temperature=temperature)
        )

    def decode(self, z: Floats) -> Floats:
        """Pixel probabilities (n, 28, 28) for z (n, latent_dim); errors as `sample`."""
        return load_decoder(self.session).decode(z)

    def embed(self, images: NDArray[Any]) -> tuple[Floats, Floats]:
        """The posterior's z_mean and z_log_var, each (n, latent_dim).

        Args:
            images: (n, 28, 28), uint8 or floats in [0, 1], or another form that
                `vae_engine.datasets.to_images` takes.

        Raises:
            ArrayError: a `ValueError`: the array has another shape, type or range.
            SessionError: nothing was exported yet.
        """
        return load_encoder(self.session).encode(to_float(to_images(images)))

    def reconstruct(self, images: NDArray[Any]) -> Floats:
        """Images decoded from their z_mean, (n, 28, 28) in [0, 1]; arguments as `embed`."""
        z_mean, _ = self.embed(images)
        return self.decode(z_mean)

    def networks(self) -> Networks:
        """The final Keras models, rebuilt from the settings with the saved weights.

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
        return load_networks(self.settings, path, expected)
