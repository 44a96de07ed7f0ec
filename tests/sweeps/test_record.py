"""The sweep's record, whole, damaged or foreign, and sweeps among sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vae_engine.errors import SessionDamagedError, SessionNotFoundError, SettingError
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import MOST_TRIALS, Grid, make_grid
from vae_engine.sweeps.record import RECORD, read_sweep, trial_settings
from vae_engine.sweeps.store import DamagedSweep, NewSweep, Sweep, SweepStore


@pytest.fixture
def store(tmp_path: Path) -> SweepStore:
    return SweepStore(SessionStore(tmp_path / "sessions"))


@pytest.fixture
def grid() -> Grid:
    return make_grid({"latent_dim": (2, 8), "filters": ((8,), (8, 16)), "epochs": (5, 30)}, 2)


def test_a_record_is_read_as_it_was_written(store: SweepStore, grid: Grid) -> None:
    made = store.create(NewSweep(grid, parallel=2, name="mine", command=["vae", "sweep"]))
    record = read_sweep(made.folder)
    assert record == made.record
    assert [trial_settings(record, trial) for trial in record.trials] == list(grid.trials)
    assert record.varied == {
        "latent_dim": [2, 8],
        "epochs": [5, 30],
        "filters": [[8], [8, 16]],
        "seed": [0, 1],
    }
    assert (record.name, record.parallel, record.command) == ("mine", 2, ["vae", "sweep"])


def test_the_sessions_have_ids_before_they_exist(store: SweepStore, grid: Grid) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    stem = sweep.id.removeprefix("sweep-")
    assert [trial.session for trial in sweep.record.trials[:2]] == [f"{stem}-01", f"{stem}-02"]
    session = store.sessions.create(make_settings(), session_id=f"{stem}-01", tags=[sweep.id])
    assert (session.id, session.label.tags) == (f"{stem}-01", [sweep.id])


def test_the_largest_grid_can_be_read_again(store: SweepStore) -> None:
    values = {"latent_dim": tuple(range(1, 101)), "seed": tuple(range(MOST_TRIALS // 100))}
    sweep = store.create(NewSweep(make_grid(values), parallel=1))
    assert len(read_sweep(sweep.folder).trials) == MOST_TRIALS


def test_sweeps_are_no_sessions(store: SweepStore, grid: Grid) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    sessions = store.sessions
    assert sessions.listings() == []
    assert sessions.trash() == []
    with pytest.raises(SessionNotFoundError, match="is a sweep, not a session") as caught:
        sessions.find(sweep.id)
    assert (caught.value.remedy, caught.value.subject) == ("follow_sweep", sweep.id)
    assert "`" not in str(caught.value)
    with pytest.raises(SessionNotFoundError, match="no session in") as caught:
        sessions.find("latest")
    assert caught.value.remedy == "train"


def test_a_sweep_is_found_by_id_name_part_and_as_the_latest(store: SweepStore, grid: Grid) -> None:
    first = store.create(NewSweep(grid, parallel=1, name="first"))
    second = store.create(NewSweep(grid, parallel=1))
    assert second.record.name == "latent_dim x epochs x filters x seed"
    for reference, found in (
        (first.id, first),
        ("first", first),
        (second.id.rpartition("-")[2], second),
        ("latest", second),
    ):
        assert store.find(reference) == found
    assert store.listings() == [second, first]


def test_what_is_no_sweep_is_reported(store: SweepStore, grid: Grid) -> None:
    with pytest.raises(SessionNotFoundError, match="no sweep 'x'") as caught:
        store.find("x")
    assert caught.value.remedy == "train_sweep"
    session = store.sessions.create(make_settings())
    with pytest.raises(SessionNotFoundError, match="is a session, not a sweep") as caught:
        store.find(session.id)
    assert (caught.value.remedy, caught.value.subject) == ("show", session.id)
    store.create(NewSweep(grid, parallel=1))
    with pytest.raises(SessionNotFoundError, match="no sweep") as caught:
        store.find("../..")
    assert caught.value.remedy == "list_sweeps"


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "x" * 201, " "])
def test_a_name_that_is_no_line_is_refused(store: SweepStore, grid: Grid, name: str) -> None:
    with pytest.raises(SettingError):
        store.create(NewSweep(grid, parallel=1, name=name))
    assert not store.root.exists()


def changed(sweep: Sweep, **changes: Any) -> None:
    record = json.loads((sweep.folder / RECORD).read_text())
    (sweep.folder / RECORD).write_text(json.dumps({**record, **changes}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 2}, "has schema 2, this version reads up to 1"),
        ({"schema": "1"}, "damaged"),
        ({"settings": {"latent_dims": 2}}, "does not know"),
        ({"settings": {"latent_dim": 0}}, "damaged"),
        ({"varied": {"\x1b]0;x": [1]}}, "does not know"),
        ({"varied": {"latent_dim": ["\x1b[2J"]}}, "latent_dim is "),
        ({"name": "\x1b[31m"}, "control characters"),
        ({"trials": []}, "damaged"),
        ({"trials": [{"session": "../x"}]}, "damaged"),
        ({"trials": [{"session": "a"}, {"session": "a"}]}, "two trials are a"),
        ({"trials": [{"session": "a", "changes": {"beta": -1}}]}, "beta is -1"),
        ({"trials": [{"session": "a", "changes": {"gamma": 1}}]}, "does not know"),
        ({"parallel": 0}, "damaged"),
        ({"created": 1e300}, "damaged"),
    ],
)
def test_a_record_that_cannot_be_is_refused_in_one_line(
    store: SweepStore, grid: Grid, changes: dict[str, Any], said: str
) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    changed(sweep, **changes)
    with pytest.raises(SessionDamagedError, match=said) as caught:
        store.find(sweep.id)
    assert str(caught.value).isprintable()
    assert [type(one) for one in store.listings()] == [DamagedSweep]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"{" * 5000])
def test_a_file_that_is_no_record_is_refused(store: SweepStore, grid: Grid, content: bytes) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    (sweep.folder / RECORD).write_bytes(content)
    with pytest.raises(SessionDamagedError, match="damaged"):
        store.find(sweep.id)


def test_a_link_in_place_of_the_record_is_refused(
    store: SweepStore, grid: Grid, tmp_path: Path
) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    (sweep.folder / RECORD).rename(tmp_path / "elsewhere")
    (sweep.folder / RECORD).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionDamagedError, match="link"):
        store.find(sweep.id)
    (sweep.folder / RECORD).unlink()
    with pytest.raises(SessionDamagedError, match="this is not a sweep"):
        store.find(sweep.id)


def test_a_sweep_from_before_a_setting_existed_is_trained_as_it_began(
    store: SweepStore, grid: Grid
) -> None:
    sweep = store.create(NewSweep(grid, parallel=1))
    path = sweep.folder / RECORD
    fields = json.loads(path.read_text())
    for name in ("activation", "clip_norm", "weight_decay", "batch_parts"):
        del fields["settings"][name]
    path.write_text(json.dumps(fields))
    settings = read_sweep(sweep.folder).settings
    assert (settings.activation, settings.batch_parts) == ("relu", 0)
    assert (settings.clip_norm, settings.weight_decay) == (0.0, 0.0)
