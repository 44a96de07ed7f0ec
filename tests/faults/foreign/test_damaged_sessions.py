"""Damaged sessions: every command gives the right result or a clear word, and changes nothing.

The long run is `python -m pytest -m slow tests/faults/foreign/test_damaged_sessions.py -s`.
"""

from __future__ import annotations

import os
import resource
import shutil
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import hypothesis
import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st

from tests.conftest import EXAMPLE
from tests.faults.foreign.commands import Answer, ask, bounded_time, check, digest
from tests.faults.foreign.mutations import Mutation, mutations
from tests.sessions.makers import finished_session, leave_worker
from tests.tui.recorder import Recorder
from vae_engine.control import training
from vae_engine.datasets import Dataset, load_dataset, loader
from vae_engine.datasets.image_record import Recorded
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.splits import BY_CONTENT, SplitMethod
from vae_engine.errors import WorkerError
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.store import SessionStore

FEW, MANY = 60, 1200
# Above what the healthy sessions take. A bomb takes gigabytes.
MOST_GROWTH = 600 * 2**20
LONG_AGO = (1e9, 1e9)


class Ground:
    """A healthy session, and beside it copies of others that are damaged and made anew."""

    def __init__(self, root: Path, dataset: str = "mnist") -> None:
        self.store = SessionStore(root / "sessions")
        self.spare = root / "spare"
        self.healthy = Recorder(self.store).session("healthy")
        self.tally: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        originals = SessionStore(root / "originals")
        recorded = Recorder(originals).session(
            "recorded", tags=["paper"], note="of note", dataset=dataset
        )
        leave_worker(recorded, alive=False)
        inbox.send(recorded.folder, "pause")
        (recorded.folder / layout.LOG).write_text("2026-01-01 INFO importing TensorFlow\n")
        self.originals = {
            "example": EXAMPLE,
            "recorded": recorded.folder,
            "finished": finished_session(originals.root).folder,
        }
        self.strategy = st.one_of(
            *(
                st.tuples(st.just(name), st.lists(mutations(folder), min_size=1, max_size=3))
                for name, folder in self.originals.items()
            )
        )

    def damage(self, name: str, changes: list[Mutation]) -> Path:
        """A fresh copy of a session with these changes."""
        shutil.rmtree(self.store.root / "elsewhere", ignore_errors=True)
        folder = self.store.root / self.originals[name].name
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(self.originals[name], folder)
        for change in changes:
            change.apply(folder)
            self.kinds[change.kind] += 1
        heartbeat = folder / layout.HEARTBEAT
        if heartbeat.is_file() and not heartbeat.is_symlink():
            os.utime(heartbeat, LONG_AGO)  # From another host this alone would tell a worker.
        return folder

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)
        shutil.rmtree(self.store.root / "elsewhere", ignore_errors=True)

    def look(self, name: str, changes: list[Mutation], output: Path) -> None:
        """Ask every command about a damaged session."""
        folder = self.damage(name, changes)
        before = digest(self.store.root)
        try:
            with bounded_time():
                for command in commands(folder, output):
                    answer = check(ask(*command))
                    self.tally[("an answer", "a clear word", "bad usage")[answer.code]] += 1
                    _check_result(answer, folder, output)
                self._check_list(folder)
                assert digest(self.store.root) == before
        finally:
            self.clear(folder)

    def _check_list(self, folder: Path) -> None:
        listed = msgspec.json.decode(check(ask("sessions", "--json")).out)
        by_id = {entry["id"]: entry for entry in listed}
        assert by_id[self.healthy.id]["status"] == "completed"
        entry = by_id[folder.name]
        assert (entry["status"] == "damaged") == (entry["problem"] is not None)
        shown = ask("show", folder.name)
        if entry["problem"] is not None:
            assert shown.code == 1, shown

    def report(self) -> None:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items()))
        print(f"\n{self.kinds.total()} mutations ({kinds}); commands: {dict(self.tally)}")


def commands(folder: Path, output: Path) -> list[tuple[object, ...]]:
    """What people ask of a session that does not train."""
    one = folder.name
    return [
        ("sessions",),
        ("show", one),
        ("show", one, "--json"),
        ("attach", one, "--plain"),
        ("sample", one, "-n", 3),
        ("sample", one, "-n", 3, "-o", output / "samples.npz"),
        ("sample", one, "-n", 3, "-o", output / "samples.png"),
        ("reconstruct", one, "-n", 2, "-o", output / "pairs.npz"),
        ("export", one, "-o", output / "whole.zip"),
        ("export", one, "--slim", "-o", output / "slim.zip"),
        ("resume", one, "--detach"),
        ("pause", one),
        ("stop", one),
    ]


def _check_result(answer: Answer, folder: Path, output: Path) -> None:
    """An answer without a complaint must be one: images of digits, an archive that is taken in."""
    for path in output.iterdir():
        assert answer.code == 0, f"{path.name} was left behind by {answer}"
        if path.name == "samples.npz":
            with np.load(path) as arrays:
                assert arrays["images"].shape == (3, 28, 28)
                assert arrays["z"].shape[0] == 3
                assert str(arrays["session"]) == folder.name
        elif path.suffix == ".zip":
            others = output.with_name("others")
            taken = check(ask("import", path, "--sessions-dir", others))
            assert taken.code == 0 or "would grow" in taken.err or "at most" in taken.err, taken
            shutil.rmtree(others, ignore_errors=True)
        path.unlink()


@cache
def _mnist() -> Dataset:
    return load_dataset("mnist")


def _load(
    name: str,
    method: SplitMethod = BY_CONTENT,
    preparation: Preparation = AUTO,
    report: Report | None = None,
    recorded: Recorded | None = None,
) -> Dataset:
    plain = name == "mnist" and preparation == AUTO
    return _mnist() if plain else load_dataset(name, method, preparation, report, recorded)


def _start_no_worker(*_: object, **__: object) -> int:
    raise WorkerError("no worker is started here")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def look(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[tuple[str, list[Mutation]]], None]:
    monkeypatch.setenv("VAE_SESSIONS", str(ground.store.root))
    monkeypatch.setattr(loader, "load_dataset", _load)
    monkeypatch.setattr(training, "start_worker", _start_no_worker)
    # Squeezing the exports would take most of the time.
    monkeypatch.setattr(zlib, "Z_DEFAULT_COMPRESSION", 0)
    output = tmp_path / "output"
    output.mkdir()
    return lambda drawn: ground.look(*drawn, output)


def search(ground: Ground, look: Callable[..., None], settings: hypothesis.settings) -> None:
    before = _peak_memory()

    @settings
    @hypothesis.given(ground.strategy)
    def no_mutation_is_too_much(drawn: tuple[str, list[Mutation]]) -> None:
        look(drawn)

    try:
        no_mutation_is_too_much()
    finally:
        ground.report()
    assert _peak_memory() - before < MOST_GROWTH


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def generated(examples: int, *, derandomize: bool) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        derandomize=derandomize,
        deadline=None,
        database=None,
        # A mutation says by itself what it did, and each look takes long.
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def test_every_original_is_whole(ground: Ground, tmp_path: Path, look: Callable[..., None]) -> None:
    for name in ground.originals:
        look((name, []))


def test_damaged_sessions_get_a_clear_word(ground: Ground, look: Callable[..., None]) -> None:
    search(ground, look, generated(FEW, derandomize=True))


@pytest.mark.slow
def test_many_damaged_sessions_get_a_clear_word(ground: Ground, look: Callable[..., None]) -> None:
    search(ground, look, generated(MANY, derandomize=False))
