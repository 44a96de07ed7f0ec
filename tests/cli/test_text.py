"""Foreign text on one line, and tables of limited width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.cli.output import Column, table
from tui.text import cells, duration_text, encodable, fitted, one_line

NASTY = {
    "escape sequence": "\x1b[2J\x1b[31mred",
    "window title": "\x1b]0;owned\x07",
    "8-bit escape": "\x9b2Jgone",
    "line break": "one\ntwo\r\x0bthree",
    "marks of direction": "\u202egnp.exe\u2066\u200f",
    "invisible": "a\u200b\u200d\ufeffb\x00",
    "lone surrogate": "a\udcff",
    "line separator": "a\u2028b",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_foreign_text_becomes_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


@given(st.text(), st.integers(min_value=3, max_value=50))
def test_a_line_is_printable_and_no_longer_than_allowed(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert line.isprintable()
    assert len(line) <= longest


def test_harmless_text_stays_as_it_is() -> None:
    assert one_line("  a  naïve name, 日本 ") == "  a  naïve name, 日本"


def test_a_path_of_any_bytes_can_be_written() -> None:
    assert encodable("/a\udcff/b") == "/a?/b"


@given(st.text(), st.integers(min_value=0, max_value=30))
def test_text_is_fitted_to_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fitted(one_line(text), width)) == width


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_text_takes_as_many_cells_as_rich_says(text: str) -> None:
    assert cells(text) == cell_len(text)


def test_what_is_cut_is_marked() -> None:
    assert fitted("abcdef", 4) == "abc~"
    assert fitted("abc", 5, "right") == "  abc"


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5), st.integers(20, 80))
def test_no_line_of_a_table_is_wider_than_asked(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    columns = (Column("A"), Column("B", least=5), Column("C", "right"))
    lines = table(columns, rows, width)
    assert len(lines) == len(rows) + 1
    assert all(cell_len(line) <= width and line.isprintable() for line in lines)


def test_only_the_columns_that_may_shrink_give_way() -> None:
    columns = (Column("ID"), Column("NAME", least=3), Column("N", "right"))
    head, row = table(columns, [("20250101", "a very long name", "12")], 20)
    assert head == "ID       NAME      N"
    assert row == "20250101 a very ~ 12"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (3599, "59m59s"),
        (3661, "1h01m"),
        (90_000, "1d01h"),
        (-5, "0s"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 x", "\U0001f468\U0001f469\U0001f467 x"),
        ("\U0001f1e9\U0001f1ea run", "DE run"),
        ("\u2764\ufe0f run", "\u2764 run"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("1\ufe0f\u20e3", "1"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f!", "\U0001f3f4!"),
    ],
)
def test_sequences_become_parts_whose_width_all_terminals_agree_on(text: str, shown: str) -> None:
    assert one_line(text) == shown
    # A terminal that knows sequences, and one that adds up the widths of code points.
    assert cell_len(shown) == sum(cell_len(char) for char in shown)
