import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tui.recorder import Recorder
from tui.sampler.embeddings import Embeddings, embeddings_of
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session

Z_MEAN = np.arange(12, dtype=np.float32).reshape(6, 2)
LABELS = np.array([3, 1, 4, 1, 5, 9])


def write(session: Session, **arrays: NDArray[np.generic]) -> None:
    write_npz(session.folder / layout.EMBEDDINGS, {"z_mean": Z_MEAN, "labels": LABELS, **arrays})


def embedded(session: Session, epoch: int = 4) -> Embeddings | None:
    exports = session.exports()
    assert exports is not None
    entry = next(entry for entry in exports.kept if entry.epoch == epoch)
    return embeddings_of(session, entry)


def test_the_best_epoch_has_all_test_digits(recorded_session: Session) -> None:
    write(recorded_session)
    embeddings = embedded(recorded_session)
    assert embeddings is not None
    assert np.array_equal(embeddings.z_mean, Z_MEAN)
    assert np.array_equal(embeddings.labels, LABELS)
    assert (embeddings.epoch, embeddings.complete) == (4, True)


def test_other_epochs_embed_the_digits_of_the_previews(recorded_session: Session) -> None:
    write(recorded_session)
    embeddings = embedded(recorded_session, epoch=1)
    assert embeddings is not None
    assert embeddings.z_mean.shape == (10, 2)
    assert embeddings.labels.tolist() == list(range(10))
    assert (embeddings.epoch, embeddings.complete) == (1, False)


def test_a_training_session_embeds_the_digits_of_the_previews(recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=1, of=10)
    embeddings = embedded(session, epoch=1)
    assert embeddings is not None
    assert not embeddings.complete


def test_without_digits_there_is_nothing_to_embed(recorded_session: Session) -> None:
    (recorded_session.folder / layout.PREVIEWS / layout.ORIGINALS).unlink()
    assert embedded(recorded_session, epoch=1) is None


@pytest.mark.parametrize(
    "arrays",
    [
        {"z_mean": np.zeros((6, 3), np.float32)},
        {"z_mean": np.zeros((6, 2))},
        {"labels": np.zeros(5, np.int64)},
        {"labels": np.array(["a"] * 6)},
        {"z_mean": np.array([None] * 6, dtype=object)},
    ],
    ids=["other latent_dim", "other type", "other length", "text", "objects"],
)
def test_foreign_arrays_of_another_kind_are_refused(
    recorded_session: Session, arrays: dict[str, NDArray[np.generic]]
) -> None:
    path = recorded_session.folder / layout.EMBEDDINGS
    with path.open("wb") as file:
        np.savez(file, **{"z_mean": Z_MEAN, "labels": LABELS, **arrays})  # type: ignore[arg-type]
    with pytest.raises(SessionDamagedError):
        embedded(recorded_session)


def test_what_is_no_number_is_left_out(recorded_session: Session) -> None:
    z_mean = Z_MEAN.copy()
    z_mean[1, 0], z_mean[3, 1], z_mean[5, 0] = np.nan, np.inf, 1e30
    write(recorded_session, z_mean=z_mean)
    embeddings = embedded(recorded_session)
    assert embeddings is not None
    assert embeddings.labels.tolist() == [3, 4, 5]
    assert embeddings.left_out == 3


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e30])
def test_embeddings_of_which_none_is_usable_are_damaged(
    recorded_session: Session, value: float
) -> None:
    write(recorded_session, z_mean=np.full_like(Z_MEAN, value))
    with pytest.raises(SessionDamagedError, match="none of 6 embeddings is finite"):
        embedded(recorded_session)


def test_a_changed_encoder_is_refused(recorded_session: Session) -> None:
    path = recorded_session.folder / layout.export_file("encoder", 1)
    path.write_bytes(b"")
    with pytest.raises(SessionDamagedError):
        embedded(recorded_session, epoch=1)
