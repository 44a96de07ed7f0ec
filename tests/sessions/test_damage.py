"""Damaged sessions: readers respond to any content, and change nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.sessions.makers import finished_session, new_session, refusal, states
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.previews import read_originals, read_preview
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

RECORDS = [
    layout.MANIFEST,
    layout.LABEL,
    layout.SUMMARY,
    layout.WORKER,
    layout.RESULT,
    f"{layout.EXPORTS}/{layout.INDEX}",
]
FILES = [*RECORDS, layout.EVENTS, layout.preview_file(2), f"{layout.PREVIEWS}/{layout.ORIGINALS}"]
STATUSES = Status.__args__  # type: ignore[attr-defined]

numbers = st.sampled_from([-1, 0, 2**31, 2**53 + 1, 2**64 - 1, -(2**63), 1e308, -1e308, 0.5])
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=6,
)


class Home:
    """One session that is damaged and healed again and again, beside a healthy one."""

    def __init__(self, root: Path) -> None:
        self.store = SessionStore(root / "sessions")
        self.healthy = new_session(self.store.root, "healthy")
        self.folder = finished_session(self.store.root).folder
        self._spare = root / "spare"
        shutil.copytree(self.folder, self._spare)

    def heal(self, name: str) -> None:
        path = self.folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        spare = self._spare / name
        if spare.is_dir():
            shutil.copytree(spare, path)
        else:
            shutil.copy(spare, path)

    def look_at_everything(self) -> None:
        """Do what `vae sessions`, `vae show` and the app do; nothing but a clear word may come."""
        before = states(self.store.root)
        by_id = {listing.id: listing for listing in self.store.listings()}
        assert by_id[self.healthy.id].problem == ""
        listing = by_id[self.folder.name]
        assert listing.problem.isprintable()
        assert (listing.status in STATUSES) is not bool(listing.problem)
        assert self.store.find("healthy").id == self.healthy.id
        if refusal(lambda: Session(self.folder)):
            assert listing.problem
        else:
            self._look_at(Session(self.folder))
        assert states(self.store.root) == before

    def _look_at(self, session: Session) -> None:
        looks: list[Callable[[], object]] = [
            session.poll,
            session.status,
            session.result,
            session.exports,
            session.alive,
            lambda: session.label,
            lambda: session.log.summary(),
            lambda: [read_preview(self.folder, epoch) for epoch in range(5)],
            lambda: read_originals(self.folder),
            lambda: inbox.pending(self.folder),
        ]
        for look in looks:
            refusal(look)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


def test_an_undamaged_session_is_found_whole(home: Home) -> None:
    home.look_at_everything()
    assert home.store.find_listing(home.folder.name).status == "completed"


@hypothesis.settings(deadline=None, max_examples=80)
@hypothesis.given(
    name=st.sampled_from(FILES),
    at=st.integers(0, 2**16),
    length=st.integers(0, 200),
    junk=st.binary(max_size=50) | st.just(b"\0" * 5000),
)
def test_no_bytes_are_too_much(home: Home, name: str, at: int, length: int, junk: bytes) -> None:
    path = home.folder / name
    data = path.read_bytes()
    at %= len(data) + 1
    path.write_bytes(data[:at] + junk + data[at + length :])
    try:
        home.look_at_everything()
    finally:
        home.heal(name)


@hypothesis.settings(deadline=None, max_examples=80)
@hypothesis.given(data=st.data())
def test_no_value_in_a_record_is_too_much(home: Home, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(RECORDS))
    path = home.folder / name
    record = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(_mutated(record, data)))
    try:
        home.look_at_everything()
    finally:
        home.heal(name)


@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(data=st.data())
def test_no_value_in_an_event_is_too_much(home: Home, data: st.DataObject) -> None:
    path = home.folder / layout.EVENTS
    lines = path.read_bytes().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = msgspec.json.encode(_mutated(msgspec.json.decode(lines[at]), data))
    path.write_bytes(b"\n".join(lines) + b"\n")
    try:
        home.look_at_everything()
    finally:
        home.heal(layout.EVENTS)


@pytest.mark.parametrize("name", [*FILES, layout.EXPORTS, layout.PREVIEWS, layout.INBOX])
@pytest.mark.parametrize(
    "make",
    [
        lambda _: None,
        Path.mkdir,
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path.name),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"[" * 2**19),
        lambda path: path.write_bytes(b" " * (2**20 + 1)),
    ],
    ids=["nothing", "folder", "fifo", "device", "loop", "dangling", "empty", "deep", "large"],
)
def test_nothing_in_place_of_a_file_is_too_much(
    home: Home, name: str, make: Callable[[Path], object]
) -> None:
    path = home.folder / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    make(path)
    try:
        home.look_at_everything()
    finally:
        home.heal(name)


def _mutated(value: Any, data: st.DataObject) -> Any:
    """The value with one part, however deep, replaced by anything."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _mutated(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], _mutated(value[at], data), *value[at + 1 :]]
    return data.draw(json_values)
