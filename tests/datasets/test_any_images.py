"""Image files of any size and mode, and arrays of any layout, become one array."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL
import pytest
from PIL import Image, ImageOps

from tests.datasets.makers import png_header
from tests.datasets.samples import digits, write_npz
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.datasets.preparation import Preparation, Size, target_size
from vae_engine.datasets.source import ALL_SPLITS
from vae_engine.errors import DatasetError
from vae_engine.image_shape import ImageShape
from vae_engine.settings import make_settings

Array = npt.NDArray[Any]


def noise(count: int, *shape: int) -> Array:
    return np.random.default_rng(len(shape)).integers(0, 256, (count, *shape), dtype=np.uint8)


def written(folder: Path, images: Array, suffix: str = "png", mode: str = "", **how: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        picture = Image.fromarray(image)
        picture = picture.convert(mode) if mode else picture
        picture.save(folder / f"{index:03}.{suffix}", **how)
    return folder


def whole(dataset: Dataset) -> Array:
    """All images in the order of the source."""
    rows = np.concatenate([dataset.rows[split] for split in ALL_SPLITS])
    images = np.concatenate([dataset.train_images, dataset.val_images, dataset.test_images])
    return images[np.argsort(rows)]


def loaded(path: Path, **preparation: Any) -> Dataset:
    return load_dataset(path, preparation=Preparation(**preparation))


@pytest.mark.parametrize("shape", [(8, 8), (48, 80), (64, 64, 3), (9, 256, 3), (31, 17)])
@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp"])
def test_images_keep_the_size_that_all_of_them_have(
    tmp_path: Path, shape: tuple[int, ...], suffix: str
) -> None:
    images = noise(12, *shape)
    how: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    dataset = load_dataset(written(tmp_path / "d", images, suffix, **how))
    assert np.array_equal(whole(dataset), images)
    assert dataset.image_shape == ImageShape(shape[0], shape[1], 3 if len(shape) == 3 else 1)
    assert (
        f"of {shape[0]}x{shape[1]}{' in colour' * (len(shape) == 3)} from" in dataset.description()
    )
    assert dataset.notes == ()


def test_photographs_of_mixed_sizes_in_class_folders_become_one_size(tmp_path: Path) -> None:
    for name, size in (("cat", (90, 120)), ("dog", (200, 130)), ("eel", (70, 70))):
        written(tmp_path / name, noise(8, *size, 3), "jpg")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"x")
    dataset = load_dataset(tmp_path)
    assert dataset.image_shape == ImageShape(64, 64, 3)
    assert dataset.label_names == ("cat", "dog", "eel")
    assert set(dataset.test_labels.tolist() if dataset.test_labels is not None else []) == {0, 1, 2}
    told = dataset.description()
    assert "images of 3 sizes from 70x70 to 200x130 are resized to 64x64, cropped" in told
    assert "`image_size=HEIGHTxWIDTH` changes it" in told
    assert "left out: 2 other files" in told


SIZES: dict[str, tuple[dict[Size, int], Size]] = {
    "all too large": ({(512, 512): 9}, (64, 64)),
    "all of one aspect ratio": ({(480, 640): 9, (960, 1280): 3}, (48, 64)),
    "upright": ({(640, 480): 9, (1280, 960): 3}, (64, 48)),
    "small": ({(40, 30): 9, (50, 50): 1}, (16, 16)),
    "below the least": ({(5, 5): 9}, (8, 8)),
    "one of them alone": ({(31, 300): 5}, (8, 64)),
    "one size only in name": ({(64, 64): 99, (64, 65): 1}, (64, 64)),
}


@pytest.mark.parametrize(("sizes", "expected"), SIZES.values(), ids=SIZES)
def test_a_sensible_size_is_chosen_and_reported(sizes: dict[Size, int], expected: Size) -> None:
    size, notes = target_size(sizes, Preparation())
    assert size == expected
    assert f"are resized to {size[0]}x{size[1]}" in notes[0]
    assert "`image_size=" in notes[0]


def test_fitting_crops_pads_or_stretches(tmp_path: Path) -> None:
    images = np.full((10, 20, 40, 3), 200, np.uint8)
    images[:, :, :10] = 10
    images[::2, :, :10] = 20
    path = written(tmp_path / "d", images)
    cropped = whole(loaded(path, size=(16, 16)))
    assert (cropped[:, :, 1:] == 200).all()
    padded = whole(loaded(path, size=(16, 16), fit="pad"))
    assert (padded[:, :4] == 0).all()
    assert (padded[:, 12:] == 0).all()
    assert set(padded[:, 8, 1].ravel().tolist()) == {10, 20}
    stretched = whole(loaded(path, size=(16, 16), fit="stretch"))
    assert set(stretched[:, 8, 1].ravel().tolist()) == {10, 20}
    assert (stretched[:, 8, 14] == 200).all()


@pytest.mark.parametrize("form", ["png", "npy"])
def test_grey_and_colour_are_what_was_asked_for(tmp_path: Path, form: str) -> None:
    images = noise(12, 16, 16, 3)
    path = tmp_path / "d.npy"
    if form == "npy":
        np.save(path, images)
    else:
        path = written(tmp_path / "d", images)
    grey = loaded(path, color="grey")
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in images]
    assert np.array_equal(whole(grey), expected)
    assert "(`color=grey`)" in grey.description()
    assert np.array_equal(whole(loaded(path, color="rgb")), images)
    assert np.array_equal(whole(load_dataset(path)), images)
    np.save(tmp_path / "grey.npy", images[..., 0])
    rgb = loaded(tmp_path / "grey.npy", color="rgb")
    assert np.array_equal(whole(rgb), images[..., :1].repeat(3, -1))


def test_colour_files_that_are_grey_are_grey_and_mixtures_are_colour(tmp_path: Path) -> None:
    grey = noise(12, 16, 16)
    written(tmp_path / "grey", grey.repeat(3).reshape(12, 16, 16, 3))
    assert np.array_equal(whole(load_dataset(tmp_path / "grey")), grey)
    mixed = written(tmp_path / "mixed", grey)
    written(mixed / "..", noise(2, 16, 16, 3))
    for index in range(2):
        (tmp_path / f"{index:03}.png").rename(mixed / f"x{index}.png")
    dataset = load_dataset(mixed)
    assert dataset.image_shape.channels == 3
    assert "12 images of 14 are grey and are read as colour; `color=grey`" in dataset.description()


MODES: dict[str, tuple[str, str]] = {
    "palette": ("P", "png"),
    "palette in a GIF": ("P", "gif"),
    "black and white": ("1", "png"),
    "CMYK": ("CMYK", "jpg"),
    "CMYK in a TIFF": ("CMYK", "tiff"),
    "YCbCr": ("YCbCr", "tiff"),
    "alpha": ("RGBA", "png"),
    "grey and alpha": ("LA", "png"),
}


@pytest.mark.parametrize(("mode", "suffix"), MODES.values(), ids=MODES)
def test_every_mode_is_read(tmp_path: Path, mode: str, suffix: str) -> None:
    if mode == "YCbCr" and int(PIL.__version__.partition(".")[0]) < 13:
        pytest.skip("Pillow before 13 cannot decode an uncompressed YCbCr TIFF")
    images = noise(12, 16, 16, 3)
    path = written(tmp_path / "d", images, suffix, mode)
    dataset = load_dataset(path)
    expected = []
    for file in sorted(path.iterdir()):
        with Image.open(file) as image:
            expected.append(np.asarray(image.convert("L" if mode in ("1", "LA") else "RGB")))
    assert np.array_equal(whole(dataset), expected)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate"])
def test_tiffs_of_16_bits_are_read_and_reported(tmp_path: Path, compression: str | None) -> None:
    images = (noise(12, 16, 20).astype(np.uint16)) * 16
    path = written(tmp_path / "d", images, "tiff", compression=compression)
    dataset = load_dataset(path)
    np.testing.assert_allclose(whole(dataset), images.astype("f8") / 4095, atol=1e-6)
    assert "values from 0 to 4080 are taken as 12 bits, with 4095 as white" in dataset.description()
    stretched = loaded(path, range="minmax")
    np.testing.assert_allclose(whole(stretched), images.astype("f8") / 4080, atol=1e-6)
    assert whole(loaded(path, size=(8, 8))).shape == (12, 8, 8)


def test_16_bits_and_8_bits_and_colour_come_together(tmp_path: Path) -> None:
    deep = written(tmp_path / "d", noise(12, 16, 16).astype(np.uint16) * 257)
    Image.fromarray(np.full((16, 16), 51, np.uint8)).save(deep / "x.png")
    dataset = load_dataset(deep)
    assert "1 image of 8 bits are scaled up" in dataset.description()
    np.testing.assert_allclose(whole(dataset)[-1], 0.2, atol=1e-6)
    Image.fromarray(noise(1, 16, 16, 3)[0]).save(deep / "y.png")
    assert load_dataset(deep).train_images.dtype == np.uint8


def test_photographs_are_turned_as_their_exif_data_say(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    image = np.zeros((16, 32, 3), np.uint8)
    image[:, :16, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    for index in range(12):
        Image.fromarray(image).save(folder / f"{index}.jpg", exif=exif, quality=95)
    dataset = load_dataset(folder)
    assert dataset.image_shape == ImageShape(32, 16, 3)
    assert whole(dataset)[0, 4, 8, 0] > 200
    assert whole(dataset)[0, 28, 8, 0] < 50


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_damaged_exif_data_cost_no_image(tmp_path: Path, suffix: str) -> None:
    written(tmp_path / "d", noise(12, 16, 24, 3), suffix, exif=b"Exif\0\0garbage")
    dataset = load_dataset(tmp_path / "d")
    assert dataset.image_shape == ImageShape(16, 24, 3)
    assert dataset.notes == ()


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_set_upright_as_pillow_does(tmp_path: Path, turn: int) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = turn
    images = noise(12, 16, 24, 3)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:02}.png", exif=exif)
    expected = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as picture:
            expected.append(np.asarray(ImageOps.exif_transpose(picture)))
    assert np.array_equal(whole(load_dataset(folder)), expected)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (128, 255)])
def test_transparent_parts_are_drawn_on_a_contrasting_background(
    tmp_path: Path, ink: int, ground: int
) -> None:
    images = np.full((12, 16, 16, 4), ink, np.uint8)
    images[..., 3] = 0
    for index, image in enumerate(images):
        image[4:12, 2 + index // 2 : 9, 3] = 255
    dataset = load_dataset(written(tmp_path / "d", images))
    assert (whole(dataset)[:, 0, 0] == ground).all()
    assert (whole(dataset)[:, 6, 8] == ink).all()
    told = f"transparent parts of 12 images are drawn on {'white' if ground else 'black'}"
    assert told in dataset.description()


LAYOUTS: dict[str, tuple[Callable[[Array], Array], dict[str, Any], tuple[int, ...]]] = {
    "channels last": (lambda x: x, {}, (32, 24, 3)),
    "channels first": (lambda x: np.moveaxis(x, -1, 1), {}, (32, 24, 3)),
    "grey": (lambda x: x[..., 0], {}, (32, 24)),
    "grey with an axis": (lambda x: x[..., :1], {}, (32, 24)),
    "grey with an axis first": (lambda x: x[:, np.newaxis, ..., 0], {}, (32, 24)),
    "flat": (lambda x: x[..., 0].reshape(len(x), -1), {"size": (32, 24)}, (32, 24)),
    "flat square": (lambda x: x[:, :24, :, 0].reshape(len(x), -1), {}, (24, 24)),
    "flat colour": (lambda x: x.reshape(len(x), -1), {"size": (32, 24)}, (32, 24, 3)),
    "flat planes": (
        lambda x: np.moveaxis(x, -1, 1).reshape(len(x), -1),
        {"size": (32, 24)},
        (32, 24, 3),
    ),
}


@pytest.mark.parametrize(("change", "how", "shape"), LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("form", ["npz", "npy"])
def test_arrays_of_any_layout_are_read(
    tmp_path: Path,
    form: str,
    change: Callable[[Array], Array],
    how: dict[str, Any],
    shape: tuple[int, ...],
) -> None:
    # Smooth, as images are: that tells pixels from planes in a flat row.
    waves = np.add.outer(np.linspace(0, 3, 32), np.linspace(0, 2, 24))[..., np.newaxis]
    tints = np.linspace(0, 2, 12)[:, np.newaxis, np.newaxis, np.newaxis] + [0, 1, 4]
    images = ((np.sin(waves + tints) + 1) * 127).astype(np.uint8)
    if form == "npy":
        np.save(tmp_path / "d.npy", change(images))
    else:
        write_npz(tmp_path / "d.npz", {"anything": change(images)})
    dataset = loaded(tmp_path / f"d.{form}", **how)
    expected = images[:, : shape[0], : shape[1]]
    assert np.array_equal(whole(dataset), expected if len(shape) == 3 else expected[..., 0])


REFUSED: dict[str, tuple[Array, str]] = {
    "flat, no square": (noise(20, 3840), r"rows of 3,840 values.*try `image_size=60x64`"),
    "one image": (noise(28, 28), r"shape \(28, 28\).*images\[np.newaxis\]"),
    "one colour image": (noise(40, 40, 3), r"shape \(40, 40, 3\).*images\[np.newaxis\]"),
    "images last": (noise(32, 32, 3, 99), r"np.moveaxis\(images, -1, 0\)"),
    "1x1": (noise(99, 1, 1), r"shape \(99, 1, 1\).*at least 4 pixels"),
    "five channels": (noise(20, 16, 16, 5), r"shape \(20, 16, 16, 5\): wanted \(n, h, w\)"),
    "one value each": (noise(20, 1), r"shape \(20, 1\)"),
}


@pytest.mark.parametrize(("array", "words"), REFUSED.values(), ids=REFUSED)
def test_arrays_that_are_no_images_are_refused_with_what_to_type(
    tmp_path: Path, array: Array, words: str
) -> None:
    np.save(tmp_path / "d.npy", array)
    with pytest.raises(DatasetError, match=words) as caught:
        load_dataset(tmp_path / "d.npy")
    assert "\n" not in str(caught.value)


def test_too_many_bad_files_are_an_error_that_names_them(tmp_path: Path) -> None:
    path = written(tmp_path / "d", noise(20, 16, 16))
    for index in range(4):
        (path / f"{index:03}.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    with pytest.raises(DatasetError, match=r"4 of 20 image files cannot be used \('000.png', '001"):
        load_dataset(path)
    (path / "003.png").unlink()
    assert "left out: 3 files that cannot be used ('000.png' cannot be read" in (
        load_dataset(path).description()
    )


def test_a_folder_of_bombs_costs_nothing(tmp_path: Path) -> None:
    for index in range(3):
        data = b"\x89PNG\r\n\x1a\n" + png_header(100_000, 100_000)
        (tmp_path / f"{index}.png").write_bytes(data)
    with pytest.raises(DatasetError, match="100000x100000 pixels: wanted at most 100 million"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("harm", ["one pixel", "text", "one image", "none"])
def test_folders_without_images_to_train_on_are_one_line(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "d\x1b[31m"
    path.mkdir()
    if harm == "one pixel":
        written(path, noise(5, 1, 1))
    elif harm == "text":
        (path / "a.jpg").write_text("hello")
    elif harm == "one image":
        written(path, noise(1, 16, 16))
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert str(caught.value).isprintable()
    assert "try " in str(caught.value)


@pytest.mark.parametrize("asked", ["auto", "28", "28x28"])
def test_settings_give_the_preparation(asked: str) -> None:
    settings = make_settings(image_size=asked, fit="pad", color="rgb", range="minmax")
    size = None if asked == "auto" else (28, 28)
    assert Preparation.of(settings) == Preparation(size, "pad", "rgb", "minmax")


def test_digits_take_another_size_where_it_is_asked_for(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", digits())
    larger = loaded(path, size=(32, 32))
    assert larger.image_shape == ImageShape(32, 32, 1)
    assert larger.sha256 != load_dataset(path).sha256
    assert "images of 28x28 are resized to 32x32" in larger.description()
    assert loaded(path, size=(28, 28)).sha256 == load_dataset(path).sha256
