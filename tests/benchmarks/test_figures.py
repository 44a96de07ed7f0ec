"""Figures against their goals, and how they print."""

from benchmarks.figures import Figure, as_json, line


def test_a_goal_bounds_the_ratio_where_there_is_a_peer() -> None:
    assert Figure("start", 6.0, "s", goal=1.3, peer=5.0).reached is True
    assert Figure("start", 7.0, "s", goal=1.3, peer=5.0).reached is False
    assert Figure("share", 4.9, "%", goal=5.0).reached is True


def test_a_lower_bound() -> None:
    assert Figure("share", 0.7, "", goal=0.6, at_least=True).reached is True
    assert Figure("share", 0.5, "", goal=0.6, at_least=True).reached is False
    assert "≥ 0.6" in line(Figure("share", 0.5, "", goal=0.6, at_least=True))


def test_large_numbers_keep_their_digits() -> None:
    assert "12345 images/s" in line(Figure("ours", 12345.4, "images/s"))
    assert "0.0123 s" in line(Figure("ours", 0.01234, "s"))
    assert "149.27 nats" in line(Figure("ours", 149.269, "nats"))


def test_json_has_what_the_table_has_and_the_machine() -> None:
    found = as_json([Figure("start", 6.0, "s", goal=1.3, peer=5.0)], (0.5, 1.5))
    [figure] = found["figures"]
    assert (figure["ratio"], figure["reached"]) == (1.2, True)
    assert found["load_before_and_after"] == [0.5, 1.5]
    assert found["machine"]["processors"] >= 1
