from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.datasets.samples import digits, write_pngs
from tests.tui.new_session.visiting import fields_and_headings
from tests.tui.pilot import burst, screen_text, text_of, toasts, type_text
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.choice_list import ChoiceScreen
from tui.dashboard.screen import DashboardScreen
from tui.new_session import dataset_summary
from tui.new_session.dataset_summary import SupersededError
from tui.new_session.fields import GROUPS, NAME, PROMINENT
from tui.new_session.screen import NewSessionScreen
from tui.new_session.setting_form import SettingForm
from tui.session_list.screen import SessionsScreen
from tui.widgets.images import ImageGrid
from vae_engine.control import training
from vae_engine.defaults import resolved_settings
from vae_engine.errors import WorkerError
from vae_engine.machine import with_machine_settings
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, make_settings


@asynccontextmanager
async def form(
    store: SessionStore, base: Session | None = None, size: tuple[int, int] = (120, 50)
) -> AsyncIterator[tuple[NewSessionScreen, WorkbenchApp, Pilot[Any]]]:
    app = WorkbenchApp(store)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.entries is not None)
        screen = NewSessionScreen(store, base)
        await app.push_screen(screen)
        await until(pilot, lambda: "$ vae" in text_of(app, "#new-command"))
        yield screen, app, pilot


def field(app: WorkbenchApp, name: str) -> Input:
    return app.screen.query_one(f"#field-{name}", Input)


async def test_every_setting_has_a_field_with_its_default(store: SessionStore) -> None:
    async with form(store) as (_, app, _pilot):
        for name, setting in SETTINGS.items():
            assert field(app, name).value == setting.format(setting.default)
            assert text_of(app, f"#note-{name}") == setting.help


async def test_the_field_with_the_cursor_tells_its_range(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        assert field(app, "latent_dim").has_focus
        await until(pilot, lambda: "from 1 to 256" in text_of(app, "#field-help"))
        await pilot.press("down")
        await until(pilot, lambda: "from 1 to 100000" in text_of(app, "#field-help"))
        await pilot.press("enter")
        assert field(app, "name").has_focus
        await pilot.press("up", "up", "up")
        await until(pilot, lambda: "fashion_mnist" in text_of(app, "#field-help"))


async def test_what_is_typed_ahead_reaches_its_field(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        burst(app, "8", "down", "7", "tab", "3", "up", "up", "9")
        await until(pilot, lambda: field(app, "latent_dim").value == "9")
        assert (field(app, "epochs").value, field(app, "name").value) == ("7", "3")


async def test_a_wrong_value_is_marked_as_it_is_typed(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        await type_text(pilot, "2")
        await pilot.press("7", "7")
        await until(pilot, lambda: "must be a whole" in text_of(app, "#note-latent_dim"))
        assert field(app, "latent_dim").has_class("-wrong")
        assert "out of range" in text_of(app, "#new-command")
        await pilot.press("ctrl+s")
        assert any("latent_dim: must be" in said for said in toasts(app))
        await pilot.press("backspace")
        await until(pilot, lambda: "--latent-dim 27" in text_of(app, "#new-command"))
        assert not field(app, "latent_dim").has_class("-wrong")


async def test_a_preset_fills_the_fields(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        field(app, "name").value = "mine"
        await pilot.press("f7")
        await until(pilot, lambda: field(app, "latent_dim").value == "16")
        await pilot.click("#presets Button:last-of-type")
        await until(pilot, lambda: field(app, "epochs").value == "5")
        assert field(app, "latent_dim").value == "2"
        assert field(app, "name").value == "mine"
        await until(pilot, lambda: "--name mine" in text_of(app, "#new-command"))


async def test_what_gives_way_is_reported(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        field(app, "epochs").value = "6"
        await until(pilot, lambda: text_of(app, "#note-min_epochs") == "becomes 6")


async def test_the_duration_is_estimated_from_earlier_sessions(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("earlier", status="training", epochs=3, of=9)
    async with form(store) as (_, app, pilot):
        await until(pilot, lambda: "as earlier" in text_of(app, "#new-duration"))
        # 20 to 50 epochs at 3,000 images/s are 6m07s to 15m17s; validation and the end are beside.
        assert re.search(r"\b[67]m\d\ds to 1[5-7]m\d\ds\b", text_of(app, "#new-duration"))
    for session in store.listings():
        recorder.kill(Session(session.folder))
    async with form(store) as (_, app, pilot):
        await until(pilot, lambda: "nothing was trained" in text_of(app, "#new-duration"))


async def test_the_command_line_is_copied(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        await pilot.press("f6", "ctrl+y")
        await until(pilot, lambda: app.clipboard.startswith("vae train --latent-dim 8"))


async def test_starting_opens_the_dashboard_in_place_of_the_form(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "start_worker", lambda session, **_: recorder.revive(session))
    async with form(store) as (_, app, pilot):
        field(app, "name").value = "from the form"
        field(app, "latent_dim").value = "3"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        (listing,) = store.listings()
        session = Session(listing.folder)
        assert session.settings.latent_dim == 3
        assert session.label.name == "from the form"
        assert session.manifest.command[:4] == ["vae", "train", "--latent-dim", "3"]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_what_is_taken_of_a_dataset_and_what_is_left_out_is_reported(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training, "start_worker", lambda session, **_: recorder.revive(session))
    folder = write_pngs(tmp_path / "faces", digits(train=20)["x_train"])
    (folder / "[b]notes.txt").write_text("not an image")
    async with form(store) as (_, app, pilot):
        field(app, "dataset").value = str(folder)
        await pilot.pause()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        said = "no labels; left out: 1 other file ('[b]notes.txt')"
        await until(pilot, lambda: any(said in toast for toast in toasts(app)))


@pytest.mark.parametrize("key", ["escape", "f1"])
async def test_a_form_that_was_left_or_covered_meanwhile_opens_nothing(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    may_start = threading.Event()

    def wait(session: Session, **_: object) -> None:
        assert may_start.wait(20)
        recorder.revive(session)

    monkeypatch.setattr(training, "start_worker", wait)
    async with form(store) as (screen, app, pilot):
        await pilot.press("ctrl+s", "ctrl+s")
        await until(pilot, lambda: "Starting the worker" in text_of(app, "#new-duration"))
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not screen)
        seen = app.screen
        may_start.set()
        await until(pilot, lambda: any("is training" in said for said in toasts(app)))
        assert app.screen is seen
        assert len(store.listings()) == 1


async def test_a_worker_that_does_not_start_is_reported(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: Session, **_: object) -> None:
        raise WorkerError(f"the worker of {session.id} died: [b]no memory[/b]")

    monkeypatch.setattr(training, "start_worker", fail)
    async with form(store) as (screen, app, pilot):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("[b]no memory[/b]" in said for said in toasts(app)))
        assert app.screen is screen
        assert store.listings() == []


async def test_a_fork_begins_with_its_parents_settings(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = recorder.session("[i]parent[/i]", latent_dim=8, beta=4.0, epochs=3)
    monkeypatch.setattr(training, "start_worker", lambda session, **_: recorder.revive(session))
    async with form(store, parent) as (_, app, pilot):
        assert "fork of [i]parent[/i]" in screen_text(app)
        assert field(app, "beta").value == "4"
        field(app, "beta").value = "2"
        await until(pilot, lambda: f"vae fork {parent.id} --beta 2" in text_of(app, "#new-command"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
    forked = next(one for one in store.listings() if one.id != parent.id)
    assert forked.manifest is not None
    assert forked.manifest.parent == parent.id
    wanted = with_machine_settings(make_settings(latent_dim=8, beta=2.0, epochs=3))
    assert forked.manifest.settings == resolved_settings(wanted)


async def test_it_fits_every_terminal(store: SessionStore) -> None:
    async with form(store, size=(200, 60)) as (screen, app, pilot):
        for size in ((200, 60), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_fits, screen, app, size))
            text = screen_text(app)
            for wanted in ("F5 d = 2", "F8 two-minute demo", "latent_dim", "$ vae train"):
                assert wanted in text, (size, wanted)
        # On the smallest, all that is below comes with the cursor.
        order = fields_and_headings()
        downs = order.index("adam_epsilon") - order.index("latent_dim")
        await pilot.press("ctrl+o", *["down"] * downs)
        await until(pilot, lambda: "adam_epsilon" in screen_text(app))


def _fits(screen: NewSessionScreen, app: WorkbenchApp, size: tuple[int, int]) -> bool:
    return screen.size == size and "^s Start" in screen_text(app).splitlines()[-1]


def shown(app: WorkbenchApp) -> list[str]:
    return [
        (box.id or "").removeprefix("field-")
        for box in app.screen.query(Input)
        if all(above.display for above in box.ancestors_with_self if isinstance(above, Widget))
    ]


async def test_what_matters_comes_first_and_the_rest_is_folded(store: SessionStore) -> None:
    async with form(store) as (_, app, pilot):
        assert shown(app) == ["dataset", "latent_dim", "epochs", "name"]
        assert "beta, beta_warmup_epochs" in screen_text(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(shown(app)) == len(SETTINGS) + 3)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(shown(app)) == 4)
        # Down from the name to the first heading, and into its group by Enter.
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, lambda: "min_epochs" in shown(app))
        await pilot.press("down")
        assert field(app, "min_epochs").has_focus


async def test_what_differs_is_marked_while_folded_too_and_reset_by_a_key(
    store: SessionStore, recorder: Recorder
) -> None:
    parent = recorder.session("parent", beta=4.0)
    async with form(store, parent) as (screen, app, pilot):
        # A fork shows what makes it: the groups that differ are unfolded.
        assert "beta" in shown(app)
        assert "adam_epsilon" not in shown(app)
        assert text_of(app, "#name-beta") == "* beta"
        await pilot.press("ctrl+o", "ctrl+o")
        await until(pilot, lambda: "Objective and network   beta 4" in screen_text(app))
        screen.query_one(SettingForm).enter("beta")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: field(app, "beta").value == "1")
        assert text_of(app, "#name-beta") == "  beta"
        await until(pilot, lambda: "--beta 1" in text_of(app, "#new-command"))


async def test_values_are_chosen_from_a_list(store: SessionStore) -> None:
    async with form(store) as (screen, app, pilot):
        for name, first, second in (
            ("dataset", "mnist", "fashion_mnist"),
            ("binarize", "none", "dynamic"),
            ("activation", "auto", "leaky_relu"),
        ):
            screen.query_one(SettingForm).enter(name)
            assert field(app, name).value == first
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
            await pilot.press("down", "enter")
            await until(pilot, lambda: app.screen is screen)
            assert field(app, name).value == second
            await until(pilot, partial(_commands, app, second))
            assert not field(app, name).has_focus, name


def _commands(app: WorkbenchApp, value: str) -> bool:
    return value in text_of(app, "#new-command")


async def test_datasets_of_earlier_sessions_can_be_chosen_and_are_no_markup(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("other", dataset="/data/[red]cells[/red].npz")
    async with form(store) as (screen, app, pilot):
        await pilot.press("up", "enter")
        await until(pilot, lambda: "/data/[red]cells[/red].npz" in screen_text(app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.screen is screen)
        assert field(app, "dataset").value == "/data/[red]cells[/red].npz"
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_buttons_do_what_function_and_control_keys_do(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "start_worker", lambda session, **_: recorder.revive(session))
    async with form(store) as (_, app, pilot):
        # From the second field up to the last preset, and from there down to the start.
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: field(app, "epochs").value == "5")
        await pilot.press("up", "enter")
        await until(pilot, lambda: field(app, "latent_dim").value == "16")
        downs = 1 + len((*PROMINENT, NAME)) + len(GROUPS) + 1
        await pilot.press(*["down"] * downs)
        assert app.screen.query_one("#start").has_focus
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))


async def test_a_wrong_value_in_a_folded_group_is_unfolded(store: SessionStore) -> None:
    async with form(store) as (screen, app, pilot):
        screen.query_one(SettingForm).fill({"beta": "many"})
        await until(pilot, lambda: "out of range" in text_of(app, "#new-command"))
        assert "beta" not in shown(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "beta" in shown(app))
        assert field(app, "beta").has_focus


async def test_the_dataset_is_summarised_beside_its_field_while_it_is_typed(
    store: SessionStore, tmp_path: Path, recorder: Recorder
) -> None:
    recorder.session("earlier", status="training", epochs=3, of=9)
    colour = np.random.default_rng(0).integers(0, 255, (300, 16, 24, 3), np.uint8)
    np.savez(tmp_path / "icons.npz", images=colour, labels=np.arange(300) % 5)
    async with form(store, size=(120, 50)) as (_, app, pilot):
        await pilot.press("up")
        field(app, "dataset").value = str(tmp_path / "icons.npz")
        await until(
            pilot,
            lambda: text_of(app, "#note-dataset") == "300 images, 16x24 colour, 5 classes",
        )
        await until(pilot, lambda: "trains on 16x24 colour" in text_of(app, "#field-help"))
        assert "300 images, 16x24" in text_of(app, "#field-help")
        grid = app.screen.query_one("#dataset-images", ImageGrid)
        await until(pilot, lambda: grid.display and grid.images.shape[1:] == (16, 24, 3))
        await pilot.press("down")
        await until(pilot, lambda: not grid.display)
        # The defaults that depend on it are shown too.
        assert text_of(app, "#note-latent_dim") == "becomes 32"
        await until(pilot, lambda: "until it converges" in text_of(app, "#new-duration"))
        field(app, "image_size").value = "8"
        await until(pilot, lambda: "8x8 colour" in text_of(app, "#note-dataset"))
        field(app, "dataset").value = "mnist"
        field(app, "image_size").value = "auto"
        await until(pilot, lambda: text_of(app, "#note-dataset") == SETTINGS["dataset"].help)


async def test_an_unusable_dataset_is_reported_in_one_line(
    store: SessionStore, tmp_path: Path
) -> None:
    missing, empty, text = (
        tmp_path / f"[b]{kind}\x1b.npz" for kind in ("missing", "empty", "text")
    )
    empty.mkdir()
    text.write_text("no arrays")
    async with form(store) as (_, app, pilot):
        for path in (missing, empty, text):
            field(app, "dataset").value = str(path)
            await until(pilot, lambda: field(app, "dataset").has_class("-wrong"))
            said = text_of(app, "#note-dataset")
            assert len(said.splitlines()) == 1, path
            assert said.isprintable(), path
            field(app, "dataset").value = "mnist"
            await until(pilot, lambda: not field(app, "dataset").has_class("-wrong"))


async def test_the_reading_of_a_dataset_ends_when_another_is_typed_or_the_form_is_left(
    store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    ended: list[str] = []

    def load(name: str, *, report: Callable[[str, int, int], object], **_others: object) -> None:
        begun.append(name)
        try:
            for _turn in range(4000):
                report("reading", 1, 2)
                threading.Event().wait(0.005)
        except SupersededError:
            ended.append(name)
            raise

    monkeypatch.setattr(dataset_summary, "load_dataset", load)
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    async with form(store) as (screen, app, pilot):
        field(app, "dataset").value = first
        await until(pilot, lambda: text_of(app, "#note-dataset") == "reading ...")
        field(app, "dataset").value = second
        await until(pilot, lambda: ended == [first])
        await until(pilot, lambda: begun == [first, second])
        # The form goes on meanwhile.
        field(app, "epochs").value = "3"
        await until(pilot, lambda: "--epochs 3" in text_of(app, "#new-command"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)
        await until(pilot, lambda: ended == [first, second])
