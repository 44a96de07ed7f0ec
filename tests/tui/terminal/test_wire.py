"""A compacted frame leaves the same cells on the terminal as the original frame."""

from __future__ import annotations

import random

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyte.screens import Char
from rich.cells import cell_len

from tests.tui.textual_internals import set_size
from tui.rendering.kitty import placeholders
from tui.rendering.placeholders import PLACEHOLDER
from tui.terminal.coarse import Budget
from tui.terminal.compact_driver import Account, compact_driver
from tui.terminal.wire import Wire

COLUMNS, LINES = 24, 6
STYLES = ["38;2;1;2;3;48;2;4;5;6", "38;2;1;2;3;48;2;9;9;9", "1;38;5;7", "7", "31;104", "4;48;5;20"]
COLUMN = st.integers(1, COLUMNS)
# What may come between frames: one clears the screen, the others leave the cells alone.
OTHERS = ["\x1b[2J", "\x07", "\x1b]0;title\x07"]


class Terminal:
    def __init__(self, columns: int = COLUMNS, lines: int = LINES) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)

    def show(self, data: str) -> None:
        # As a terminal driver of the kernel does.
        self._stream.feed(data.replace("\n", "\r\n"))

    def cells(self) -> list[Char]:
        """Every cell as it is seen: a space without effects has no foreground."""
        return [
            cell._replace(fg="")
            if cell.data == " " and not (cell.reverse or cell.underscore)
            else cell
            for line in range(self.screen.lines)
            for cell in (self.screen.buffer[line][column] for column in range(self.screen.columns))
        ]


def run(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


@st.composite
def stretch(draw: st.DrawFn) -> tuple[str, int]:
    """A run and its columns: as Textual writes it, mostly, else bare or of two styles."""
    text = draw(st.text("ab  █▀é字", min_size=1, max_size=6))
    style, other = draw(st.sampled_from(STYLES)), draw(st.sampled_from(STYLES))
    two = f"\x1b[{style}m{text[:1]}\x1b[{other};39m{text[1:]}\x1b[m"
    return draw(st.sampled_from([run(style, text)] * 3 + [text, two])), cell_len(text)


@st.composite
def piece(draw: st.DrawFn, line: int, column: int) -> str:
    """A piece of a line: a move, then runs as far as they fit."""
    written = f"\x1b[{line};{column}H"
    for drawn, columns in draw(st.lists(stretch(), max_size=5)):
        column += columns
        if column > COLUMNS + 1:
            break
        written += drawn
    return written


@st.composite
def whole_line(draw: st.DrawFn, line: int) -> str:
    filled = f"\x1b[{line};1H" + run(draw(st.sampled_from(STYLES)), " " * COLUMNS)
    return filled + draw(piece(line, 1))


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Lines from top to bottom, some or all, then the cursor's place."""
    if draw(st.integers(0, 4)) == 0:
        lines = [draw(whole_line(line)) for line in range(1, LINES + 1)]
    else:
        lines = [
            "".join(
                draw(piece(line, column))
                for column in draw(st.lists(COLUMN, min_size=1, max_size=2))
            )
            for line in sorted(draw(st.sets(st.integers(1, LINES))))
        ]
    return "\n".join(lines) + f"\x1b[{draw(st.integers(1, LINES))};{draw(COLUMN)}H"


@st.composite
def sequences(draw: st.DrawFn) -> list[str]:
    """Frames, of which some come again, with other data between them."""
    some = draw(st.lists(frames(), min_size=1, max_size=3))
    return draw(st.lists(st.sampled_from([*some, *some, *OTHERS]), min_size=2, max_size=8))


@given(sequences())
def test_the_same_picture_comes_of_it(sequence: list[str]) -> None:
    whole, compact, wire = Terminal(), Terminal(), Wire()
    for frame in sequence:
        whole.show(frame)
        compact.show(wire.compacted(frame))
        assert compact.cells() == whole.cells()
        assert (compact.screen.cursor.y, compact.screen.cursor.x) == (
            whole.screen.cursor.y,
            whole.screen.cursor.x,
        )
        assert compact.screen.cursor.attrs == whole.screen.cursor.attrs


def test_what_is_on_the_screen_is_not_sent_again() -> None:
    wire = Wire()
    frame = f"\x1b[1;1H{run(STYLES[0], 'loss 150')}\n\x1b[2;1H{run(STYLES[1], 'kl 6.1')}\x1b[1;1H"
    wire.compacted(f"\x1b[3;1H{run('0', 'more of the screen')}")
    wire.compacted(frame)
    assert wire.compacted(frame) == ""
    assert "149" not in wire.compacted(frame.replace("150", "149"))
    assert len(wire.compacted(frame)) < len(frame) / 2


def test_neighbours_that_differ_in_one_colour_tell_that_one() -> None:
    sent = Wire().compacted("\x1b[1;1H" + run(STYLES[0], "▀") + run(STYLES[1], "▀"))
    assert sent.count("38;2;1;2;3") == 1


def test_a_blank_tells_no_foreground() -> None:
    blank = run("38;2;7;7;7;48;2;9;9;9", "  ")
    sent = Wire().compacted("\x1b[1;1H" + run(STYLES[0], "a") + blank + run(STYLES[1], "b"))
    assert sent.count("38;2") == 1


def test_a_frame_of_the_whole_screen_is_sent_whole() -> None:
    wire = Wire()
    frame = "".join(f"\x1b[{line};1H{run('31', 'x' * COLUMNS)}" for line in range(1, LINES + 1))
    first = wire.compacted(frame)
    assert wire.compacted(frame) == first


@pytest.mark.parametrize("data", ["\x1b[?1049h", "\x1b[2J", "\x1bc", "\x1b[?7l"])
def test_after_other_sequences_nothing_is_taken_for_known(data: str) -> None:
    wire = Wire()
    frame = f"\x1b[1;1H{run('31', 'abc')}"
    wire.compacted(f"\x1b[2;1H{run('31', 'another line')}")
    wire.compacted(frame)
    assert wire.compacted(data) == data
    assert "abc" in wire.compacted(frame)


@pytest.mark.parametrize("data", ["\x1b[?2026h", "\x07", "\x1b]9;done\x07", "\x1b]777;a;b\x1b\\"])
def test_what_leaves_the_cells_alone_passes(data: str) -> None:
    wire = Wire()
    frame = f"\x1b[1;1H{run('31', 'abc')}"
    wire.compacted(f"\x1b[2;1H{run('31', 'another line')}")
    wire.compacted(frame)
    assert wire.compacted(data) == data
    assert wire.compacted(frame) == ""


@pytest.mark.parametrize("text", ["数字 abc", "❤\ufe0f abc"])
def test_of_a_line_with_wide_characters_nothing_is_taken_for_known(text: str) -> None:
    wire = Wire()
    wire.compacted(f"\x1b[2;1H{run('31', 'another line')}")
    frame = f"\x1b[1;1H{run('31', text)}"
    wire.compacted(frame)
    assert text in wire.compacted(frame)


@pytest.mark.parametrize("data", ["", "abc", "\n", run("31", "abc")])
def test_what_has_no_place_passes_while_the_cursor_may_be_anywhere(data: str) -> None:
    wire = Wire()
    assert wire.compacted(data) == data
    wire.compacted("\x1b[2;5Habc")
    wire.forget()
    assert wire.compacted(data) == data


def test_what_has_no_place_continues_from_the_cursor() -> None:
    wire = Wire()
    wire.compacted(f"\x1b[1;1H{run('31', 'a line')}\n\x1b[2;1H{run('31', 'kl ')}")
    assert wire.compacted("6") == "6"
    assert wire.compacted("\n7") == "\x1b[3;1H7"
    assert wire.compacted("\x1b[2;4H6\n7") == ""


async def test_a_resized_terminal_gets_the_next_frame_whole() -> None:
    from textual.driver import Driver
    from textual.drivers.headless_driver import HeadlessDriver
    from textual.events import Resize
    from textual.geometry import Size

    from tui.app import WorkbenchApp

    written: list[str] = []

    class Recording(HeadlessDriver):
        def write(self, data: str) -> None:
            written.append(data)

        def process_message(self, message: object) -> None:
            """Nobody listens."""

    app = WorkbenchApp.__new__(WorkbenchApp)
    set_size(app, 80, 24)
    driver: Driver = compact_driver(Recording)(app)
    frame = f"\x1b[1;1H{run('31', 'abc')}"
    driver.write(f"\x1b[2;1H{run('31', 'another line')}")
    driver.write(frame)
    driver.write(frame)
    assert written[-1] == ""
    driver.process_message(Resize(Size(80, 24), Size(80, 24)))
    driver.write(frame)
    assert "abc" in written[-1]
    driver.write(f"\x1b[2;1H{run('31', 'another line')}")
    driver.write(frame)
    driver.write(frame)
    assert written[-1] == ""
    # A terminal's signal reaches the app past the driver.
    set_size(app, 40, 10)
    driver.write(frame)
    assert "abc" in written[-1]


GLYPHS = "▀▘▂▌"
SMALL = Budget(wanted=200, most=300)


def image(offset: int, colors: str, *, lines: int = LINES) -> str:
    """A frame of cells with colours of their own, blanks between them and text beside."""
    written = ""
    for line in range(1, lines + 1):
        written += f"\x1b[{line};1H{run('31', 'kl 6')}"
        for column in range(COLUMNS - 6):
            shade = 232 + (line * 7 + column * 5 + offset) % 24
            paper = 232 + (shade * 7) % 24
            ink, behind = f"38;5;{shade}", f"48;5;{paper}"
            if colors == "24bit":
                ink, behind = f"38;2;{shade};{paper};9", f"48;2;9;{paper};{shade}"
            glyph = " " if column % 5 == 4 else GLYPHS[column % len(GLYPHS)]
            written += run(f"{ink};{behind}", glyph)
    return written


# The same picture with its two colours swapped.
INVERSES = str.maketrans("▀▌▘▝▖▗▞", "▄▐▟▙▜▛▚")


def upright(terminal: Terminal) -> list[Char]:
    """The cells as they are seen, whichever of two inverse glyphs draws them."""
    turned = {chr(inverse): chr(glyph) for glyph, inverse in INVERSES.items()}
    return [
        cell._replace(data=turned[cell.data], fg=cell.bg, bg=cell.fg)
        if cell.data in turned
        else cell
        for cell in terminal.cells()
    ]


def refine(wire: Wire, terminal: Terminal) -> None:
    while wire.owes:
        part = wire.refined(100)
        assert len(part.encode()) < 600
        terminal.show(part)


@pytest.mark.parametrize("colors", ["256", "24bit"])
def test_a_large_image_comes_coarse_and_then_in_all_its_colours(colors: str) -> None:
    whole, compact, wire = Terminal(), Terminal(), Wire()
    frame = image(0, colors)
    exact, first = Wire().compacted(frame), wire.compacted(frame, mend=False, budget=SMALL)
    assert len(first.encode()) < len(exact.encode()) * 0.75
    whole.show(frame)
    compact.show(first)
    assert compact.cells() != whole.cells()
    assert compact.screen.display[0].startswith("kl 6")
    refine(wire, compact)
    assert compact.cells() == whole.cells()
    assert (compact.screen.cursor.y, compact.screen.cursor.x) == (
        whole.screen.cursor.y,
        whole.screen.cursor.x,
    )
    assert wire.compacted(frame, mend=False, budget=SMALL) == ""


@pytest.mark.parametrize("colors", ["38;5;{}", "38;2;{};{};{}", "grey"])
@pytest.mark.parametrize("most", [7_000, 1_500])
def test_what_a_dialog_covered_never_takes_more_than_a_second(colors: str, most: int) -> None:
    """Whatever lay there: here noise, of which no two cells are alike."""
    noise = random.Random(1)

    def color(kind: str) -> str:
        if colors == "grey":
            return f"{kind}8;2" + f";{noise.randrange(256)}" * 3
        return kind + colors[1:].format(*(noise.randrange(16, 256) for _ in range(3)))

    frame = "".join(
        f"\x1b[{line + 1};1H"
        + "".join(run(f"{color('3')};{color('4')}", noise.choice(GLYPHS)) for _ in range(72))
        for line in range(18)
    )
    wire = Wire()
    sent = wire.compacted(frame, mend=False, budget=Budget(min(most, 4_000), most, 7_000))
    assert len(sent.encode()) <= 7_000
    assert wire.owes
    whole, compact = Terminal(72, 18), Terminal(72, 18)
    whole.show(frame)
    compact.show(sent)
    while wire.owes:
        compact.show(wire.refined(900))
    assert upright(compact) == upright(whole)


def test_what_fits_keeps_all_its_colours() -> None:
    wire, frame = Wire(), image(0, "256", lines=1)
    budget = Budget(wanted=4_000, most=7_000)
    assert wire.compacted(frame, mend=False, budget=budget) == Wire().compacted(frame)
    assert not wire.owes


def test_text_is_never_changed_whatever_it_takes() -> None:
    wire = Wire()
    frame = "".join(
        f"\x1b[{line};1H" + "".join(run(STYLES[at % 4], "ab") for at in range(12))
        for line in range(1, LINES + 1)
    )
    sent = wire.compacted(frame, mend=False, budget=SMALL)
    assert sent == Wire().compacted(frame)
    assert not wire.owes


IMAGES = st.integers(0, 5).map(lambda at: image(at * 50, "256"))


@settings(max_examples=30)
@example([image(0, "256"), "\x1b[1;1H", f"\x1b[3;7H{run(STYLES[0], 'aa')}\x1b[1;1H"])
@given(st.lists(st.one_of(frames(), IMAGES), max_size=4))
def test_the_same_picture_comes_in_the_end_whatever_is_drawn_meanwhile(drawn: list[str]) -> None:
    whole, compact, wire = Terminal(), Terminal(), Wire()
    for frame in drawn:
        whole.show(frame)
        compact.show(wire.compacted(frame, mend=False, budget=SMALL))
        compact.show(wire.refined(100))
    refine(wire, compact)
    assert upright(compact) == upright(whole)


def test_the_terminal_is_left_alone_once_it_may_show_anything() -> None:
    wire = Wire()
    wire.compacted(image(0, "256"), mend=False, budget=SMALL)
    assert wire.owes
    wire.forget()
    assert not wire.owes
    assert wire.refined(100) == ""


def test_frames_that_follow_each_other_share_the_second() -> None:
    account = Account()
    first = account.budget(10.0)
    assert first.wanted < first.most <= 8_000
    account.written(6_000, 10.0)
    assert account.budget(10.1).most < first.most / 2
    assert account.budget(12.0) == first


def image_line(number: int, row: int, columns: int) -> str:
    """A line of an image that the terminal keeps, as a frame has it."""
    (*_, line) = placeholders(number, columns, row + 1)
    return "".join(segment.style.render(segment.text) for segment in line if segment.style)


def test_of_an_image_that_the_terminal_keeps_only_changed_cells_are_sent() -> None:
    wire, terminal, whole = Wire(), Terminal(), Terminal()
    first, second = image_line(70001, 0, 11), image_line(70001, 1, 11)
    frames = [
        f"\x1b[2;3H{first}{run('31;40', 'ab')}\x1b[3;3H{second}",
        # A notice over four cells, which then goes.
        f"\x1b[2;6H{run('31;40', 'note')}",
        f"\x1b[2;3H{first}{run('31;40', 'ab')}",
        f"\x1b[2;3H{first}{run('31;40', 'ax')}",
        f"\x1b[2;3H{image_line(70002, 0, 11)}{run('31;40', 'ax')}",
    ]
    sizes = []
    for frame in frames:
        sent = wire.compacted(frame, mend=False)
        sizes.append(sent.count(PLACEHOLDER))
        terminal.show(sent)
        whole.show(frame)
        assert terminal.cells() == whole.cells()
    assert sizes == [22, 0, 4, 0, 11]
