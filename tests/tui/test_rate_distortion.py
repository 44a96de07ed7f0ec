"""Rate and distortion of recorded sessions."""

from __future__ import annotations

import math

import pytest

from tests.tui.recorder import Recorder, epoch_ended
from tui.comparison import read_compared
from tui.rate_distortion import rate_path, rate_paths
from vae_engine.sessions.session import Session


def test_a_path_has_every_epoch_with_finite_losses(recorder: Recorder) -> None:
    session = recorder.session("a", epochs=3)
    broken = epoch_ended(4, val_reconstruction_loss=math.inf, val_loss=math.inf)
    recorder.emit(session, broken, epoch_ended(5))
    found = rate_path(read_compared(Session(session.folder)))
    assert found is not None
    assert found.epochs.tolist() == [1, 2, 3, 5]
    assert found.rate.tolist() == [4.5] * 4
    losses = [epoch_ended(epoch).val_loss for epoch in (1, 2, 3, 5)]
    assert found.negative_elbo.tolist() == pytest.approx(losses)
    assert found.epochs[found.best] == 5


def test_a_session_without_epochs_has_no_path(recorder: Recorder) -> None:
    assert rate_path(read_compared(recorder.session("new", status="starting"))) is None


def test_only_distortions_that_compare_are_in_one_chart(recorder: Recorder) -> None:
    sessions = [
        recorder.session("a", dataset="mnist"),
        recorder.session("b", dataset="fashion_mnist"),
        recorder.session("c", dataset="mnist", latent_dim=4),
    ]
    compared = [read_compared(session) for session in sessions]
    assert [(path.name, path.tone) for path in rate_paths(compared)] == [("a", 0), ("c", 2)]
    beside = rate_paths(compared, sessions[1].id)
    assert [(path.name, path.tone) for path in beside] == [("b", 1)]
