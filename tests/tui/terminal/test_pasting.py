"""A paste into a one-line field arrives completely, or a message says that it did not."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import Input

from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.textual_internals import notifications
from tests.tui.watching import until
from vae_engine.sessions.store import SessionStore


async def test_lines_are_joined_in_a_field_of_one_line(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session()
    async with sessions(store) as (_, app, pilot):
        await pilot.press("slash")
        app.post_message(Paste("d=2\r\nloss<150\n"))
        await pilot.pause()
        assert app.screen.query_one("#filter", Input).value == "d=2 loss<150"
        assert not notifications(app)


async def test_what_is_not_taken_is_reported(store: SessionStore, recorder: Recorder) -> None:
    recorder.session()
    async with sessions(store) as (_, app, pilot):
        app.post_message(Paste("rm"))
        await pilot.pause()
        assert [note.message for note in notifications(app)] == ["Pasted text is ignored here."]
        await pilot.press("e")
        await pilot.pause()
        app.post_message(Paste("25\nepochs"))
        await until(pilot, lambda: "25 epochs" in app.screen.query_one(Input).value)
        await pilot.press("enter")
        await until(pilot, lambda: "25 epochs is not a whole number" in screen_text(app))
