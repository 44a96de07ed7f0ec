from __future__ import annotations

from functools import partial
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding

from tests.tui.textual_internals import FooterKey
from tests.tui.watching import until
from tui.widgets.key_line import KeyLine


class Keyed(App[None]):
    BINDINGS: ClassVar = [("a", "bell", "Ring"), ("b", "quit", "Quit")]
    rings: bool | None = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.rings if action == "bell" else super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        yield KeyLine()


@pytest.mark.parametrize("compact", [False, True])
async def test_keys_are_styled_once_in_the_width_of_the_line(
    monkeypatch: pytest.MonkeyPatch, compact: bool
) -> None:
    again: list[FooterKey] = []
    monkeypatch.setattr(FooterKey, "update_node_styles", lambda key, **_: again.append(key))
    app = Keyed()
    async with app.run_test() as pilot:
        line = app.query_one(KeyLine)
        await until(pilot, lambda: len(line.query(FooterKey)) >= 2)
        line.compact = compact
        await pilot.pause()
        again.clear()
        before = set(line.query(FooterKey))
        app.rings = None
        line.refresh(recompose=True)
        await until(pilot, lambda: len(set(line.query(FooterKey)) - before) >= 2)
        keys = line.query(FooterKey)
        assert {key.description for key in keys} >= {"Ring", "Quit"}
        assert not before & set(keys)
        assert {(key.compact, key.has_class("-compact")) for key in keys} == {(compact, compact)}
        assert again == []


async def test_keys_stay_as_they_are_until_others_are_to_be_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[KeyLine] = []
    keys_of = KeyLine._keys

    def compare(line: KeyLine) -> list[tuple[object, ...]]:
        compared.append(line)
        return keys_of(line)

    monkeypatch.setattr(KeyLine, "_keys", compare)
    app = Keyed()
    async with app.run_test() as pilot:
        line = app.query_one(KeyLine)
        await until(pilot, lambda: len(line.query(FooterKey)) >= 2)
        before, count = list(line.query(FooterKey)), len(compared)
        line.refresh(recompose=True)
        await until(pilot, lambda: len(compared) > count)
        await pilot.pause()
        assert list(line.query(FooterKey)) == before
        app.rings = False
        line.refresh(recompose=True)
        await until(pilot, lambda: [key.description for key in line.query(FooterKey)] == ["Quit"])


async def test_keys_follow_a_line_that_changes_its_width() -> None:
    async with Keyed().run_test() as pilot:
        line = pilot.app.query_one(KeyLine)
        await until(pilot, lambda: len(line.query(FooterKey)) >= 2)
        wide = sum(key.outer_size.width for key in line.query(FooterKey))
        line.compact = True
        await pilot.pause()
        assert all(key.has_class("-compact") for key in line.query(FooterKey))
        assert sum(key.outer_size.width for key in line.query(FooterKey)) < wide
        line.compact = False
        await pilot.pause()
        assert sum(key.outer_size.width for key in line.query(FooterKey)) == wide


GROUP = Binding.Group("Both")


class Crowded(App[None]):
    BINDINGS: ClassVar = [
        *(Binding(key, f"press('{key}')", f"Press {key}") for key in "abc"),
        Binding("plus", "press('plus')", "Plus", group=GROUP),
        Binding("minus", "press('minus')", "Minus", group=GROUP),
        Binding("escape", "press('escape')", "Leave"),
        Binding("question_mark", "help", "Help"),
        Binding("z", "press('z')", "Last"),
    ]

    def compose(self) -> ComposeResult:
        yield KeyLine()


@pytest.mark.parametrize("compact", [False, True])
async def test_no_key_is_cut_and_the_way_out_stays(compact: bool) -> None:
    async with Crowded().run_test(size=(120, 10)) as pilot:
        line = pilot.app.query_one(KeyLine)
        line.compact = compact
        await until(pilot, lambda: len(line.query(FooterKey)) == 8)
        every = [key.key for key in line.query(FooterKey)]
        for width in (*range(25, 80, 3), 120):
            await pilot.resize_terminal(width, 10)
            await until(pilot, partial(lambda wanted: line.size.width == wanted, width))
            await pilot.pause()
            shown = [key for key in line.query(FooterKey) if key.display and _parent_shown(key)]
            assert {"escape", "question_mark"} <= {key.key for key in shown}
            assert all(key.region.right <= width + 1 for key in shown), width
            keys = [key.key for key in shown]
            rest = [key for key in every if key not in ("escape", "question_mark")]
            assert [key for key in keys if key in rest] == rest[: len(keys) - 2], width
        assert keys == every


def _parent_shown(key: FooterKey) -> bool:
    return key.parent is not None and bool(getattr(key.parent, "display", True))


async def test_keys_are_shown_in_a_window_without_the_focus() -> None:
    app = Keyed()
    app.set_reactive(App.app_focus, False)
    async with app.run_test() as pilot:
        line = app.query_one(KeyLine)
        await until(pilot, lambda: len(line.query(FooterKey)) >= 2)
        assert not app.app_focus
