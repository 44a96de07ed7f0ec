"""The example session that comes with the package."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import vae_engine
from vae_engine.errors import SessionError, SessionNotFoundError
from vae_engine.sessions.example import (
    COLOUR,
    EXAMPLES,
    GREY,
    add_example,
    add_examples,
    example_folder,
    missing,
)
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore


def test_the_example_is_copied_whole_once_and_comes_back_from_the_trash(
    store: SessionStore,
) -> None:
    source = example_folder()
    assert source is not None
    session = add_example(store)
    assert session.folder == store.root / GREY.id
    for part in ("events.jsonl", "embeddings.npz", "exports/decoder-000048.tflite"):
        assert (session.folder / part).read_bytes() == (source / part).read_bytes()
    (listing,) = store.listings()
    assert listing.status == "completed"
    assert listing.summary is not None
    assert listing.summary.epoch == 48
    assert add_example(store).folder == session.folder
    store.delete(session)
    assert add_example(store).folder.is_dir()
    assert not store.trash()


def test_a_wheel_has_the_example_beside_its_packages(
    tmp_path: Path, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = example_folder()
    assert source is not None
    package = tmp_path / "site-packages" / "vae_engine" / "__init__.py"
    monkeypatch.setattr(vae_engine, "__file__", str(package))
    assert example_folder() is None
    with pytest.raises(SessionError, match="not part of this installation"):
        add_example(store)
    assert not store.listings()
    shutil.copytree(source, tmp_path / "site-packages" / "vae_workbench_example" / GREY.id)
    assert add_example(store).label.name == "example"


def test_the_example_is_found_by_its_name(store: SessionStore) -> None:
    """Also outside a clone, whose `sessions` folder has it."""
    with pytest.raises(SessionNotFoundError):
        store.find("exampl")
    assert not store.root.exists()
    session = store.find("example")
    assert session.folder == store.root / GREY.id
    assert vae_engine.load_session("example", store.root).sample(2).shape == (2, 28, 28)


def test_the_colour_example_is_found_by_its_own_name(store: SessionStore) -> None:
    assert [one.name for one in missing(store)] == ["example", "example-colour"]
    session = store.find("example-colour")
    assert session.folder == store.root / COLOUR.id
    assert missing(store) == [GREY]
    samples = vae_engine.load_session("example-colour", store.root).sample(2)
    assert samples.shape == (2, 32, 32, 3)


def test_both_examples_are_added_and_a_deleted_one_stays_away(store: SessionStore) -> None:
    assert add_examples(store).id == GREY.id
    assert {listing.id for listing in store.listings()} == {one.id for one in EXAMPLES}
    assert {listing.status for listing in store.listings()} == {"completed"}
    store.delete(store.find("example-colour"))
    add_examples(store)
    assert [listing.id for listing in store.listings()] == [GREY.id]


def test_an_example_that_was_deleted_or_renamed_is_not_brought_back(store: SessionStore) -> None:
    session = store.find("example")
    store.delete(session)
    with pytest.raises(SessionNotFoundError, match="no session 'example'"):
        store.find("example")
    store.restore(GREY.id)
    store.relabel(store.find(GREY.id), Label(name="mine"))
    with pytest.raises(SessionNotFoundError, match="no session 'example'"):
        store.find("example")


def test_a_session_of_ones_own_called_example_comes_first(store: SessionStore) -> None:
    own = store.create(vae_engine.make_settings(), name="example", command=["test"])
    assert store.find("example").id == own.id
    assert len(store.listings()) == 1
