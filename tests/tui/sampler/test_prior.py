"""The key that switches between the standard prior and a mixture."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import draw, head, notices, sampler, samples, saying
from tests.tui.watching import until, widget_text
from tests.waiting import DEADLINE
from tui.sampler.screen import SamplerScreen
from vae_engine.inference.sampling import draw_prior, find_export
from vae_engine.priors.fitted import FittedPrior, to_bytes
from vae_engine.priors.keeping import keep_prior
from vae_engine.priors.latent_metrics import LatentMetrics
from vae_engine.priors.messages import FitReply, Fitted
from vae_engine.priors.prior import MixturePrior
from vae_engine.replies import Progressed, TaskFailed
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session


def mixture(encoder_sha256: str, epoch: int = 4) -> FittedPrior:
    return FittedPrior(
        epoch=epoch,
        step=0,
        encoder_sha256=encoder_sha256,
        prior=MixturePrior(
            np.full(2, 0.5), np.array([[1.0, 2.0], [-3.0, 0.0]]), np.stack([np.eye(2)] * 2)
        ),
        bic={1: 2.0, 2: 1.0},
        split="train",
        images=20,
        held_out=20,
        metrics={
            "standard": LatentMetrics(0.5, 0.25, 0.125),
            "gmm": LatentMetrics(0.75, 1.0, 0.99),
            "posterior": LatentMetrics(1.0, 1.0, 1.0),
        },
    )


class Fits:
    """Takes the place of the processes that fit: each waits for `go`, then gives the reply."""

    def __init__(self) -> None:
        self.started: list[Fit] = []
        self.reply: FitReply | None = None
        self.go = threading.Event()

    def make(self, _receive: object, *command: str) -> Fit:
        self.started.append(Fit(self, command))
        return self.started[-1]


class Fit:
    def __init__(self, fits: Fits, command: tuple[str, ...]) -> None:
        self.fits, self.command, self.closed = fits, command, False

    def follow(self, take: Callable[[FitReply], object]) -> None:
        take(Progressed("fitting the mixture", 1, 4))
        self.fits.go.wait(DEADLINE)
        if self.fits.reply is not None and not self.closed:
            take(self.fits.reply)

    def close(self) -> None:
        self.closed = True
        self.fits.go.set()


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Fits:
    class Subscripted:
        def __class_getitem__(cls, _: object) -> Any:
            return fake.make

    fake = Fits()
    monkeypatch.setattr("tui.sampler.prior_switch.EngineProcess", Subscripted)
    return fake


def line(screen: SamplerScreen) -> str:
    return widget_text(screen.query_one("#head-prior"))


def digest(session: Session) -> str:
    return find_export(session).encoder_sha256


async def test_the_mixture_is_fitted_once_then_a_key_switches(
    recorded_session: Session, fits: Fits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fitted = mixture(digest(recorded_session))
    fits.reply = Fitted(to_bytes(fitted))
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        assert "prior standard" in head(screen)
        assert not screen.query_one("#head-prior").display
        await pilot.press("n", "p")
        await saying(pilot, lambda: line(screen), "fitting the mixture 25 %", "Esc cancels")
        # Until then, all is as it was.
        assert "prior standard" in head(screen)
        fits.go.set()
        await saying(pilot, lambda: head(screen), "prior mixture of 2", "seed 1")
        shown = samples(screen)
        expected = fitted.prior.draw(len(shown.images), seed=1)
        np.testing.assert_array_equal(draw(screen).z(len(shown.images), 2), expected)
        assert line(screen).strip() == (
            "latent precision 0.75  recall 1.00  coverage 0.99   standard 0.50 0.25 0.12"
        )
        await pilot.press("n", "w")
        name = f"{recorded_session.id}-epoch4-samples-gmm-seed2.npz"
        await until(pilot, (tmp_path / name).exists)
        with np.load(tmp_path / name, allow_pickle=False) as arrays:
            assert arrays["prior"].item() == "gmm"
            np.testing.assert_array_equal(arrays["z"], fitted.prior.draw(len(arrays["z"]), seed=2))
        await pilot.press("p")
        await saying(pilot, lambda: head(screen), "prior standard", "seed 2")
        assert "mixture 0.75 1.00 0.99" in line(screen)
        np.testing.assert_array_equal(draw(screen).z(3, 2), draw_prior(3, 2, seed=2))
        # Each draw keeps its prior.
        await pilot.press("b")
        await saying(pilot, lambda: head(screen), "prior mixture of 2", "seed 1")
        assert len(fits.started) == 1


async def test_escape_cancels_the_fit_and_a_failure_is_reported(
    recorded_session: Session, fits: Fits
) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("p")
        await saying(pilot, lambda: line(screen), "fitting the mixture")
        await pilot.press("escape")
        await until(pilot, lambda: not screen.query_one("#head-prior").display)
        assert fits.started[0].closed
        assert pilot.app.screen is screen
        assert "prior standard" in head(screen)
        fits.reply = TaskFailed("mixture", "few.npz is not there", "move_dataset", "x")
        await pilot.press("p")
        await saying(pilot, lambda: notices(pilot), "few.npz is not there", "fork")
        fits.reply = None
        await pilot.press("p")
        await saying(pilot, lambda: notices(pilot), "ended unexpectedly")
        assert draw(screen).mixture is None
        assert not screen.query_one("#head-prior").display


async def test_leaving_ends_the_process(recorded_session: Session, fits: Fits) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("p")
        await saying(pilot, lambda: line(screen), "fitting the mixture")
        screen.action_leave()
        await until(pilot, lambda: fits.started[0].closed)


async def test_a_kept_mixture_needs_no_process_and_a_damaged_one_is_reported(
    recorded_session: Session, fits: Fits
) -> None:
    keep_prior(recorded_session, mixture(digest(recorded_session)))
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("p")
        await saying(pilot, lambda: head(screen), "prior mixture of 2")
    (recorded_session.folder / layout.MIXTURE).write_bytes(b"\x1b[2J" * 30)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("p")
        await saying(pilot, lambda: notices(pilot), "mixture.npz is damaged", "delete it")
        assert "prior standard" in head(screen)


async def test_with_another_decoder_the_mixture_is_said_to_be_old(
    recorder: Recorder, fits: Fits
) -> None:
    session = recorder.session(epochs=4)
    recorder.export(session, 1, 5)
    path = session.folder / layout.EXPORTS / layout.INDEX
    index = json.loads(path.read_text())
    index["kept"][0]["encoder_sha256"] = "0a" * 32
    path.write_text(json.dumps(index))
    fits.go.set()
    fits.reply = Fitted(to_bytes(mixture(digest(session), 5)))
    async with sampler(session) as (screen, pilot):
        await pilot.press("p")
        await saying(pilot, lambda: head(screen), "prior mixture of 2   seed")
        await pilot.press("left_square_bracket")
        # The same z in another decoder, as always, but not silently.
        await saying(pilot, lambda: head(screen), "epoch 1,", "mixture of 2 for epoch 5")
        fits.reply = Fitted(to_bytes(mixture("0a" * 32, 1)))
        await pilot.press("p")
        await saying(pilot, lambda: head(screen), "epoch 1,", "prior mixture of 2   seed")
        assert [fit.command[2:] for fit in fits.started] == [(), ("--epoch", "1")]
