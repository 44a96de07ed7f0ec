from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.dashboard.screen import DashboardScreen
from tui.help.glossary import GLOSSARY, TERMS, arranged
from tui.help.glossary_screen import GlossaryScreen
from tui.new_session.screen import NewSessionScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.compare import CompareScreen
from tui.session_list.screen import SessionsScreen
from tui.sweeps.list_screen import SweepsScreen
from tui.sweeps.screen import SweepScreen
from vae_engine.sessions.store import SessionStore

SCREENS = (
    *(CompareScreen, DashboardScreen, NewSessionScreen, SamplerScreen),
    *(SessionsScreen, SweepScreen, SweepsScreen),
)


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_names_words_that_there_are(screen: type[SessionsScreen]) -> None:
    assert screen.TERMS
    assert set(screen.TERMS) <= set(TERMS)


def test_every_word_that_newcomers_ask_for_is_there() -> None:
    wanted = {
        *("z", "latent_dim", "kl", "nats", "elbo", "reconstruction_loss", "beta"),
        *("active_units", "prior", "posterior", "temperature", "collapse", "loss", "epoch"),
    }
    assert wanted <= set(TERMS)
    assert sum(len(terms) for terms in GLOSSARY.values()) == len(TERMS)
    # Somebody who knows nothing reads them: each in a few lines of 70 characters.
    for term in TERMS.values():
        assert term.meaning.endswith(".")
        assert 40 < len(term.meaning) + len(term.usual) < 320, term.name


def test_words_of_the_screen_come_first_and_no_word_twice() -> None:
    groups = arranged(["kl", "z"])
    assert [term.id for term in groups["On this screen"]] == ["kl", "z"]
    every = [term.id for terms in groups.values() for term in terms]
    assert sorted(every) == sorted(TERMS)
    assert list(arranged([])) == list(GLOSSARY)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_words_are_tied_to_what_is_on_the_dashboard(
    store: SessionStore, recorder: Recorder, size: tuple[int, int]
) -> None:
    recorder.session("one", epochs=4)
    async with sessions(store, size) as (_, app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        dashboard = app.screen
        assert isinstance(dashboard, DashboardScreen)
        await until(pilot, lambda: dashboard.epoch_shown == 4)
        await pilot.press("W")
        await until(pilot, lambda: "On this screen" in screen_text(app))
        assert "here 176.00 nats (val loss)" in screen_text(app)
        assert dashboard.terms()["kl"] == "4.50 nats"
        assert dashboard.terms()["active_units"] == "2 of 2"
        await pilot.press("end")
        await until(pilot, lambda: "Everything needed to continue" in screen_text(app))
        await pilot.press("W")
        await until(pilot, lambda: app.screen is dashboard)


async def test_where_text_is_typed_a_control_key_explains(
    store: SessionStore, recorder: Recorder, tmp_path: Path
) -> None:
    async with sessions(store) as (_, app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewSessionScreen))
        await pilot.press("W", "ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, GlossaryScreen))
        assert "latent dimension" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, NewSessionScreen))
