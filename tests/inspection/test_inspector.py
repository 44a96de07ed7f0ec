"""What is answered about the images of a session."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tui.recorder import Recorder, change_export
from tests.tui.shaped import SETTINGS, give_shape
from tests.waiting import wait_for
from vae_engine.datasets import Dataset, load_dataset, packaged
from vae_engine.evaluation.scoring import reconstructed
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.exported import load_model
from vae_engine.inference.sampling import to_uint8
from vae_engine.inspection import messages, packed_array
from vae_engine.inspection.images import first_images, split_images
from vae_engine.inspection.inspector import Inspector
from vae_engine.inspection.messages import (
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    OpenFile,
    Reply,
    ScoreSplit,
    ShowImages,
    SplitOpened,
    SplitScored,
    TurnEpoch,
)
from vae_engine.replies import send
from vae_engine.sessions import layout
from vae_engine.sessions.example import example_folder
from vae_engine.sessions.session import Session


def inspected(session: Session) -> tuple[Inspector, list[Reply]]:
    replies: list[Reply] = []
    inspector = Inspector(Session(session.folder), replies.append)
    assert inspector.open()
    inspector.wait()
    return inspector, replies


def test_a_page_has_the_scores_that_the_whole_split_gets(recorder: Recorder, digits: Path) -> None:
    inspector, replies = inspected(recorder.session("small", dataset=str(digits)))
    opened = [reply.split for reply in replies if isinstance(reply, SplitOpened)]
    assert opened == ["test", "val", "train"]
    indices = (499, 3, 256, 255)
    inspector.answer(ShowImages("test", indices))
    page = replies[-1]
    assert isinstance(page, ImagesShown)
    assert page.indices == indices
    inspector.answer(ScoreSplit("test"))
    wait_for(lambda: isinstance(replies[-1], SplitScored))
    scored = replies[-1]
    assert isinstance(scored, SplitScored)
    for part in ("reconstruction_loss", "kl_loss"):
        whole, shown = getattr(scored, part).values, getattr(page, part).values
        np.testing.assert_allclose(shown, whole[list(indices)], rtol=1e-4)


def test_scores_of_the_first_images_come_before_those_of_all(
    recorder: Recorder, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_engine.inspection.inspector._FEWEST_SCORES", 0)
    monkeypatch.setattr("vae_engine.inspection.inspector._FIRST_SCORES_SECONDS", 0)
    inspector, replies = inspected(recorder.session("small", dataset=str(digits)))
    inspector.answer(ScoreSplit("test"))
    wait_for(lambda: isinstance(replies[-1], SplitScored) and _scored(replies[-1]) == 500)
    some, every = [reply for reply in replies if isinstance(reply, SplitScored)]
    assert _scored(some) == 256
    assert np.array_equal(some.kl_loss.values, every.kl_loss.values[:256])
    assert np.array_equal(some.reconstruction_loss.values, every.reconstruction_loss.values[:256])


def _scored(reply: SplitScored) -> int:
    return len(reply.kl_loss.values)


def test_the_weights_of_another_epoch_are_taken(recorder: Recorder, digits: Path) -> None:
    session = recorder.session("small", dataset=str(digits))
    recorder.export(session, 1, 4, 9)
    change_export(session, 4)
    inspector, replies = inspected(session)
    models, pages = [replies[0]], []
    for by in (0, -1, -7, 1, 5):
        inspector.answer(TurnEpoch(by))
        models.append(replies[-1])
        inspector.answer(ShowImages("test", (0, 1)))
        pages.append(replies[-1])
    assert [isinstance(one, ModelOpened) and (one.epoch, one.current) for one in models] == [
        (9, True), (9, True), (4, False), (1, False), (4, False), (9, True)
    ]  # fmt: skip
    losses = []
    for model, page in zip(models[1:], pages, strict=True):
        assert isinstance(model, ModelOpened)
        assert isinstance(page, ImagesShown)
        assert (model.epochs, page.weights) == ((1, 4, 9), model.weights)
        losses.append(page.reconstruction_loss.values[0])
    assert losses[0] == losses[2] == losses[4]
    assert losses[1] == losses[3] != losses[0]


def test_an_epoch_is_chosen_from_the_start_and_scores_of_others_do_not_come(
    recorder: Recorder, digits: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    recorder.export(session, 1, 4)
    replies: list[Reply] = []
    inspector = Inspector(Session(session.folder), replies.append, epoch=1)
    assert inspector.open()
    inspector.wait()
    assert isinstance(replies[0], ModelOpened)
    assert replies[0].epoch == 1
    inspector.answer(TurnEpoch(1))
    assert inspector._model is not None
    left = load_model(session, 1)
    before = len(replies)
    inspector._score(left, "test", inspector._splits["test"])
    assert len(replies) == before


def test_what_is_not_there_is_not_answered(recorder: Recorder, digits: Path) -> None:
    inspector, replies = inspected(recorder.session("small", dataset=str(digits)))
    before = len(replies)
    for split, indices in (("test", (500,)), ("test", ()), ("test", (-1,)), ("other", (0,))):
        inspector.answer(ShowImages(split, indices))
    inspector.answer(ScoreSplit("other"))
    assert len(replies) == before
    inspector.answer(OpenFile("no/such/file"))
    failed = replies[-1]
    assert isinstance(failed, Failed)
    assert (failed.what, "does not exist" in failed.problem) == ("file", True)


def test_images_of_another_shape_than_the_models_are_those_of_another_dataset(
    recorder: Recorder, digits: Path
) -> None:
    session = recorder.session("shaped", epochs=2, dataset=str(digits), **SETTINGS)
    give_shape(session, ImageShape(29, 31, 3), 1, 2)
    inspector, replies = inspected(session)
    assert isinstance(replies[0], ModelOpened)
    (failed,) = [reply for reply in replies if isinstance(reply, Failed)]
    assert (failed.what, failed.remedy) == ("dataset", "move_dataset")
    assert "images of 28x28 grey" in failed.problem
    saved = replies[-1]
    assert isinstance(saved, SplitOpened)
    assert (saved.split, len(saved.labels.values)) == ("saved", 10)
    inspector.answer(ShowImages("saved", (0, 9)))
    assert isinstance(replies[-1], ImagesShown)
    assert replies[-1].originals.values.shape == (2, 29, 31, 3)


def test_the_nearest_training_images_become_a_split(recorder: Recorder, digits: Path) -> None:
    session = recorder.session("small", dataset=str(digits))
    inspector, replies = inspected(session)
    inspector.answer(FindNearest(packed_array.Array.of(np.zeros(2, np.float32))))
    wait_for(lambda: isinstance(replies[-1], SplitOpened) and replies[-1].split == "nearest")
    inspector.answer(ShowImages("nearest", (0, 1, 2)))
    page = replies[-1]
    assert isinstance(page, ImagesShown)
    decoded = load_model(session).decoder.decode(np.zeros((1, 2), np.float32))
    distances = np.square(page.originals.values / 255 - decoded).mean(axis=(1, 2))
    np.testing.assert_allclose(distances, np.sort(distances), atol=1e-5)
    every = session_dataset(session).train_images / 255
    assert distances[0] == pytest.approx(
        np.square(every - decoded).mean(axis=(1, 2)).min(), rel=1e-3
    )
    (near,) = [reply.nearness for reply in replies if isinstance(reply, SplitOpened)][-1:]
    assert near is not None
    np.testing.assert_allclose(near.distances.values[:3], np.sqrt(distances), rtol=1e-3)
    assert np.array_equal(near.decoded.values, to_uint8(decoded[0]))
    chosen = session_dataset(session).train_images[near.indices.values[:3]]
    assert np.array_equal(chosen, page.originals.values)
    # The median of 16 test images, each decoded from its z_mean.
    tests = session_dataset(session).test_images[np.arange(16) * 500 // 16]
    made = reconstructed(load_model(session), tests).images
    nearest = [np.square(every - one).mean(axis=(1, 2)).min() for one in made]
    assert near.usual == pytest.approx(np.median(np.sqrt(nearest)), rel=1e-3)
    inspector.answer(FindNearest(packed_array.Array.of(np.zeros(3, np.float32))))
    wait_for(lambda: isinstance(replies[-1], Failed))


@pytest.fixture
def digits_session(tmp_path: Path) -> Session:
    source = example_folder()
    assert source is not None
    return Session(Path(shutil.copytree(source, tmp_path / source.name)))


def test_a_page_of_mnist_is_shown_before_the_dataset_is_read(
    monkeypatch: pytest.MonkeyPatch, digits_session: Session
) -> None:
    go_on = threading.Event()

    def late(session: Session, report: Any) -> Dataset:
        assert go_on.wait(60)
        return session_dataset(session, report=report)

    monkeypatch.setattr("vae_engine.inspection.inspector.session_dataset", late)
    replies: list[Reply] = []
    inspector = Inspector(digits_session, replies.append)
    assert inspector.open()
    inspector.answer(ShowImages("test", (9_999, 0)))
    first = replies[-1]
    inspector.answer(FindNearest(packed_array.Array.of(np.zeros(2, np.float32))))
    go_on.set()
    inspector.wait()
    wait_for(lambda: isinstance(replies[-1], SplitOpened) and replies[-1].split == "nearest")
    opened = [reply.split for reply in replies if isinstance(reply, SplitOpened)]
    assert opened == ["test", "val", "train", "nearest"]
    assert not [reply for reply in replies if isinstance(reply, Failed)]
    whole = split_images(load_dataset("mnist"), "test", digits_session.settings)
    assert np.array_equal(inspector._splits["test"].images, whole.images)
    assert np.array_equal(inspector._splits["test"].labels, whole.labels)
    inspector._splits["test"] = whole
    inspector.answer(ShowImages("test", (9_999, 0)))
    assert first == replies[-1]


def test_binarized_test_images_are_the_same_before_and_after_the_dataset_is_read(
    digits_session: Session,
) -> None:
    path = digits_session.folder / layout.MANIFEST
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"limit": 0', '"limit": 0, "binarize": "static"'), "utf-8")
    session = Session(digits_session.folder)
    assert session.settings.binarize == "static"
    first = first_images(session, session.settings)
    assert first is not None
    whole = split_images(load_dataset("mnist"), "test", session.settings)
    assert np.array_equal(first.images, whole.images)


@pytest.mark.parametrize("trained_on", ["other images", "another path", "other, as it turns out"])
def test_images_that_are_not_mnist_are_shown_when_they_have_been_checked(
    monkeypatch: pytest.MonkeyPatch, digits_session: Session, trained_on: str
) -> None:
    folder = digits_session.folder
    if trained_on == "other images":
        log = folder / layout.EVENTS
        log.write_bytes(log.read_bytes().replace(packaged.MNIST_SHA256.encode(), b"0" * 64))
    elif trained_on == "another path":
        path = folder / layout.MANIFEST
        path.write_text(path.read_text("utf-8").replace('"mnist"', '"gone/mnist.npz"'), "utf-8")
    else:
        monkeypatch.setattr(packaged, "_TEST_SHA256", "0" * 64)
        monkeypatch.setattr(
            "vae_engine.datasets.loader.load_dataset",
            lambda *_: replace(load_dataset("mnist"), sha256="0" * 64),
        )
    replies: list[Reply] = []
    inspector = Inspector(Session(folder), replies.append)
    assert inspector.open()
    inspector.wait()
    opened = [reply.split for reply in replies if isinstance(reply, SplitOpened)]
    assert opened == ["saved"]
    (failed,) = [reply for reply in replies if isinstance(reply, Failed)]
    assert failed.what == "dataset"


def test_a_session_without_a_model_is_one_reply(recorder: Recorder) -> None:
    replies: list[Reply] = []
    session = recorder.session("new", status="starting")
    assert not Inspector(Session(session.folder), replies.append).open()
    (failed,) = replies
    assert isinstance(failed, Failed)
    assert "no exported decoder yet" in failed.problem


@pytest.mark.parametrize("cut", [0, 3, 10])
def test_messages_come_whole_or_not_at_all(cut: int) -> None:
    stream = io.BytesIO()
    sent = SplitScored(
        "test",
        "w",
        packed_array.Array.of(np.arange(3.0)),
        packed_array.Array.of(np.zeros((2, 2), np.uint8)),
    )
    send(stream, sent)
    whole = stream.getvalue()
    found = messages.receive_reply(io.BytesIO(whole))
    assert isinstance(found, SplitScored)
    np.testing.assert_array_equal(found.reconstruction_loss.values, np.arange(3.0))
    assert found.kl_loss.values.shape == (2, 2)
    assert messages.receive_reply(io.BytesIO(whole[:cut])) is None


def test_the_first_page_needs_no_reader_of_files_and_no_processes() -> None:
    script = "import sys, vae_engine.inspection.inspector; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    slow = {"PIL", "multiprocessing", "psutil", "vae_engine.datasets.loader"}
    loaded = set(done.stdout.split())
    assert "vae_engine.inspection.inspector" in loaded
    assert not slow & loaded
