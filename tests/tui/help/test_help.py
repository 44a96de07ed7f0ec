from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Footer, Input, RadioButton

from tests.tui.pilot import screen_text
from tests.tui.recorded_sweeps import record_sweep
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.help.glossary_screen import GlossaryScreen
from tui.help.glyphs import GlyphsScreen
from tui.help.key_groups import EVERYWHERE, MOVE, group_keys
from tui.help.screen import HelpScreen
from tui.session_list.screen import SessionsScreen
from tui.sweeps.screen import SweepScreen
from tui.themes import DARK, LIGHT, own_themes
from vae_engine.sessions.store import SessionStore


def active(
    key: str, action: str, tooltip: str, group: Binding.Group | None = None, *, id: str = "any.any"
) -> ActiveBinding:
    binding = Binding(key, action, "Short", tooltip=tooltip, group=group, id=id)
    return ActiveBinding(SessionsScreen(), binding, True, "")


def told(bindings: list[ActiveBinding]) -> list[tuple[str, str]]:
    return [(key.keys, key.description) for keys in group_keys(bindings).values() for key in keys]


def test_keys_of_one_action_stand_together() -> None:
    screen = SessionsScreen()
    keys = [
        ActiveBinding(screen, Binding(key, "same", "Do", tooltip="Do it"), True, "")
        for key in ("d", "delete", "f2")
    ]
    assert told(keys) == [("d Del F2", "Do it")]


def test_a_group_is_one_line_and_a_compact_one_as_many_as_it_has() -> None:
    group = Binding.Group("Sort by a column")
    keys = [active(str(at), f"sort({at})", f"By {at}", group) for at in range(1, 10)]
    assert told(keys) == [("1-9", "Sort by a column")]
    assert len(group_keys(keys, by_action=True)["This screen"]) == 9
    heat = Binding.Group("Temperature", compact=True)
    ends = [active("plus", "heat(1)", "Up", heat), active("minus", "heat(-1)", "Down", heat)]
    assert told(ends) == [("+", "Up"), ("-", "Down")]


async def test_what_acts_on_the_screen_comes_first_and_cursor_keys_last(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, pilot):
        # The list, its dashboard, sampler, form and sweeps.
        for opening in ("", "enter", "g", "n", "s"):
            if opening:
                await pilot.press(opening)
                await until(pilot, lambda: not isinstance(app.screen, SessionsScreen))
                # Its widgets bring their keys.
                await until(pilot, lambda: app.screen.is_mounted and app.screen.query(Footer))
            groups = group_keys(app.screen.active_bindings.values())
            headings = list(groups)
            assert headings[-1] in (MOVE, EVERYWHERE), opening
            assert not isinstance(groups[headings[0]][0].active.node, type(app)), opening
            assert headings.index(EVERYWHERE) == len(headings) - 1 - (MOVE in headings), opening
            words = [key.description for keys in groups.values() for key in keys]
            assert "Focus Next" not in words, opening
            assert "Focus Previous" not in words, opening
            arrows = [key.keys for key in groups.get(MOVE, [])]
            assert all(
                "↑" not in key.keys.split()
                or key.keys in arrows
                or isinstance(key.active.node, Screen)
                for keys in groups.values()
                for key in keys
            ), opening
            if opening:
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_help_is_made_of_the_bindings(store: SessionStore, recorder: Recorder) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, pilot):
        for size in ((80, 24), (120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_size, app, size))
            await pilot.press("question_mark")
            await until(pilot, lambda: "Open the session's dashboard" in screen_text(app))
            await until(pilot, lambda: "Esc back" in screen_text(app))
            assert "The session under the cursor" in screen_text(app), size
            assert "Enter  Open the session's dashboard" in screen_text(app), size
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


def _has_size(app: App[Any], size: tuple[int, int]) -> bool:
    return app.screen.size == size


async def test_the_whole_help_can_be_reached_on_a_small_terminal(store: SessionStore) -> None:
    async with sessions(store, (80, 24)) as (_, app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Esc back" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "Page down" in screen_text(app))


@pytest.mark.parametrize("keys", [["question_mark", "g"], ["ctrl+p", *"glyphs", "enter"]])
async def test_glyphs_are_chosen_by_their_test_pattern(
    store: SessionStore, keys: list[str]
) -> None:
    async with sessions(store) as (_, app, pilot):
        await pilot.press(keys[0])
        await until(pilot, lambda: not isinstance(app.screen, SessionsScreen))
        await pilot.press(*keys[1:-1])
        if keys[-1] == "enter":
            await until(pilot, lambda: "Glyphs of images" in screen_text(app))
        await pilot.press(keys[-1])
        await until(pilot, lambda: isinstance(app.screen, GlyphsScreen))
        assert "smooth" in screen_text(app)
        octant = app.screen.query(RadioButton).last()
        octant.value = True
        await until(pilot, lambda: app.preferences.glyphs == "octant")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_the_palette_has_headings_and_no_focus(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store, (120, 60)) as (_, app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Theme" in _offered(app))
        text = _offered(app)
        assert "Focus" not in text
        assert "Cursor" not in text
        order = [text.index(words) for words in ("The list", "More", "Everywhere", "Settings")]
        assert order == sorted(order)
        await pilot.press("escape")


async def test_the_palette_finds_the_apps_themes_by_their_words(store: SessionStore) -> None:
    async with sessions(store) as (_, app, pilot):
        app.theme = "nord"
        for word, theme in (("light", LIGHT), ("dark", DARK)):
            await pilot.press("ctrl+p", *word)
            await until(pilot, partial(_is_first, app, f"{word.title()} colours"))
            await pilot.press("enter")
            await until(pilot, partial(_has_theme, app, theme))


def _has_theme(app: App[Any], theme: str) -> bool:
    return app.theme == theme


async def test_the_palette_finds_a_command_by_the_word_of_the_footer(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store, (120, 60)) as (_, app, pilot):
        app.action_command_palette()
        for word, found in (
            ("help", "The keys of this screen"),
            ("words", "Explain KL"),
            ("sample", "Draw from the session"),
        ):
            await until(pilot, lambda: isinstance(app.screen, CommandPalette))
            app.screen.query_one(Input).value = word
            await until(pilot, partial(_is_first, app, found))


def _is_first(app: App[Any], found: str) -> bool:
    return found in _offered(app).split("\n")[0]


def _offered(app: App[Any]) -> str:
    options = app.screen.query_one(CommandList).options
    return "\n".join(str(option.prompt) for option in options)


async def _help_tells(app: App[Any], pilot: Pilot[Any], opened: str) -> None:
    """Of the present screen, whose help is left open."""
    groups = group_keys(app.screen.active_bindings.values())
    for heading, keys in groups.items():
        told = [key.description for key in keys]
        assert len(told) == len(set(told)), (opened, heading)
    names = [name for keys in groups.values() for key in keys for name in key.keys.split()]
    assert not [name for name in names if "←→" in name or "underscore" in name], opened
    await pilot.press("f1")
    await until(pilot, lambda: "ctrl+_  The keys of this screen" in screen_text(app))


async def test_each_line_of_help_shows_something_else_by_keys_that_exist(
    store: SessionStore, recorder: Recorder
) -> None:
    async with sessions(store, (120, 60)) as (table, app, pilot):
        await _help_tells(app, pilot, "the list without sessions")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        recorder.session("one")
        recorder.session("two")
        await until(pilot, lambda: len(table.keys) == 2)
        for opening in ("enter", "g", "n", "s", "c"):
            await pilot.press("a" if opening == "c" else "home", opening)
            await until(pilot, lambda: not isinstance(app.screen, SessionsScreen))
            await until(pilot, lambda: app.screen.query(Footer))
            await _help_tells(app, pilot, opening)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_headings_stand_as_the_screens_own_table_has_them(
    store: SessionStore, recorder: Recorder
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"}, seeds=1)
    async with sessions(store, shown=1) as (_, app, pilot):
        await app.push_screen(SweepScreen(sweep))
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        headings = list(group_keys(app.screen.active_bindings.values()))
        assert headings[:2] == ["The trial under the cursor", "Curves"]


async def test_the_cursor_of_the_palette_is_seen(store: SessionStore) -> None:
    async with sessions(store, (80, 24)) as (_, app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Theme" in _offered(app))
        listed = app.screen.query_one(CommandList)
        assert not app.screen.query_one("SearchIcon").display
        for depth in ("standard", "256", "truecolor"):
            for own in own_themes(depth):
                theme = replace(own, name=f"{own.name}-{depth}")
                app.register_theme(theme)
                app.theme = theme.name
                await pilot.pause()
                cursor = listed.get_component_styles("option-list--option-highlighted").background
                assert cursor.rgb != listed.background_colors[1].rgb, theme.name


async def test_the_footer_names_enter_where_ascii_has_no_sign_for_it(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, _):
        assert "⏎ Open" in screen_text(app)
    monkeypatch.setenv("LC_ALL", "C")
    async with sessions(store) as (_, app, _):
        assert "ent Open" in screen_text(app)


async def test_help_leads_to_the_words(store: SessionStore) -> None:
    async with sessions(store) as (_, app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, GlossaryScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


@pytest.mark.parametrize("key", ["question_mark", "W"])
@pytest.mark.parametrize(("rows", "more"), [(24, True), (150, False)])
async def test_more_is_reported_only_where_there_is_more(
    store: SessionStore, key: str, rows: int, more: bool
) -> None:
    app = WorkbenchApp(store)
    async with app.run_test(size=(80, rows)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: "Esc back" in screen_text(app))
        await until(pilot, lambda: ("PgDn more" in screen_text(app)) is more)
