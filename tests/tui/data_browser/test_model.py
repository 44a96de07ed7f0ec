"""Which images are shown, in which order, and where the cursor is."""

from __future__ import annotations

import numpy as np

from tui.data_browser.head import split_line
from tui.data_browser.model import Browse
from tui.data_browser.page import pair_gap
from tui.data_browser.score_cache import ScoreCache
from vae_engine.inspection.messages import SplitOpened, SplitScored
from vae_engine.inspection.packed_array import Array


def opened(name: str, labels: list[int], names: tuple[str, ...] = ()) -> SplitOpened:
    return SplitOpened(name, Array.of(np.array(labels, np.int32)), names)


def scored(name: str, losses: list[float]) -> SplitScored:
    values = np.array(losses, np.float32)
    return SplitScored(name, "w", Array.of(values), Array.of(np.zeros_like(values)))


def browsing(*splits: SplitOpened) -> Browse:
    browse = Browse()
    for split in splits:
        browse.open(split)
    browse.show_first()
    return browse


def test_the_test_split_comes_first_and_splits_go_round() -> None:
    browse = browsing(opened("train", [0]), opened("val", [0]), opened("test", [0]))
    seen = []
    for _ in range(4):
        seen.append(browse.title())
        browse.turn_split(1)
    assert seen == ["test images", "training images", "validation images", "test images"]


def test_an_order_waits_for_its_scores() -> None:
    browse = browsing(opened("test", [1, 0, 1]))
    assert not browse.waits_for_scores
    browse.turn_order()
    assert browse.waits_for_scores
    browse.take(scored("test", [1.0, 3.0, 2.0]))
    assert not browse.waits_for_scores
    assert browse.indices.tolist() == [1, 2, 0]
    browse.turn_order()
    assert browse.indices.tolist() == [0, 2, 1]
    browse.turn_order()
    assert browse.indices.tolist() == [0, 1, 2]


def test_the_first_images_are_ordered_until_all_are_scored() -> None:
    browse = browsing(opened("test", [1, 0, 1, 0]))
    browse.turn_order()
    browse.take(scored("test", [1.0, 3.0]))
    assert not browse.waits_for_scores
    assert browse.split is not None
    assert (browse.split.is_scored, browse.split.classes) == (False, [])
    assert browse.indices.tolist() == [1, 0]
    head = split_line("s", None, browse, "").plain
    assert "worst first of the first 2   1 of 2" in head
    browse.turn_class(1)
    browse.turn_class(1)
    browse.turn_class(1)
    browse.move(1)
    browse.take(scored("test", [1.0, 3.0, 5.0, 2.0]))
    # The cursor stays on its image.
    assert (browse.indices.tolist(), browse.index) == ([2, 1, 3, 0], 0)
    assert browse.split.is_scored
    assert "worst first   4 of 4" in split_line("s", None, browse, "").plain
    browse.turn_order()
    browse.turn_order()
    assert browse.indices.tolist() == [0, 1, 2, 3]


def test_classes_go_round_the_hardest_first_and_all_again() -> None:
    browse = browsing(opened("test", [1, 0, 1, -1], ("cat\x1b[2J", "dog")))
    browse.take(scored("test", [1.0, 3.0, 2.0, 9.0]))
    browse.turn_class(1)
    assert (browse.label, browse.indices.tolist()) == (0, [1])
    assert "\x1b" not in browse.title()
    browse.turn_class(1)
    assert (browse.title(), browse.indices.tolist()) == ("test images of class dog", [0, 2])
    assert browse.origin(2) == "test image 2, class dog"
    assert browse.origin(3) == "test image 3"
    browse.turn_class(1)
    assert browse.label is None
    browse.turn_class(-1)
    assert browse.label == 1


def test_the_cursor_stays_within_and_has_its_page() -> None:
    browse = browsing(opened("test", list(range(10))))
    browse.move(7)
    assert browse.page(4) == (4, (4, 5, 6, 7))
    browse.move(100)
    assert (browse.position, browse.page(4)) == (9, (8, (8, 9)))
    browse.move(-1000)
    assert browse.position == 0
    browse.go_to(6)
    assert browse.position == 6
    browse.choose_class(3)
    assert browse.page(4) == (0, (3,))
    browse.choose_class(77)
    assert browse.page(4) == (0, ())
    browse.move(1)
    assert browse.position == 0


def test_the_oldest_scores_go_when_there_are_too_many() -> None:
    cache = ScoreCache(most=64)
    for name in "abc":
        cache.put(name, 4, scored("test", [1.0, 2.0, 3.0, 4.0]))
    assert cache.get("a", 4, "test") is None
    assert cache.get("c", 4, "test") is not None
    # Of another dataset, or of other weights.
    assert cache.get("c", 5, "test") is None
    cache.put("large", 100, scored("test", [1.0] * 100))
    assert cache.get("large", 100, "test") is None


def test_the_gap_of_a_pair_keeps_its_width_even() -> None:
    assert [pair_gap(width) for width in (8, 28, 64, 256)] == [2, 2, 4, 18]
