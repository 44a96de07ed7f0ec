"""A value is found in a long list by typing its beginning."""

from __future__ import annotations

from textual.widgets import OptionList

from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.choice_list import ChoiceScreen

VALUES = [*(str(number) for number in range(300)), "Cat", "car [bold]", "宽"]


async def test_a_value_is_found_by_typing_its_beginning(app: WorkbenchApp) -> None:
    chosen: list[str | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ChoiceScreen("Which?", VALUES, ""), chosen.append)
        screen = app.screen
        await until(pilot, lambda: screen.is_mounted and bool(screen.query(OptionList)))
        options = screen.query_one(OptionList)
        steps = {
            "2": "2",
            "7": "27",
            "3": "273",
            "x": "273",
            "c": "Cat",
            "a": "Cat",
            "r": VALUES[301],
        }
        for key, value in steps.items():
            await pilot.press(key)
            assert VALUES[options.highlighted or 0] == value, key
        await pilot.press("4", "4", "4", "j", "k", "宽", "8", "enter")
        await until(pilot, lambda: chosen)
    assert chosen == ["8"]


async def test_a_letter_again_goes_to_the_next_value(app: WorkbenchApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ChoiceScreen("Which?", ["ship", "cat", "deer", "dog"], "ship"))
        screen = app.screen
        await until(pilot, lambda: screen.is_mounted and bool(screen.query(OptionList)))
        options = screen.query_one(OptionList)
        for expected in (2, 3, 2):
            await pilot.press("d")
            assert options.highlighted == expected
