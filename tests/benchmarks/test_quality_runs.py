"""Sessions of a quality benchmark, trained by real workers."""

from pathlib import Path

import pytest

from benchmarks.quality import Runs
from benchmarks.quality_record import Record
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings


@pytest.mark.slow
def test_what_is_missing_is_trained_and_what_was_begun_is_gone_on_with(tmp_path: Path) -> None:
    store, record = SessionStore(tmp_path / "sessions"), Record(tmp_path / "runs.jsonl")
    told: list[str] = []
    small = {"limit": 256, "epochs": 2, "filters": (4, 8), "dense_units": (32,), "threads": 1}
    wanted = [(f"seed {seed}", make_settings(small, seed=seed)) for seed in range(3)]
    begun = store.create(wanted[1][1], command=["test"])
    Runs(store, record, told.append).train(wanted, workers=2)
    runs = [record.run(settings) for _, settings in wanted]
    assert [run and run.epochs for run in runs] == [2, 2, 2]
    assert runs[1] is not None
    assert runs[1].session == begun.id
    assert len({run.weights_sha256 for run in runs if run is not None}) == 3
    for run in runs:
        assert run is not None
        assert run.test_loss == pytest.approx(run.test_reconstruction_loss + run.test_kl_loss)
    sessions = [listing.id for listing in store.listings()]
    told.clear()
    Runs(store, record, told.append).train(wanted, workers=2)
    assert [listing.id for listing in store.listings()] == sessions
    assert told == []
