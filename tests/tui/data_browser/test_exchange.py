"""What is asked of the process that has the images, and what becomes of failures."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from tui.data_browser.exchange import ImageExchange
from tui.data_browser.model import Browse
from tui.image_feed import ImageFeed
from vae_engine.errors import EngineError
from vae_engine.inspection.messages import (
    OWN,
    Failed,
    ModelOpened,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
    SplitOpened,
)
from vae_engine.inspection.packed_array import Array

ROOM = 2
LACK = EngineError("the exported model gives a loss that is not finite")


class Asked:
    """Takes the place of the process, and keeps what it is asked for."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def ask(self, request: Request) -> None:
        self.requests.append(request)


class Fixed:
    """An exchange with a model and two splits of four images each."""

    def __init__(self) -> None:
        self.asked, self.browse = Asked(), Browse()
        self.exchange = ImageExchange(self.browse, cast("ImageFeed", self.asked))
        for reply in (model("w"), split("test"), split("train")):
            self.exchange.take(reply, ROOM)

    def take(self, reply: Reply) -> list[str]:
        """Take a reply as the screen does, and return what was said."""
        said = self.exchange.take(reply, ROOM)
        self.exchange.ask(ROOM)
        return [one.text for one in said]

    def requests(self) -> list[Request]:
        """What was asked for since the last call, by a screen that refreshes several times."""
        for _ in range(3):
            self.exchange.ask(ROOM)
        taken, self.asked.requests = self.asked.requests, []
        return taken


def model(weights: str) -> ModelOpened:
    return ModelOpened(1, 0, weights, (28, 28, 1))


def split(name: str) -> SplitOpened:
    return SplitOpened(name, Array.of(np.zeros(4, np.int32)))


@pytest.fixture
def fixed() -> Fixed:
    return Fixed()


def test_a_page_that_failed_is_not_asked_for_again_until_the_epoch_changes(fixed: Fixed) -> None:
    first = ShowImages("test", (0, 1))
    assert fixed.requests() == [first]
    assert fixed.take(Failed.of("images", LACK, first)) == []
    assert fixed.requests() == []
    assert "not finite" in fixed.exchange.problem
    fixed.browse.move(2)
    assert fixed.requests() == [ShowImages("test", (2, 3))]
    assert fixed.exchange.problem == ""
    fixed.browse.move(-2)
    fixed.take(Failed.of("images", LACK, ShowImages("test", (2, 3))))
    assert "not finite" in fixed.exchange.problem
    fixed.take(model("other"))
    assert fixed.requests() == [first]
    assert fixed.exchange.problem == ""


def test_scores_that_failed_end_that_request_alone(fixed: Fixed) -> None:
    fixed.browse.turn_order()
    assert fixed.requests() == [ScoreSplit("test")]
    fixed.browse.show("train")
    fixed.browse.order = "worst"
    assert fixed.requests() == [ScoreSplit("train")]
    [said] = fixed.take(Failed.of("scoring train", LACK, ScoreSplit("train")))
    assert "not finite" in said
    assert "not finite" in fixed.exchange.problem
    assert fixed.requests() == []
    fixed.browse.show("test")
    fixed.browse.order = "worst"
    assert fixed.requests() == []
    assert fixed.exchange.problem == ""


def test_another_file_is_shown_whatever_became_of_the_one_before(fixed: Fixed) -> None:
    fixed.requests()
    fixed.take(Failed.of("images", LACK, ShowImages("test", (0, 1))))
    fixed.take(split(OWN))
    own = ShowImages(OWN, (0, 1))
    assert fixed.requests() == [own]
    fixed.take(Failed.of("images", LACK, own))
    assert fixed.requests() == []
    fixed.take(split(OWN))
    assert fixed.requests() == [own]
