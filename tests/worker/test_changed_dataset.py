"""A real worker resumes to the same bits though its folder has more, and renamed, images."""

from pathlib import Path

import numpy as np
import pytest

from tests.datasets.samples import digits, write_pngs
from tests.worker.conftest import Runner, events_until, kill
from tests.worker.test_resume import figures, weights
from vae_engine.api.saved import SavedSession
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions import layout
from vae_engine.sessions.image_record import read_image_record
from vae_engine.settings import make_settings

X = digits(train=100)["x_train"]


@pytest.mark.usefixtures("forked")
def test_files_that_came_since_change_no_bit(runner: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    write_pngs(folder / "cat", X[:40])
    write_pngs(folder / "dog", X[40:80])
    settings = make_settings(
        dataset=str(folder), epochs=15, min_epochs=15, batch_size=4, threads=1, latent_dim=2,
        filters=(4,), dense_units=(8,),
    )  # fmt: skip
    undisturbed = runner.complete(runner.create(settings))
    killed = runner.create(settings)
    runner.start(killed)
    # Epochs so short report no progress.
    events_until(killed, lambda: killed.log.epoch >= 1)
    kill(killed)
    assert killed.status() == "interrupted"
    record = (killed.folder / layout.IMAGES).read_bytes()
    kept = read_image_record(killed.folder)
    assert kept is not None
    assert kept.splits["train"].names[40] == "dog/000.png"
    assert killed.log.prepared is not None
    assert killed.log.prepared.label_names == ("cat", "dog")
    before = np.array(session_dataset(killed).train_images)

    write_pngs(folder / "ape", X[80:])
    (folder / "dog" / "000.png").rename(folder / "cat" / "rex.png")
    runner.complete(killed)
    assert killed.status() == "completed", killed.log.stop_reason
    assert weights(killed) == weights(undisturbed)
    assert figures(killed) == figures(undisturbed)
    assert (killed.folder / layout.IMAGES).read_bytes() == record
    after = session_dataset(killed)
    assert np.array_equal(after.train_images, before)
    evaluation = SavedSession(killed).evaluate(samples=2)
    assert evaluation.images == len(after.test_images) == 11
