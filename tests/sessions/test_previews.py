"""Previews of epochs, and the original images."""

from pathlib import Path

import numpy as np
import pytest

from tests.sessions.makers import NOISE, new_session
from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import ImageShape
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.previews import (
    RECONSTRUCTIONS,
    SAMPLES,
    Originals,
    Preview,
    read_originals,
    read_preview,
    sample_count,
    write_originals,
    write_preview,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_session(tmp_path).folder


def noise(count: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return NOISE.integers(0, 256, (count, 28, 28), np.uint8)


def test_a_preview_is_read_as_it_was_written(folder: Path) -> None:
    preview = Preview(noise(RECONSTRUCTIONS), noise(SAMPLES))
    write_preview(folder, 7, preview)
    found = read_preview(folder, 7)
    assert found is not None
    np.testing.assert_array_equal(found.reconstructions, preview.reconstructions)
    np.testing.assert_array_equal(found.samples, preview.samples)


def test_a_preview_of_noise_is_small_enough_to_keep_one_an_epoch(folder: Path) -> None:
    write_preview(folder, 1, Preview(noise(RECONSTRUCTIONS), noise(SAMPLES)))
    assert (folder / layout.preview_file(1)).stat().st_size < 64 * 1024


def test_originals_are_read_with_their_labels(folder: Path) -> None:
    originals = Originals(noise(10), np.arange(10))
    write_originals(folder, originals)
    found = read_originals(folder)
    assert found is not None
    np.testing.assert_array_equal(found.images, originals.images)
    np.testing.assert_array_equal(found.labels, originals.labels)


def test_what_is_not_there_is_none(folder: Path) -> None:
    assert read_preview(folder, 1) is None
    assert read_originals(folder) is None
    (folder / layout.PREVIEWS).rmdir()
    assert read_preview(folder, 1) is None


def test_originals_need_a_label_each(folder: Path) -> None:
    write_originals(folder, Originals(noise(10), np.arange(9)))
    with pytest.raises(SessionDamagedError, match="10 images have 9 labels"):
        read_originals(folder)


@pytest.mark.parametrize("name", ["reconstructions", "samples"])
def test_half_a_preview_is_damaged(folder: Path, name: str) -> None:
    write_npz(folder / layout.preview_file(1), {name: noise(10)})
    with pytest.raises(SessionDamagedError, match=r"epoch-000001\.npz is damaged"):
        read_preview(folder, 1)


def test_a_link_to_a_preview_is_not_followed(folder: Path) -> None:
    write_preview(folder, 1, Preview(noise(RECONSTRUCTIONS), noise(SAMPLES)))
    (folder / layout.preview_file(2)).symlink_to("epoch-000001.npz")
    with pytest.raises(SessionDamagedError, match="it is a link"):
        read_preview(folder, 2)


def test_a_huge_preview_is_not_read(folder: Path) -> None:
    with (folder / layout.preview_file(1)).open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(SessionDamagedError, match="at most"):
        read_preview(folder, 1)


@pytest.mark.parametrize("shape", [(8, 256), (48, 80), (64, 64, 3), (29, 31, 3)])
def test_previews_of_any_size_are_read(folder: Path, shape: tuple[int, ...]) -> None:
    images = NOISE.integers(0, 256, (10, *shape), np.uint8)
    write_originals(folder, Originals(images, np.arange(10)))
    write_preview(folder, 1, Preview(images, images[:5]))
    found = read_preview(folder, 1, ImageShape(*shape))
    assert found is not None
    np.testing.assert_array_equal(found.samples, images[:5])
    with pytest.raises(SessionDamagedError, match="its images are of"):
        read_preview(folder, 1, ImageShape(28, 28))
    with pytest.raises(SessionDamagedError, match="its images are of"):
        read_originals(folder, ImageShape(28, 28))


@pytest.mark.parametrize(
    "shape", [(28, 29), (28, 28, 3), (257, 28), (7, 28), (28, 28, 1), (28, 28, 4), (28,), (1, 1, 3)]
)
def test_a_strangers_preview_cannot_break_a_screen(folder: Path, shape: tuple[int, ...]) -> None:
    """Screens put originals and reconstructions side by side: other shapes are refused here."""
    write_originals(folder, Originals(noise(10), np.arange(10)))
    odd = NOISE.integers(0, 256, (10, *shape), np.uint8)
    for reconstructions, samples in ((odd, noise(4)), (noise(10), odd)):
        write_preview(folder, 1, Preview(reconstructions, samples))
        with pytest.raises(SessionDamagedError, match=r"epoch-000001\.npz is damaged"):
            read_preview(folder, 1)


def test_a_preview_with_more_images_than_any_is_not_read(folder: Path) -> None:
    many = np.zeros((SAMPLES + 1, 256, 256, 3), np.uint8)
    write_preview(folder, 1, Preview(many[:10], many))
    with pytest.raises(SessionDamagedError, match="damaged"):
        read_preview(folder, 1)


def test_large_images_have_fewer_samples() -> None:
    assert sample_count(ImageShape(28, 28)) == sample_count(ImageShape(64, 64, 3)) == SAMPLES
    assert sample_count(ImageShape(256, 256, 3)) == 16
