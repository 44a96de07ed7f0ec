from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.widgets._footer import FooterKey

from tests.tui.watching import until
from tui.widgets.key_line import KeyLine


class Keyed(App[None]):
    BINDINGS: ClassVar = [("a", "bell", "Ring"), ("b", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield KeyLine()


@pytest.mark.parametrize("compact", [False, True])
async def test_keys_are_styled_once_in_the_width_of_the_line(
    monkeypatch: pytest.MonkeyPatch, compact: bool
) -> None:
    again: list[FooterKey] = []
    monkeypatch.setattr(FooterKey, "update_node_styles", lambda key, **_: again.append(key))
    async with Keyed().run_test() as pilot:
        line = pilot.app.query_one(KeyLine)
        await until(pilot, lambda: len(line.query(FooterKey)) >= 2)
        line.compact = compact
        await pilot.pause()
        again.clear()
        before = set(line.query(FooterKey))
        line.refresh(recompose=True)
        await until(pilot, lambda: len(set(line.query(FooterKey)) - before) >= 2)
        keys = line.query(FooterKey)
        assert {key.description for key in keys} >= {"Ring", "Quit"}
        assert not before & set(keys)
        assert {(key.compact, key.has_class("-compact")) for key in keys} == {(compact, compact)}
        assert again == []


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
