"""Dashboard, list and `vae show` describe images that differ from MNIST's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.cli.main import cli
from tui.dashboard.screen import DashboardScreen
from tui.text import told_images
from vae_engine.sessions.example import COLOUR, GREY, add_example
from vae_engine.sessions.store import SessionStore

TOLD = "32x32 colour, gaussian, 9 classes"


def test_images_like_those_of_mnist_need_no_words(store: SessionStore, recorder: Recorder) -> None:
    grey = add_example(store, GREY)
    assert told_images(grey) == ""
    grey.poll()
    assert told_images(grey) == ""
    colour = add_example(store, COLOUR)
    assert told_images(colour) == ""  # Nothing is known before its log is read.
    colour.poll()
    assert told_images(colour) == TOLD
    other = recorder.session("other", epochs=1, likelihood="continuous_bernoulli")
    other.poll()
    assert told_images(other) == "28x28 grey, continuous_bernoulli"


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_list_and_dashboard_tell_them(store: SessionStore, size: tuple[int, int]) -> None:
    add_example(store, COLOUR)
    async with sessions(store, size) as (_, app, pilot):
        # Words are wrapped beside the curves.
        await until(pilot, lambda: "images 32x32 colour" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await until(pilot, lambda: f"tango-icons · {TOLD} · d=16" in screen_text(app))


def test_show_names_the_classes(store: SessionStore) -> None:
    add_example(store, COLOUR)

    def show(*options: str) -> Any:
        done = CliRunner().invoke(
            cli, ["show", "example-colour", "--sessions-dir", str(store.root), *options]
        )
        assert done.exit_code == 0, done.output
        return done.output

    shown = " ".join(show().split())
    assert f"images {TOLD}: actions, apps, categories, devices" in shown
    assert "6.042 bits per dimension" in shown
    assert json.loads(show("--json"))["label_names"][-1] == "status"
