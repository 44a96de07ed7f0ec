"""Sweeps from the form: the draft, and starting them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.tui.new_session.test_screen import field, form
from tests.tui.pilot import screen_text, text_of, toasts
from tests.tui.recorded_sweeps import revive
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tui.cli.main import cli
from tui.cli.sweep import run
from tui.cli.sweep_options import given_lists
from tui.command_line import sweep_command
from tui.new_session.draft import SweepDraft, read_draft
from tui.new_session.fields import default_texts, texts_of
from tui.presets import SWEEP_TEXTS
from tui.sweeps.screen import SweepScreen
from vae_engine.control import sweeps
from vae_engine.errors import WorkerError
from vae_engine.machine import usable_processors
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import Sweep, SweepStore

USUAL = Path("sessions").absolute()


def sweep_draft(**texts: str) -> SweepDraft:
    draft = read_draft({**default_texts(), **texts})
    assert draft.problems == {}
    assert draft.settings is None
    assert draft.sweep is not None
    return draft.sweep


@pytest.mark.parametrize(
    "texts",
    [
        SWEEP_TEXTS,
        {"latent_dim": "2, 8", "beta": "1,4", "epochs": "5"},
        {"filters": "16,32 | 8,16", "dense_units": "64"},
        {"seed": "3,5", "activation": "relu,silu", "threads": "2"},
        {"seeds": "4", "seed": "7", "parallel": "3", "name": "my sweep"},
        {"dataset": "mnist,fashion_mnist", "learning_rate": "0.001"},
    ],
)
def test_the_command_line_makes_the_same_sweep(texts: dict[str, str]) -> None:
    draft = sweep_draft(**texts)
    name = texts.get("name", "")
    parallel = draft.parallel if draft.chosen else None
    line = sweep_command(draft.lists, USUAL, seeds=draft.seeds, parallel=parallel, name=name)
    words = shlex.split(line)
    assert words[:3] == ["vae", "sweep", "run"]
    # click keeps the options of help that a command's first context has.
    context = run.make_context("run", words[3:], **cli.context_settings)
    given: dict[str, Any] = context.params
    assert given["name"] == (name or None)
    assert given["parallel"] == parallel
    seeds = given["seeds"]
    for other in ("name", "parallel", "seeds", "plain", "detach", "yes", "store", "ray", "gpus"):
        given.pop(other)
    assert make_grid(given_lists(given), seeds) == draft.grid


def test_one_value_everywhere_is_a_session() -> None:
    draft = read_draft({**default_texts(), "latent_dim": "8"})
    assert draft.sweep is None
    assert draft.settings == make_settings(latent_dim=8)


def test_what_gives_way_in_a_sweep_is_reported() -> None:
    draft = read_draft({**default_texts(), "latent_dim": "2,8", "epochs": "6"})
    assert draft.adjusted == {"threads": "1", "min_epochs": "6"}
    assert draft.sweep is not None
    assert draft.sweep.parallel == min(2, usable_processors())


@pytest.mark.parametrize(
    ("texts", "field_name", "said"),
    [
        ({"latent_dim": "2,,8"}, "latent_dim", "must be a whole number from 1 to 256"),
        ({"latent_dim": "2,300"}, "latent_dim", "must be a whole number from 1 to 256"),
        ({"latent_dim": "2,2"}, "latent_dim", "has the value 2 twice"),
        ({"seed": "1,2", "seeds": "3"}, "seeds", "the seeds 1,2 and 3 as their number"),
        ({"seeds": "0"}, "seeds", "must be a whole number from 1 to 10000"),
        ({"seeds": ""}, "seeds", "must be a whole number"),
        ({"parallel": "many"}, "parallel", "must be a whole number"),
        ({"latent_dim": "2,8,16", "seeds": "334"}, "seeds", "1,002 trials are many"),
        ({"filters": "16,32 |"}, "filters", "must be"),
        ({"epochs": "5,30", "min_epochs": "21"}, "min_epochs", "must not be above epochs"),
    ],
)
def test_lists_that_cannot_be_are_reported_at_their_field(
    texts: dict[str, str], field_name: str, said: str
) -> None:
    draft = read_draft({**default_texts(), **texts})
    assert (draft.settings, draft.sweep) == (None, None)
    assert list(draft.problems) == [field_name]
    assert said in draft.problems[field_name]


def test_a_path_with_a_comma_is_one_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a,b.npz"
    path.touch()
    base = texts_of(make_settings(dataset=str(path)))
    draft = read_draft(base)
    assert draft.settings is not None
    assert draft.settings.dataset == str(path)
    assert "dataset" in read_draft({**base, "seeds": "2"}).problems


async def test_a_sweep_is_reported_and_started_in_place_of_the_form(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "start_coordinator", lambda sweep, **_: revive(sweep))
    recorder.session("earlier", status="training", epochs=3, of=9)
    async with form(store) as (_, app, pilot):
        field(app, "latent_dim").value = "2,8"
        field(app, "seeds").value = "2"
        await until(pilot, lambda: text_of(app, "#new-head") == "new sweep")
        told = "4 trials, 2 at once: latent_dim 2, 8 x seed 0, 1"
        await until(pilot, lambda: told in text_of(app, "#new-duration"))
        await until(pilot, lambda: "earlier" in text_of(app, "#new-duration"))
        assert "vae sweep run --latent-dim 2,8 --seeds 2" in text_of(app, "#new-command")
        field(app, "name").value = "from the form"
        field(app, "parallel").value = "2"
        await until(pilot, lambda: "--name 'from the form'" in text_of(app, "#new-command"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        await until(pilot, lambda: "running" in screen_text(app))
        (made,) = SweepStore(store).listings()
        assert isinstance(made, Sweep)
        assert (made.record.name, len(made.record.trials)) == ("from the form", 4)
        assert made.record.command[:5] == ["vae", "sweep", "run", "--latent-dim", "2,8"]


async def test_a_sweep_that_cannot_start_leaves_nothing_and_keeps_the_form(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(sweep: Sweep, **_: object) -> None:
        raise WorkerError("the coordinator died at once")

    monkeypatch.setattr(sweeps, "start_coordinator", fail)
    async with form(store) as (screen, app, pilot):
        field(app, "latent_dim").value = "2,2"
        await until(pilot, lambda: "value 2 twice" in text_of(app, "#note-latent_dim"))
        assert field(app, "latent_dim").has_class("-wrong")
        assert "out of range" in text_of(app, "#new-command")
        field(app, "latent_dim").value = "2,8"
        await until(pilot, lambda: "--latent-dim 2,8" in text_of(app, "#new-command"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "the coordinator died at once" in toasts(app))
        assert app.screen is screen
        assert SweepStore(store).listings() == []
