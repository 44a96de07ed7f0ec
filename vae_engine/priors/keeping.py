"""The mixture that a session's folder keeps; light, for the app."""

from __future__ import annotations

from vae_engine.errors import SessionDamagedError, SessionError
from vae_engine.priors.fitted import FILE_LIMIT, FittedPrior, from_bytes, to_bytes
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session


def kept_prior(session: Session, entry: ExportEntry) -> FittedPrior | None:
    """Read the mixture that was fitted to an export; None if there is none, or one of another.

    Raises:
        SessionDamagedError: the file is not what it should be.
    """
    try:
        data = atomic.read_bounded(session.folder / layout.MIXTURE, FILE_LIMIT)
        fitted = from_bytes(data, session.settings.latent_dim)
    except FileNotFoundError:
        return None
    except SessionDamagedError as error:
        raise SessionDamagedError(f"{error}; delete it to fit a new one") from None
    return fitted if fitted.is_of(entry) else None


def keep_prior(session: Session, fitted: FittedPrior) -> None:
    """Save a mixture in the session's folder, replacing an earlier one.

    Raises:
        SessionError: the folder cannot be written.
    """
    try:
        atomic.replace_content(session.folder / layout.MIXTURE, to_bytes(fitted))
    except OSError as error:
        raise SessionError(
            f"the mixture cannot be kept in {session.folder}: {error.strerror}"
        ) from None
