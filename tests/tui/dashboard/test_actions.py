from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.pilot import screen_text, toasts
from tests.tui.recorder import Recorder, progress
from tests.tui.watching import (
    dashboard,
    head,
    offered,
    open_dashboard,
    until,
    until_offered,
)
from tui.app import WorkbenchApp
from tui.dialogs import ConfirmScreen, NumberScreen
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def training(recorder: Recorder) -> Session:
    return recorder.session("run", status="training", epochs=4, of=10)


@pytest.mark.parametrize(("status", "epochs"), [("starting", 0), ("training", 1)])
async def test_any_key_at_any_time_is_survived(
    store: SessionStore, recorder: Recorder, status: Status, epochs: int
) -> None:
    session = recorder.session(status=status, epochs=epochs, of=10)
    keys = [*"yysrrhlkjxp12345", "left", "right", "home", "end", "space", "space", "tab"]
    keys += ["shift+tab", "pageup", "pagedown", "up", "down", "enter", "X", "n"]
    async with dashboard(store, session) as (screen, pilot):
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        assert screen.is_attached


async def test_a_pause_is_shown_as_asked_until_it_is_carried_out(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        await pilot.press("p")
        await until(pilot, lambda: "pending: pause" in head(screen))
        assert inbox.take(training.folder) == [("pause", "")]
        recorder.emit(training, ev.Paused())
        await until(pilot, lambda: "‖ paused" in head(screen))
        assert "asked" not in head(screen)
        await until(pilot, lambda: "Continue" in offered(screen))
        await pilot.press("p")
        await until(pilot, lambda: inbox.pending(training.folder) == ["continue"])


async def test_a_stop_is_asked_and_then_shown_as_heard(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training, (80, 24)) as (screen, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "pending: stop at the end" in head(screen))
        assert inbox.take(training.folder) == [("stop", "")]
        recorder.emit(training, ev.Stopping(now=False))
        await until(pilot, lambda: "stops at the end of epoch 5" in head(screen))


async def test_stop_now_needs_a_yes(store: SessionStore, training: Session) -> None:
    async with dashboard(store, training) as (screen, pilot):
        for key in ("n", "escape", "y"):
            await pilot.press("X")
            await until(pilot, lambda: isinstance(screen.app.screen, ConfirmScreen))
            assert inbox.pending(training.folder) == []
            await pilot.press(key)
            await until(pilot, lambda: screen.app.screen is screen)
        await until(pilot, lambda: inbox.pending(training.folder) == ["stop_now"])


async def test_an_ignored_command_is_reported_once(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    recorder.emit(training, ev.CommandIgnored(command="pause", why="it was long ago"))
    async with dashboard(store, training) as (screen, pilot):
        recorder.emit(training, ev.CommandIgnored(command="stop_now", why="[b]no[/b]"))
        await until(pilot, lambda: toasts(screen.app))
        recorder.emit(training, progress(5, 3))
        await until(pilot, lambda: "step 3/40" in head(screen))
        assert toasts(screen.app) == ["stop now was ignored: [b]no[/b]"]


async def test_the_keys_that_are_offered_fit_the_status(
    store: SessionStore, recorder: Recorder, app: WorkbenchApp
) -> None:
    expected: dict[Status, set[str]] = {
        "training": {"Pause", "Stop"},
        "paused": {"Continue", "Stop"},
        "completed": {"Extend"},
        "stopped": {"Resume", "Extend"},
        "interrupted": {"Resume", "Extend"},
        "failed": {"Resume", "Extend"},
        "diverged": set(),
    }
    sessions = {status: recorder.session(status=status, epochs=1, of=9) for status in expected}
    async with app.run_test(size=(80, 24)) as pilot:
        for status, session in sessions.items():
            screen = await open_dashboard(pilot, session)
            await until_offered(pilot, screen, expected[status])
            await app.pop_screen()


async def test_while_it_evaluates_there_is_nothing_to_pause_or_to_stop(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        recorder.emit(training, ev.Finishing(reason="converged"))
        await until(pilot, lambda: "evaluating and exporting" in head(screen))
        await until_offered(pilot, screen, set())
        await pilot.press("p", "x")
        assert inbox.pending(training.folder) == []


async def test_extend_asks_how_far_and_starts_a_worker_for_it(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session("done", status="completed", epochs=3, of=3)
    recorder.checkpoint(session)
    started = session.folder / "started"
    monkeypatch.setattr(sys, "executable", _recording_worker(started))
    async with dashboard(store, session) as (screen, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(screen.app.screen, NumberScreen))
        screen.app.screen.query_one(Input).value = "0"
        await pilot.press("enter")
        assert isinstance(screen.app.screen, NumberScreen)
        await pilot.press("ctrl+u", *"ten", "enter")
        assert isinstance(screen.app.screen, NumberScreen)
        await until(pilot, lambda: "ten is not a whole number from 1 to" in screen_text(screen.app))
        screen.app.screen.query_one(Input).value = "7"
        await pilot.press("enter")
        await until(pilot, started.exists)
        assert started.read_text().split()[-2:] == ["--epochs", "10"]
        await until(pilot, lambda: toasts(screen.app))
        assert "died" in toasts(screen.app)[0]


async def test_resume_without_a_checkpoint_says_what_to_do_instead(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("cut", status="interrupted", epochs=3, of=9)
    async with dashboard(store, session) as (screen, pilot):
        await pilot.press("p")
        await until(pilot, lambda: toasts(screen.app))
        assert "press f in the list of sessions to fork it" in toasts(screen.app)[0]


async def test_a_deleted_session_is_reported_and_nothing_breaks(
    store: SessionStore, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        shutil.rmtree(training.folder)
        await until(pilot, lambda: "no longer in" in head(screen))
        await until(pilot, lambda: "Pause" not in offered(screen))
        await pilot.press("p", "x", "left", "space", "y")
        await pilot.pause()
        assert screen.is_attached


async def test_a_session_that_someone_else_ends_is_reported(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        recorder.emit(training, ev.RunEnded(status="failed", reason="No space left on device"))
        await until(pilot, lambda: "✗ failed  No space left on device" in head(screen))


async def test_escape_leaves_and_the_session_continues(
    store: SessionStore, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        await pilot.press("escape")
        await until(pilot, lambda: not screen.is_attached)
        assert inbox.pending(training.folder) == []


def _recording_worker(note: Path) -> str:
    """An executable that stands for Python, and writes down how it was called."""
    path = note.with_name("worker.sh")
    path.write_text(f'#!/bin/sh\necho "$@" > {note}\nexit 1\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)
