"""An evening with the workbench: on a terminal, with a real worker on real digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Attach, Cell, Terminal, terminals
from tests.tui.new_session.visiting import fields_and_headings
from tests.waiting import wait_for
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

COLUMNS, ROWS = 120, 40
# More than are ever reached: the evening ends by a stop.
EPOCHS = 400
OPTIONS = f"--epochs {EPOCHS} --min-epochs {EPOCHS} --batch-size 32 --warmup-steps 0 --threads 2"
# Digits take many glyphs in many greys; titles and frames take few.
DISTINCT_CELLS = 50
ESCAPE, UP, DOWN, CTRL_O, CTRL_S = "\x1b", "\x1b[A", "\x1b[B", "\x0f", "\x13"

Cells = list[list[Cell]]


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_workers_left: None
) -> Iterator[Attach]:
    """Run `vae` on a terminal, over this test's own sessions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    with terminals() as start:
        yield start


def test_from_the_form_to_a_stop(terminal: Attach, store: SessionStore, digits: Path) -> None:
    shown = terminal(columns=COLUMNS, rows=ROWS)
    start_from_the_form(shown, digits)
    watch_two_epochs(shown)
    shown.press("p")
    shown.wait_for("‖ paused")
    shown.wait_for("p Continue")

    shown.press("g")
    draw_and_go_back(shown)
    shown.press(ESCAPE)
    shown.wait_for("‖ paused")
    shown.press("q")
    assert shown.wait() == 0
    (listing,) = store.listings()
    farewell = f"evening is still paused: vae attach {listing.id}"
    assert farewell in shown.text.replace("\n", "")
    session = Session(listing.folder)
    assert session.alive()

    shown = terminal("attach", listing.id, columns=COLUMNS, rows=ROWS)
    shown.wait_for("‖ paused")
    before = epoch(shown)
    assert before >= 2
    shown.press("p")
    shown.wait_until(lambda: epoch(shown) > before, "epoch after the pause")
    shown.press("x")
    shown.wait_for("■ stopped")
    shown.wait_for("p Resume")
    last = epoch(shown)
    shown.press("q")
    assert shown.wait() == 0
    assert f"stopped after {last} epochs" in shown.text.replace("\n", "")
    wait_for(lambda: not session.alive())
    session.poll()
    assert (session.status(), session.log.epoch) == ("stopped", last)


def start_from_the_form(shown: Terminal, digits: Path) -> None:
    """Unfold the form and write into the fields around `latent_dim`, where it has its cursor."""
    shown.wait_for("No sessions in")
    shown.press("n")
    shown.wait_for("latent_dim: dimensions of z")
    shown.press(CTRL_O)
    shown.wait_for("▾ Images")
    # Small steps from the first on, so that the first epoch already draws something.
    fill_in(
        shown,
        dataset=digits,
        epochs=EPOCHS,
        name="evening",
        min_epochs=EPOCHS,
        threads=2,
        batch_size=32,
        warmup_steps=0,
    )
    shown.wait_for("warmup_steps: steps of")
    shown.wait_until(lambda: OPTIONS in " ".join(shown.text.split()), OPTIONS)
    shown.press(CTRL_S)
    shown.wait_for(f"epoch 0/{EPOCHS}")


def fill_in(shown: Terminal, **values: object) -> None:
    """Type values into fields in the order of the form; the cursor is in `latent_dim`."""
    order = fields_and_headings()
    at = order.index("latent_dim")
    for name, value in values.items():
        there = order.index(name)
        shown.press(f"{UP * (at - there)}{DOWN * (there - at)}{value}")
        at = there


def watch_two_epochs(shown: Terminal) -> None:
    """Epochs arrive, each with its curves and images."""
    shown.wait_until(lambda: epoch(shown) >= 1, "first epoch")
    shown.wait_until(lambda: has_images(images(shown)), "images")
    shown.wait_until(lambda: epoch(shown) >= 2, "second epoch")
    shown.wait_for("best val_loss")


def draw_and_go_back(shown: Terminal) -> None:
    """Each draw shows other images, and going back shows the same again."""
    shown.wait_for("seed 0")
    drawn: list[Cells] = []
    for seed in (1, 2):
        shown.press("n")
        shown.wait_for(f"seed {seed} ")
        shown.wait_until(lambda: has_images(samples(shown)), "samples")
        shown.wait_until(lambda: samples(shown) not in drawn, "other samples")
        drawn.append(samples(shown))
    shown.press("b")
    shown.wait_for("seed 1 ")
    shown.wait_until(lambda: samples(shown) == drawn[0], "the samples of seed 1 again")


def epoch(shown: Terminal) -> int:
    """The epoch that the head of the dashboard tells."""
    found = re.search(rf"epoch (\d+)/{EPOCHS}\b", shown.text)
    return int(found[1]) if found else 0


def images(shown: Terminal) -> Cells:
    """Where the dashboard shows digits, reconstructions and samples."""
    return [row[COLUMNS // 2 :] for row in shown.cells[4:-6]]


def samples(shown: Terminal) -> Cells:
    """Where the sampler shows its grid."""
    return [row[: COLUMNS * 2 // 3] for row in shown.cells[3:-2]]


def has_images(cells: Cells) -> bool:
    """Whether there is more to see than text and frames."""
    return len({cell for row in cells for cell in row}) > DISTINCT_CELLS
