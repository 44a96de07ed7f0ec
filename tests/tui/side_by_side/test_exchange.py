"""What is asked of the process that has the models, and what becomes of the replies."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
import pytest

from tui.image_feed import ImageFeed
from tui.side_by_side.exchange import Exchange
from tui.side_by_side.model import Page, SideBySide
from vae_engine.errors import EngineError
from vae_engine.inspection.comparing_messages import (
    Figures,
    ModelFacts,
    ModelsOpened,
    SplitCompared,
)
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
from vae_engine.inspection.packed_array import Array

ROOM = 3
LACK = EngineError("the decoder gives values that are not finite")


class Asked:
    """Takes the place of the process, and keeps what it is asked for."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def ask(self, request: Request) -> None:
        self.requests.append(request)

    def taken(self) -> list[Request]:
        """What was asked for since the last call."""
        taken, self.requests = self.requests, []
        return taken


class Fixed:
    """An exchange of two models and a split of four images, with its state."""

    def __init__(self) -> None:
        self.asked, self.state = Asked(), SideBySide(2)
        self.exchange = Exchange(self.state, cast("ImageFeed", self.asked))
        self.take(models())
        self.take(SplitOpened("test", Array.of(np.zeros(4, np.int32))))

    def take(self, reply: Reply) -> list[tuple[str, bool]]:
        return self.exchange.take(reply, ROOM)

    def fail(self, what: str, request: Request) -> list[tuple[str, bool]]:
        """Take a failure as it comes through the pipe."""
        failed = Failed.of(what, LACK, request)
        reply: Any = msgspec.msgpack.decode(msgspec.msgpack.encode(failed), type=Failed)
        assert reply == failed
        return self.take(reply)

    def asks(self, page: Page) -> list[Request]:
        """What is asked for on a page."""
        self.state.page = page
        assert not self.exchange.ask(ROOM)
        return self.asked.taken()


@pytest.fixture
def fixed() -> Fixed:
    return Fixed()


def models(epoch: int = 0) -> ModelsOpened:
    facts = tuple(ModelFacts(name, epoch or 9, 2) for name in "ab")
    return ModelsOpened(epoch, facts, (1, 9), "negative_elbo", (28, 28, 1))


def figures() -> Figures:
    values = Array.of(np.zeros((2, 4), dtype=np.float32))
    return Figures(values, values, values)


def test_previews_that_are_read_slowly_keep_no_other_page_waiting(fixed: Fixed) -> None:
    fixed.state.page = "epochs"
    assert fixed.exchange.ask(ROOM)
    assert fixed.asks("samples") == [DecodeSeed(0, ROOM)]
    assert fixed.asks("epochs") == []  # They are still being read.
    fixed.exchange.take_previews(None)
    assert fixed.exchange.ask(ROOM)


def test_a_split_that_cannot_be_scored_says_so_and_is_scored_again_on_request(
    fixed: Fixed,
) -> None:
    fixed.state.order = "difference"
    assert fixed.asks("images") == [ScoreSplit("test")]
    assert fixed.fail("scoring test", ScoreSplit("test")) == [(str(LACK), True)]
    assert str(LACK) in fixed.exchange.problem()
    assert fixed.asks("images") == []
    # The images themselves can still be shown.
    fixed.state.order = "index"
    assert not fixed.exchange.problem()
    assert fixed.asks("images") == [ShowImages("test", (0, 1, 2))]
    fixed.state.order = "difference"
    fixed.exchange.retry()
    assert fixed.asks("images") == [ScoreSplit("test")]


def test_what_fails_ends_only_its_own_request(fixed: Fixed) -> None:
    page = ShowImages("test", (0, 1, 2))
    assert fixed.asks("images") == [page]
    fixed.fail("scoring val", ScoreSplit("val"))
    assert fixed.fail("epoch", ChooseEpoch(1)) == [(str(LACK), True)]
    assert fixed.asks("images") == []  # They are still on their way.
    assert not fixed.exchange.problem()
    fixed.fail("images", page)
    assert str(LACK) in fixed.exchange.problem()
    assert fixed.asks("images") == []
    # The models of another epoch may give what these do not.
    fixed.take(models(1))
    assert not fixed.exchange.problem()
    assert fixed.asks("images") == [page]


def test_scores_of_an_epoch_that_was_left_are_asked_for_again(fixed: Fixed) -> None:
    fixed.state.order = "difference"
    for epoch in (0, 1, 0):
        fixed.take(models(epoch))
        assert fixed.asks("images") == [ScoreSplit("test")]
    fixed.take(SplitCompared(0, "test", figures()))
    assert fixed.state.indices().tolist() == [0, 1, 2, 3]
    assert fixed.state.indices() is fixed.state.indices()  # Sorted once, not for each key.
