"""Several processes in one folder: none fails because of another, no session is half-made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sessions.makers import new_session
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session
from vae_engine.sessions.store import SessionStore

_ROOT = Path(__file__).parents[2]


def run_at_once(*commands: list[str]) -> list[tuple[int, str]]:
    """Run Python programs at the same time; their exit codes and what they printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    outputs = [process.communicate()[0] for process in processes]
    return [(process.returncode, out) for process, out in zip(processes, outputs, strict=True)]


def storm(tmp_path: Path, *, processes: int, actions: int) -> None:
    store = SessionStore(tmp_path / "sessions")
    archive = tmp_path / "session.zip"
    export_session(new_session(tmp_path / "other", "imported"), archive)
    for _ in range(4):
        new_session(store.root)
    results = run_at_once(
        *(
            ["-m", "tests.crashes.busy_process", *map(str, (store.root, archive, seed, actions))]
            for seed in range(processes)
        )
    )
    assert [output for code, output in results if code] == []
    here = {listing.id: listing for listing in store.listings()}
    there = {listing.id: listing for listing in store.trash()}
    assert not here.keys() & there.keys()
    assert [one.problem for one in (*here.values(), *there.values()) if one.problem] == []
    names = {path.name for path in store.root.iterdir()}
    assert names - here.keys() <= {layout.TRASH}
    assert {path.name for path in (store.root / layout.TRASH).iterdir()} == there.keys()
    left = [path for path in store.root.rglob("*") if path.name.startswith((".tmp-", ".new-"))]
    assert left == []


def test_a_storm_of_processes_fails_none_and_halves_nothing(tmp_path: Path) -> None:
    storm(tmp_path, processes=4, actions=60)


@pytest.mark.slow
def test_a_long_storm_of_processes(tmp_path: Path) -> None:
    storm(tmp_path, processes=8, actions=300)


_DELETE = """
import sys
from pathlib import Path
from vae_engine.errors import SessionError
from vae_engine.sessions.store import SessionStore
store = SessionStore(Path(sys.argv[1]))
listing = store.listings()[0]
print("ready", flush=True)
sys.stdin.readline()
try:
    store.delete(listing)
except SessionError as error:
    print(error)
"""


def test_three_deletions_of_one_session_leave_it_in_the_trash_and_nothing_else(
    tmp_path: Path,
) -> None:
    store = SessionStore(tmp_path / "sessions")
    for _ in range(3):
        session = new_session(store.root)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", _DELETE, str(store.root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = sorted(process.communicate()[0].strip() for process in processes)
        assert told == ["", *[f"session {session.id} is in the trash already"] * 2]
        assert not session.folder.exists()
        assert [listing.id for listing in store.trash()] == [session.id]
        store.restore(session.id)
        store.delete(session)
        store.empty_trash()
