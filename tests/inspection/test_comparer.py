"""What is answered about several models side by side."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from tests.waiting import DEADLINE, wait_for
from vae_engine.datasets.parallel_files import Report
from vae_engine.errors import EngineError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inspection.comparer import Comparer
from vae_engine.inspection.comparing_messages import (
    ImagesCompared,
    ModelsOpened,
    SamplesCompared,
    SplitCompared,
)
from vae_engine.inspection.comparison import ComparedModel, ModelScores, score_model
from vae_engine.inspection.images import InspectedImages
from vae_engine.inspection.messages import (
    ChooseEpoch,
    DecodeSeed,
    Failed,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
    SplitOpened,
)
from vae_engine.replies import Progressed
from vae_engine.sessions.session import Session


def opened(*sessions: Session) -> tuple[Comparer, list[Reply]]:
    replies: list[Reply] = []
    comparer = Comparer([Session(one.folder) for one in sessions], replies.append)
    if comparer.open():
        comparer.wait()
    return comparer, replies


def test_a_page_has_the_figures_that_the_whole_split_gets(recorder: Recorder, digits: Path) -> None:
    one = recorder.session("a", dataset=str(digits))
    other = recorder.session("b", dataset=str(digits), latent_dim=4)
    comparer, replies = opened(one, other)
    assert isinstance(replies[0], ModelsOpened)
    assert [model.latent_dim for model in replies[0].models] == [2, 4]
    splits = [reply.split for reply in replies if isinstance(reply, SplitOpened)]
    assert splits == ["test", "val", "train"]
    indices = (499, 3, 256)
    comparer.answer(ShowImages("test", indices))
    page = replies[-1]
    assert isinstance(page, ImagesCompared)
    expected = session_dataset(one).test_images[list(indices)]
    np.testing.assert_array_equal(page.originals.values, expected)
    assert page.reconstructions.shape == (2, 3, 28, 28)
    comparer.answer(ScoreSplit("test"))
    wait_for(lambda: any(isinstance(reply, SplitCompared) for reply in replies))
    (whole,) = (reply for reply in replies if isinstance(reply, SplitCompared))
    for name in ("reconstruction_loss", "kl_loss", "squared_error"):
        every, some = (getattr(found.figures, name).values for found in (whole, page))
        assert every.shape == (2, 500)
        np.testing.assert_allclose(some, every[:, list(indices)], rtol=1e-4)


def test_earlier_epochs_are_the_last_that_each_session_kept(recorder: Recorder) -> None:
    short, long = recorder.session("short", epochs=3), recorder.session("long", epochs=9)
    comparer, replies = opened(short, long)
    assert isinstance(replies[0], ModelsOpened)
    assert replies[0].kept == (1, 3, 9)
    found = {}
    for epoch in (1, 3, 5, 9, 0):
        comparer.answer(ChooseEpoch(epoch))
        assert isinstance(replies[-1], ModelsOpened)
        assert replies[-1].epoch == epoch
        found[epoch] = [model.epoch for model in replies[-1].models]
    assert found == {1: [1, 1], 3: [3, 1], 5: [3, 1], 9: [3, 9], 0: [3, 9]}


def test_samples_come_of_the_same_z_or_with_the_reason_why_not(recorder: Recorder) -> None:
    two, again = recorder.session("a"), recorder.session("b")
    comparer, replies = opened(two, again)
    comparer.answer(DecodeSeed(5, 4))
    samples = replies[-1]
    assert isinstance(samples, SamplesCompared)
    assert samples.images.shape == (2, 4, 28, 28)
    assert samples.z.shape == (4, 2)
    np.testing.assert_array_equal(samples.differences.values, np.zeros((2, 4)))
    comparer, replies = opened(two, recorder.session("c", latent_dim=4))
    comparer.answer(DecodeSeed(5, 4))
    assert isinstance(replies[-1], Failed)
    assert (replies[-1].what, "same z" in replies[-1].problem) == ("samples", True)


def test_without_a_dataset_the_saved_images_are_shown(recorder: Recorder, tmp_path: Path) -> None:
    sessions = [recorder.session(name, dataset=str(tmp_path / "gone.npz")) for name in "ab"]
    comparer, replies = opened(*sessions)
    assert [reply.what for reply in replies if isinstance(reply, Failed)] == ["dataset"]
    assert isinstance(replies[-1], SplitOpened)
    assert (replies[-1].split, len(replies[-1].labels.values)) == ("saved", 10)
    comparer.answer(ShowImages("saved", (9,)))
    assert isinstance(replies[-1], ImagesCompared)


@pytest.mark.parametrize("indices", [(), (-1,), (500,), (0, 10**6)])
def test_images_that_are_not_there_are_not_answered(
    recorder: Recorder, digits: Path, indices: tuple[int, ...]
) -> None:
    sessions = [recorder.session(name, dataset=str(digits)) for name in "ab"]
    comparer, replies = opened(*sessions)
    before = len(replies)
    comparer.answer(ShowImages("test", indices))
    comparer.answer(ShowImages("own", (0,)))
    comparer.answer(ScoreSplit("own"))
    assert len(replies) == before


def test_models_that_cannot_be_compared_are_reported_with_the_reason(recorder: Recorder) -> None:
    large = recorder.session("large", **SETTINGS)
    give_shape(large, ImageShape(29, 31, 3), 1)
    _, replies = opened(recorder.session("a"), large)
    (failed,) = replies
    assert isinstance(failed, Failed)
    assert failed.what == "model"
    assert "29x31 colour" in failed.problem
    _, replies = opened(recorder.session("b"), recorder.session("new", status="starting"))
    assert isinstance(replies[0], Failed)
    assert "no exported decoder yet" in replies[0].problem


def test_the_scoring_of_an_epoch_that_was_left_ends(
    recorder: Recorder, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, turned, reported = threading.Event(), threading.Event(), list[Exception | None]()

    def score(one: ComparedModel, images: InspectedImages, report: Report) -> ModelScores:
        begun.set()
        assert turned.wait(DEADLINE)
        try:
            report("", 1, len(images))
        except Exception as end:
            reported.append(end)
            raise
        reported.append(None)
        return score_model(one, images)

    comparer, replies = opened(*(recorder.session(name, dataset=str(digits)) for name in "ab"))
    monkeypatch.setattr("vae_engine.inspection.comparer.score_model", score)
    comparer.answer(ScoreSplit("test"))
    assert begun.wait(DEADLINE)
    comparer.answer(ChooseEpoch(1))
    before = len(replies)
    turned.set()
    wait_for(lambda: bool(reported))
    assert reported[0] is not None
    comparer.answer(ScoreSplit("test"))
    wait_for(lambda: isinstance(replies[-1], SplitCompared))
    assert [type(reply) for reply in replies[before:]] == [Progressed, Progressed, SplitCompared]
    assert len(reported) == 3  # The second model of the epoch that was left was not scored.


def test_what_cannot_be_done_names_its_request(
    recorder: Recorder, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EngineError("not finite")

    comparer, replies = opened(*(recorder.session(name, dataset=str(digits)) for name in "ab"))
    for name in ("score_model", "show_model", "decode_all", "open_models"):
        monkeypatch.setattr(f"vae_engine.inspection.comparer.{name}", refuse)
    requests: dict[str, Request] = {
        "scoring test": ScoreSplit("test"),
        "images": ShowImages("test", (0,)),
        "samples": DecodeSeed(0, 1),
        "epoch": ChooseEpoch(1),
    }
    del replies[:]
    for count, (what, request) in enumerate(requests.items(), 1):
        comparer.answer(request)
        wait_for(partial(_has, replies, count))
        assert replies[-1] == Failed(what, "not finite", request=request)


def _has(replies: list[Reply], count: int) -> bool:
    return len(replies) == count
