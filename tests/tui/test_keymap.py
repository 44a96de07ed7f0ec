"""Keys of the preferences replace those of an action; what is no key or no action is named."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import pytest
from textual.binding import BindingsMap

from tests.cli.conftest import Vae, vae  # noqa: F401 - the fixture
from tests.tui.textual_internals import notifications
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.cli.checks import check_installation
from tui.key_list import actions, keymap_problems, nodes
from tui.keymap import usable_keymap
from tui.new_session.screen import NewSessionScreen
from tui.preferences import Preferences, preferences_file, write_preferences
from tui.session_list.screen import SessionsScreen
from vae_engine.sessions.store import SessionStore


@pytest.mark.parametrize(
    "keys",
    ["r", "?", "+", "ctrl+r", "f5", "shift+tab", "question_mark", "slash", "r, ctrl+n,space", "Ä"],
)
def test_what_a_keyboard_has_is_a_key(keys: str) -> None:
    usable, problems = usable_keymap({"sampler.new": keys})
    assert problems == []
    assert usable["sampler.new"].split(",") == [name.strip() for name in keys.split(",")]


@pytest.mark.parametrize("keys", ["", "rr", "control+r", "r,,n", "\x1b", "\n", "ctrl+"])
def test_what_is_no_key_is_named_and_the_rest_kept(keys: str) -> None:
    usable, problems = usable_keymap({"sampler.new": keys, "sampler.map": "M"})
    assert usable == {"sampler.map": "M"}
    assert len(problems) == 1
    assert "sampler.new" in problems[0]
    assert problems[0].isprintable()


async def test_the_app_goes_by_them_and_says_what_it_cannot_use(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    keys = {"sessions.new": "ctrl+n,y", "sessions.sort": "no", "sampler.map": "n", "no.action": "x"}
    write_preferences(path, Preferences(keys=keys))
    app = WorkbenchApp(SessionStore(tmp_path / "sessions"), preferences_path=path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen) and app.entries == ())
        await until(pilot, lambda: bool(notifications(app)))
        (notice,) = notifications(app)
        for wrong in ("sessions.sort: 'no'", "no action 'no.action'", "leaves sampler.new without"):
            assert wrong in notice.message
        assert "sessions.new" not in notice.message
        await pilot.press("n")
        await pilot.pause()
        assert isinstance(app.screen, SessionsScreen)
        for key in ("y", "ctrl+n"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, NewSessionScreen))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


def test_all_ids_are_listed_and_unknown_ones_told(
    vae: Vae,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {action.id: action.keys for action in actions()}
    assert found["sampler.new"] == "n"
    assert {name.partition(".")[0] for name in found} >= {"app", "sessions", "dashboard", "sweeps"}
    shown = vae("doctor", "--keys").out
    assert all(name in shown for name in found)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    problem = "keys: there is no action 'sampler.renew'"
    keys = {"sampler.renew": "x", "app.help": "H"}
    assert keymap_problems(keys) == [problem]
    write_preferences(preferences_file(), Preferences(keys=keys))
    checks = check_installation(tmp_path / "sessions")
    assert problem in [
        one.value for one in takewhile(lambda one: one.section == "terminal", checks)
    ]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"sampler.map": "n"}, ["'n'", "sampler.map", "sampler.new"]),
        ({"dashboard.cursor": "f5", "dashboard.log": "ctrl+l, f5"}, ["cursor", "log", "'f5'"]),
        ({"sessions.new": "slash"}, ["sessions.new", "sessions.filter", "'slash'"]),
        ({"sessions.new": "/"}, ["sessions.new", "sessions.filter", "'slash'"]),
        # The other one has a second key, or changes too, or is of another screen.
        ({"dashboard.pause": "enter"}, []),
        ({"sampler.map": "n", "sampler.new": "m"}, []),
        ({"sampler.map": "f9", "sessions.new": "f9"}, []),
    ],
)
def test_an_action_that_loses_its_key_to_another_is_named(
    keys: dict[str, str], named: list[str]
) -> None:
    problems = keymap_problems(keys)
    assert len(problems) == bool(named)
    assert all(word in line for line in problems for word in named)


def test_no_action_loses_its_key_because_another_one_of_that_key_gets_a_new_one() -> None:
    """Textual takes all bindings of a key away: of pause, continue and resume one would be left."""
    for action in actions():
        for node in nodes():
            before, after = BindingsMap(node.BINDINGS), BindingsMap(node.BINDINGS)
            after.apply_keymap({action.id: "f9"})
            left = {one.action for found in after.key_to_bindings.values() for one in found}
            had = {one.action for found in before.key_to_bindings.values() for one in found}
            assert left == had, (action.id, node)
