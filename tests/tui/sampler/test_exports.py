"""Which decoder the sampler uses: none yet, a newer one, a damaged one."""

from __future__ import annotations

import shutil

import numpy as np

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import (
    draw,
    head,
    plane,
    press_all,
    sampler,
    samples,
    saying,
)
from tests.tui.watching import until, widget_text
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session

KEYS = (
    "n b f plus minus equals_sign space i c m o x y p X Y v w tab left right up down "
    "h j k l H J K L 0 home end pageup pagedown left_square_bracket right_square_bracket enter"
)


async def test_the_decoder_of_an_earlier_epoch_can_be_chosen(recorder: Recorder) -> None:
    session = recorder.session(epochs=4)
    recorder.export(session, 1, 5, 9)
    async with sampler(session) as (screen, pilot):
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 5, the newest is of 9")
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 1, the newest is of 9")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 9, the newest")


async def test_while_training_a_newer_decoder_takes_over(recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=1, of=20)
    async with sampler(session) as (screen, pilot):
        assert "decoder of epoch 1, the newest so far" in head(screen)
        await pilot.press("n", "right")
        recorder.export(session, 1, 5)
        await saying(pilot, lambda: head(screen), "decoder of epoch 5, the newest so far")
        assert (draw(screen).seed, samples(screen).selected) == (1, 1)
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "epoch 1, the newest is of 5")
        recorder.export(session, 1, 5, 10)
        await saying(pilot, lambda: head(screen), "epoch 1, the newest is of 10")


async def test_before_any_export_a_sentence_says_so_and_samples_come_by_themselves(
    recorder: Recorder,
) -> None:
    session = recorder.session(status="training", epochs=0, of=10)
    async with sampler(session) as (screen, pilot):
        absent = screen.query_one("#absent")
        await saying(pilot, lambda: widget_text(absent), "exported after epoch 1")
        await press_all(pilot, KEYS)
        assert pilot.app.screen is screen
        recorder.export(session, 1)
        await until(pilot, lambda: len(samples(screen).images))
        assert not absent.display


async def test_a_session_deleted_meanwhile_is_reported_and_can_still_be_sampled(
    recorded_session: Session,
) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        shutil.rmtree(recorded_session.folder)
        await saying(pilot, lambda: head(screen), "deleted or moved")
        before = samples(screen).images
        await pilot.press("n", "m")
        await until(pilot, lambda: plane(screen).shown())
        assert not np.array_equal(samples(screen).images, before)


async def test_a_damaged_session_says_what_is_wrong(recorded_session: Session) -> None:
    (recorded_session.folder / layout.export_file("decoder", 4)).write_bytes(b"none")
    async with sampler(recorded_session) as (screen, pilot):
        absent = screen.query_one("#absent")
        await saying(pilot, lambda: widget_text(absent).replace("\n", " "), "refused")
