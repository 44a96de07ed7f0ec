"""The adapted defaults on a few hundred images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.worker.conftest import Runner, events_until
from vae_engine.control.training import start_session
from vae_engine.datasets import load_dataset
from vae_engine.settings import make_settings


@pytest.mark.slow
@pytest.mark.parametrize("latent_dim", [2, 8, 16])
def test_three_hundred_images_are_learned_with_all_defaults(
    runner: Runner, tmp_path: Path, latent_dim: int
) -> None:
    images = load_dataset("mnist").train_images[:300]
    np.savez(tmp_path / "few.npz", images=images)
    settings = make_settings(dataset=str(tmp_path / "few.npz"), latent_dim=latent_dim, threads=1)
    session = start_session(runner.store, settings, given={"dataset", "latent_dim", "threads"})
    events_until(session, lambda: session.log.phase == "ended")
    assert session.status() == "completed", session.log.stop_reason
    result, best = session.result(), session.log.best
    assert result is not None
    assert best is not None
    # The mean image has 206.
    assert result.test_loss < 180.0
    assert best.active_units >= 2
