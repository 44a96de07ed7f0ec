"""All text can be read on every screen, in every theme, at every depth of colour.

What is checked is what is written to the terminal, as the terminal shows it: every cell of the
rendered screens with a letter or a digit in it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.filter import LineFilter
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES
from textual.widgets import (
    Button,
    Checkbox,
    DataTable,
    Footer,
    Header,
    Input,
    OptionList,
    RadioButton,
    RadioSet,
    Static,
    TextArea,
)

from tests.tui.recorder import Recorder
from tests.tui.test_pictures import SCREENS, record
from tests.tui.textual_internals import screen_lines
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.rendering.scatter import LABEL_COLORS
from tui.rendering.tones import HUES
from tui.terminal.color_tables import KITTY_16, VGA_16, XTERM_16, XTERM_256, Rgb
from tui.terminal.colors import TerminalColors
from tui.themes import DARK, LIGHT, own_themes
from vae_engine.sessions.store import SessionStore

DEPTHS = ("truecolor", "256", "standard")
TEXT = re.compile(r"[^\W_]")


def told_contrast(one: Rgb, other: Rgb) -> float:
    """WCAG 2, written out once more."""

    def luminance(color: Rgb) -> float:
        channels = np.array(color) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shown(style: Style, *, linux: bool = False) -> Iterator[tuple[Rgb, Rgb]]:
    """The colours of text and surface on each terminal that a style may meet."""
    ink, paper = style.color, style.bgcolor
    assert ink is not None
    assert paper is not None
    if ink.type is ColorType.TRUECOLOR:
        assert ink.triplet is not None
        assert paper.triplet is not None
        yield ink.triplet, paper.triplet
        return
    assert ink.number is not None
    assert paper.number is not None
    if ink.type is ColorType.EIGHT_BIT:
        yield XTERM_256[ink.number - 16], XTERM_256[paper.number - 16]
    else:
        # xterm and the Linux console show bold text in the bright colours.
        bold = {ink.number, ink.number % 8 + 8} if style.bold else {ink.number}
        for number in bold:
            if linux:
                yield VGA_16[number], VGA_16[paper.number % 8]
            else:
                for table in (XTERM_16, VGA_16):
                    yield table[number], table[paper.number]
        if not linux:
            yield KITTY_16[ink.number], KITTY_16[paper.number]


def unreadable(app: App[Any], *, linux: bool = False) -> list[str]:
    """The texts of the present screen with too little contrast."""
    found = []
    for line in screen_lines(app):
        for segment in line:
            if segment.style is None or not TEXT.search(segment.text):
                continue
            for ink, paper in shown(segment.style, linux=linux):
                if (contrast := told_contrast(ink, paper)) < 4.5:
                    found.append(f"{segment.text!r}: {ink} on {paper}, {contrast:.2f}")
    return found


async def set_colors(app: App[Any], pilot: Pilot[Any], depth: str, theme: str) -> None:
    """Have the app look as it would on another terminal; the theme is not the one it has."""
    for own in own_themes(depth):
        app.register_theme(own)
    assert app.theme != theme, "it would not be styled anew"
    app.theme = theme
    await pilot.pause()
    app.screen.refresh()
    await pilot.pause()


async def help_screen(app: WorkbenchApp, pilot: Pilot[Any], _: Any) -> None:
    await pilot.press("question_mark")
    await until(pilot, lambda: type(app.screen).__name__ == "HelpScreen")


async def command_palette(app: WorkbenchApp, pilot: Pilot[Any], _: Any) -> None:
    await pilot.press("ctrl+p")
    await until(pilot, lambda: bool(app.screen.query(OptionList)))
    await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)


async def dialog_and_toasts(app: WorkbenchApp, pilot: Pilot[Any], _: Any) -> None:
    for severity in ("information", "warning", "error"):
        app.notify("Something is to be told.", title="Title", severity=severity)
    await pilot.press("d")
    await until(pilot, lambda: type(app.screen).__name__ == "ConfirmScreen")


OPENED = {
    **SCREENS,
    "help": help_screen,
    "palette": command_palette,
    "dialog": dialog_and_toasts,
}


LOOKS = list(product((*DEPTHS, "linux"), (LIGHT, DARK)))


def looks_of(name: str) -> list[tuple[str, str]]:
    """Two for each screen, in turn, one light and one dark; a slow test has all for each."""
    first = 2 * list(OPENED).index(name)
    return [LOOKS[(first + other) % len(LOOKS)] for other in (0, 3)]


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        *(pytest.param(name, looks_of(name), id=name) for name in OPENED),
        *(pytest.param(name, LOOKS, id=f"{name}-all", marks=pytest.mark.slow) for name in OPENED),
    ],
)
async def test_all_text_of_a_screen_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, looks: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr("tests.tui.test_pictures.NOW", time.time())
    store = SessionStore(tmp_path / "sessions")
    app = WorkbenchApp(store)
    async with app.run_test(size=(120, 40)) as pilot:
        session = record(Recorder(store))
        app.refresh_sessions()
        await until(pilot, lambda: len(app.entries or ()) == 3)
        await OPENED[name](app, pilot, session)
        for depth, theme in looks:
            linux, system = depth == "linux", "standard" if depth == "linux" else depth
            app._terminal_colors = TerminalColors(system, linux=linux)
            await set_colors(app, pilot, system, theme)
            assert not unreadable(app, linux=linux), (depth, theme)


class Zoo(App[None]):
    """Widgets that no screen has today, or not in these states."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("a", "app.bell", "Ring"),
        ("b", "app.bell", "Ring again"),
    ]

    def compose(self) -> ComposeResult:
        yield Header()
        for variant in ("default", "primary", "success", "warning", "error"):
            yield Button("press", variant=variant)
            yield Button("not now", variant=variant, disabled=True)
        yield Input("value", id="value")
        yield Input(placeholder="what is wanted")
        yield Checkbox("check", True)
        yield RadioSet(RadioButton("one", value=True), RadioButton("two"))
        yield OptionList("first", "second")
        yield TextArea("text", show_line_numbers=True)
        table: DataTable[str] = DataTable()
        table.add_columns("name", "value")
        table.add_row("beta", "4")
        yield table
        yield Static("[dim]dim[/] [@click=app.bell]a link[/] [$text-muted]muted[/] [red]red[/]")
        yield Footer()


class ZooOfTerminal(Zoo):
    """The same through the app's filter."""

    depth = "truecolor"

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = self.__dict__.setdefault("_by_depth", {d: TerminalColors(d) for d in DEPTHS})
        return [*super().get_line_filters(), filters[self.depth]]


async def zoo_is_readable(themes: Sequence[str], depths: Sequence[str]) -> None:
    app = ZooOfTerminal()
    async with app.run_test(size=(80, 70)) as pilot:
        for app.depth, theme in product(depths, themes):
            await set_colors(app, pilot, app.depth, theme)
            assert not unreadable(app), (app.depth, theme)


async def test_textuals_own_widgets_can_be_read() -> None:
    await zoo_is_readable([LIGHT, DARK], DEPTHS)


@pytest.mark.slow
async def test_they_can_be_read_in_textuals_own_themes() -> None:
    others = [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi]
    await zoo_is_readable(others, ["truecolor", "256"])


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("depth", ["256", "standard"])
def test_a_theme_has_only_colours_of_its_terminal(depth: str, dark: bool) -> None:
    theme = own_themes(depth)[0 if dark else 1]
    table = set(XTERM_256 if depth == "256" else XTERM_16)
    named = [
        getattr(theme, name)
        for name in ("primary", "secondary", "accent", "success", "warning", "error")
    ]
    surfaces = [theme.background, theme.surface, theme.panel, theme.foreground]
    colors = [*named, *surfaces, *(v for v in theme.variables.values() if v.startswith("#"))]
    assert {Color.parse(color).rgb for color in colors} <= table


@pytest.mark.parametrize("depth", ["256", "standard"])
def test_no_colour_of_the_theme_is_changed(depth: str) -> None:
    """The palette was chosen by hand: the filter only has work where it is not kept to."""
    turned = TerminalColors(depth)
    table = XTERM_256 if depth == "256" else XTERM_16
    for theme in own_themes(depth):
        for surface in (theme.background, theme.surface, theme.panel):
            for name in ("foreground", "text-muted", "text-success", "text-warning", "text-error"):
                text = getattr(theme, name, None) or theme.variables[name]
                style = Style(color=text, bgcolor=surface)
                (segment,) = turned.apply([Segment("text", style)], Color.parse(surface))
                assert segment.style is not None
                assert segment.style.color is not None
                number = segment.style.color.number
                assert number is not None
                got = table[number - 16 if depth == "256" else number]
                assert got == Color.parse(text).rgb, (theme.name, name, surface)


# Of linear red, green and blue to what people see who lack one kind of cones (Viénot, 1999).
_DEUTAN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
_PROTAN = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])


def lab(color: Rgb, cones: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as it is seen."""
    channels = np.array(color) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(cones @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("cones", [np.eye(3), _DEUTAN, _PROTAN], ids=["all", "deutan", "protan"])
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("depth", ["truecolor", "256"])
def test_curves_are_distinguished_by_all_eyes(depth: str, dark: bool, cones: np.ndarray) -> None:
    theme = own_themes(depth)[0 if dark else 1]
    curves = [Color.parse(theme.variables[f"curve-{at}"]).rgb for at in range(HUES)]
    for one, other in combinations(curves, 2):
        assert np.linalg.norm(lab(one, cones) - lab(other, cones)) > 10, (one, other)
    # Training and validation, which every chart has.
    assert np.linalg.norm(lab(curves[0], cones) - lab(curves[1], cones)) > 40


@pytest.mark.parametrize("cones", [np.eye(3), _DEUTAN, _PROTAN], ids=["all", "deutan", "protan"])
def test_classes_are_distinguished_by_all_eyes(cones: np.ndarray) -> None:
    """Classes 2 and 4 of ten had one colour for those who lack green cones."""
    for one, other in combinations(LABEL_COLORS, 2):
        assert np.linalg.norm(lab(one, cones) - lab(other, cones)) > 15, (one, other)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_curves_differ_in_sixteen_colours_too(dark: bool) -> None:
    """Two pairs of six had one colour on a light background."""
    theme = own_themes("standard")[0 if dark else 1]
    curves = [Color.parse(theme.variables[f"curve-{at}"]).rgb for at in range(HUES)]
    assert len(set(curves)) == HUES
    for cones in (np.eye(3), _DEUTAN, _PROTAN):
        assert np.linalg.norm(lab(curves[0], cones) - lab(curves[1], cones)) > 40
