"""The status, derived from the last event and from whether a worker is alive."""

import time
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tests.sessions.makers import emit, live_session, new_session, run_ended, whole_run
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.records import LIVE, EndStatus, Status
from vae_engine.sessions.session import present_status
from vae_engine.sessions.store import SessionStore
from vae_engine.sessions.summary import Phase, derive_status

PHASES = get_args(Phase)
ENDS = get_args(EndStatus)


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("end", ENDS)
def test_a_last_event_counts_whoever_lives(end: EndStatus, alive: bool) -> None:
    assert derive_status("ended", end, alive=alive) == end


@pytest.mark.parametrize("phase", PHASES)
def test_without_a_last_word_a_dead_worker_means_interrupted(phase: Phase) -> None:
    assert derive_status(phase, None, alive=False) == "interrupted"


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        ("created", "starting"),
        ("starting", "starting"),
        ("training", "training"),
        ("paused", "paused"),
        ("stopping", "stopping"),
        ("ended", "starting"),
    ],
)
def test_a_living_worker_is_in_the_phase_that_it_tells(phase: Phase, status: Status) -> None:
    assert derive_status(phase, None, alive=True) == status


def test_every_live_phase_has_a_live_status_and_no_other() -> None:
    assert {derive_status(phase, None, alive=True) for phase in PHASES} == LIVE
    assert LIVE.isdisjoint(ENDS)
    assert LIVE | set(ENDS) == set(get_args(Status))


def test_a_new_session_is_given_a_moment_for_its_worker_to_appear(tmp_path: Path) -> None:
    session = new_session(tmp_path)
    assert session.status() == "starting"


@pytest.mark.parametrize("shift", [-60.0, 60.0, 3.0e9])
def test_one_that_was_created_at_another_time_is_not_new(tmp_path: Path, shift: float) -> None:
    session = new_session(tmp_path)
    manifest = msgspec.structs.replace(session.manifest, created=time.time() + shift)
    assert present_status(session.folder, manifest, "created", None) == "interrupted"


def test_a_session_whose_worker_exits_silently_is_interrupted(tmp_path: Path) -> None:
    session = live_session(tmp_path)
    session.poll()
    assert session.alive()
    assert session.status() == "training"
    (session.folder / layout.WORKER).unlink()
    assert session.status() == "interrupted"


def test_a_damaged_worker_record_is_no_living_worker(tmp_path: Path) -> None:
    session = live_session(tmp_path)
    (session.folder / layout.WORKER).write_text("{")
    session.poll()
    assert not session.alive()
    assert session.status() == "interrupted"


def test_the_status_follows_the_log(tmp_path: Path) -> None:
    session = live_session(tmp_path)
    seen = []
    for event in (ev.Paused(), ev.Continued(), ev.Stopping(now=False), run_ended("stopped")):
        emit(session, [event])
        session.poll()
        seen.append(session.status())
    assert seen == ["paused", "training", "stopping", "stopped"]


def test_the_list_and_the_session_agree(tmp_path: Path) -> None:
    completed, live = new_session(tmp_path), live_session(tmp_path, [ev.Paused()])
    emit(completed, whole_run())
    for session in (completed, live):
        session.poll()
        assert SessionStore(tmp_path).find_listing(session.id).status == session.status()
    assert (completed.status(), live.status()) == ("completed", "paused")
