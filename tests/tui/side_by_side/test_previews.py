"""Previews of several sessions in step."""

from __future__ import annotations

import numpy as np

from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from tui.side_by_side.previews import of_one_size, read_step
from vae_engine.image_shape import ImageShape
from vae_engine.sessions.layout import preview_file
from vae_engine.sessions.previews import read_preview


def test_a_session_that_ended_earlier_holds_its_last(recorder: Recorder) -> None:
    short, long = recorder.session("short", epochs=2), recorder.session("long", epochs=5)
    folders = [short.folder, long.folder]
    step = read_step(folders, 1, "samples")
    assert step.epochs == (1, 1)
    step = read_step(folders, 4, "samples")
    assert step.epochs == (2, 4)
    for at, (session, epoch) in enumerate(((short, 2), (long, 4))):
        preview = read_preview(session.folder, epoch)
        assert preview is not None
        np.testing.assert_array_equal(step.images[:, at], preview.samples)


def test_what_is_missing_or_damaged_is_black_without_a_number(recorder: Recorder) -> None:
    none = recorder.session("none", previews=False)
    (damaged := recorder.session("damaged", epochs=1).folder / preview_file(1)).write_bytes(b"?")
    good = recorder.session("good", epochs=1)
    folders = [none.folder, damaged.parents[1], good.folder]
    step = read_step(folders, 1, "reconstructions")
    assert step.epochs == (None, None, 1)
    assert step.images.shape == (10, 3, 28, 28)
    assert not step.images[:, :2].any()
    assert read_step(folders[:1], 1, "samples").images.shape[0] == 0


def test_images_of_other_sizes_are_brought_to_the_largest(recorder: Recorder) -> None:
    grey, colour = recorder.session("grey"), recorder.session("colour", **SETTINGS)
    give_shape(colour, ImageShape(48, 40, 3), 1, 2)
    step = read_step([grey.folder, colour.folder], 2, "samples")
    assert step.images.shape == (64, 2, 48, 40, 3)
    small = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    large = of_one_size([small, np.zeros((1, 4, 4), np.uint8)])
    np.testing.assert_array_equal(large[0, 0], np.repeat(np.repeat(small[0], 2, 0), 2, 1))
