"""The images that a session was trained on, for whatever is done with its model."""

from __future__ import annotations

from vae_engine.datasets import Dataset, load_dataset
from vae_engine.datasets.splits import recorded_method
from vae_engine.errors import DatasetError
from vae_engine.sessions.session import Session


def session_dataset(session: Session) -> Dataset:
    """The images that the session trains on, as it limits them.

    Raises:
        DatasetError: they cannot be read, or are others than when it trained.
    """
    session.poll(progress=False)
    settings, prepared = session.settings, session.log.prepared
    method = recorded_method(prepared.dataset if prepared else None)
    dataset = load_dataset(settings.dataset, method)
    trained_on = prepared.dataset.get("sha256") if prepared else None
    if trained_on not in (None, dataset.sha256):
        raise DatasetError(
            f"{dataset.name} has other images than when session {session.id} trained on it: "
            "bring those back"
        )
    return dataset.limited(settings.limit)
