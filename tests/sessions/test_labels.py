"""Names, tags and notes."""

import pytest

from tests.sessions.makers import (
    finished_session,
    new_session,
    states,
)
from vae_engine.errors import (
    SettingError,
)
from vae_engine.sessions import layout
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings


def test_a_label_is_replaced_and_nothing_else_is_written(store: SessionStore) -> None:
    session = finished_session(store.root)
    before = states(session.folder)
    label = Label(name="naïve", tags=["β = 1", "keep"], note="two\nlines")
    store.relabel(session, label)
    assert store.find("naïve").label == label
    after = states(session.folder)
    assert {name for name in before if before[name] != after[name]} == {layout.LABEL}


@pytest.mark.parametrize(
    "text",
    ["👨‍👩‍👧 family", "👍🏽", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "می‌خواهم", "क्‍ष", "é́combining", "שלום"],
)
def test_emoji_and_scripts_that_are_written_with_joiners_are_text(
    store: SessionStore, text: str
) -> None:
    label = Label(name=text, tags=[text], note=f"{text}\n{text}")
    session = store.create(make_settings(), name=text)
    store.relabel(session, label)
    assert store.find(text).label == label


@pytest.mark.parametrize(
    "label",
    [
        Label(name=""),
        Label(name="\u200d"),
        Label(name="  "),
        Label(name="a\nb"),
        Label(name="\x1b]0;owned\x07"),
        Label(name="n" * 201),
        Label(name="n" * 2**20),
        Label(name="n", tags=["\u202eright to left"]),
        Label(name="n", tags=["t" * 51]),
        Label(name="n", tags=["t"] * 51),
        Label(name="n", note="\x1b[2J"),
        Label(name="n", note="\ud800"),
        Label(name="n", note="x" * 20_001),
    ],
    ids=lambda label: repr(label)[:60],
)
def test_a_label_that_no_table_could_show_is_refused(store: SessionStore, label: Label) -> None:
    session = new_session(store.root, "before")
    with pytest.raises(SettingError) as caught:
        store.relabel(session, label)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()
    assert session.label == Label(name="before")
    if label.name != "n":
        with pytest.raises(SettingError):
            store.create(make_settings(), name=label.name or "\n")
    assert len(store.listings()) == 1


@pytest.mark.parametrize("data", [b"", b'{"name": 5}', b'{"name": "n", "tags": "t"}'])
def test_a_damaged_label_gives_way_to_the_name_of_the_data(
    store: SessionStore, data: bytes
) -> None:
    session = new_session(store.root, "before")
    (session.folder / layout.LABEL).write_bytes(data)
    assert session.label == Label(name="mnist-d2")
    assert store.listings()[0].problem == ""


@pytest.mark.parametrize(
    ("dataset", "name"),
    [("mnist", "mnist-d2"), ("/data/my digits.npz", "my digits-d2"), ("/", "data-d2")],
)
def test_a_session_without_a_name_is_called_by_its_data(
    store: SessionStore, dataset: str, name: str
) -> None:
    assert store.create(make_settings(dataset=dataset)).label.name == name
