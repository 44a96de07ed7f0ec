"""Static binarization with a real worker: the training images are drawn once, and for good."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.worker.conftest import Runner, events_until, kill
from tests.worker.test_resume import figures, has_begun, weights
from vae_engine.datasets import load_dataset
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.settings import make_settings


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
def test_it_trains_on_the_drawn_images_and_resumes_with_the_same_bits(
    runner: Runner, tmp_path: Path
) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (120, 28, 28), np.uint8)
    np.savez(tmp_path / "grey.npz", x_train=grey[:80], x_val=grey[80:100], x_test=grey[100:])
    settings = make_settings(
        dataset=str(tmp_path / "grey.npz"), binarize="static", seed=3, latent_dim=2, threads=1,
        epochs=4, min_epochs=4, batch_size=4, filters=(4, 8), dense_units=(16,),
    )  # fmt: skip
    session = runner.create(settings)
    runner.start(session)
    events_until(session, lambda: has_begun(session, 2))
    kill(session)
    runner.complete(session)

    drawn = as_evaluated(load_dataset(settings.dataset), settings)
    np.savez(
        tmp_path / "drawn.npz",
        x_train=drawn.train_images,
        x_val=drawn.val_images,
        x_test=drawn.test_images,
    )
    of_drawn = msgspec.structs.replace(
        settings, dataset=str(tmp_path / "drawn.npz"), binarize="none"
    )
    undisturbed = runner.complete(runner.create(of_drawn))
    assert undisturbed.status() == "completed"
    assert weights(session) == weights(undisturbed)
    assert figures(session) == figures(undisturbed)
    assert "statically binarized" in session.measured_on
    assert session.measured_on != undisturbed.measured_on
