"""Colour images of 16 bits per channel keep them, whatever the file's byte order and packing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from vae_engine.datasets import load_dataset
from vae_engine.datasets.pictures import DecodePlan, _turned, _upright, decode, probe
from vae_engine.datasets.preparation import Preparation
from vae_engine.errors import DatasetError

Array = npt.NDArray[Any]


def colours(channels: int = 3, most: int = 65_536) -> Array:
    rng = np.random.default_rng(channels)
    return rng.integers(0, most, (13, 17, channels), dtype=np.uint16)


def png(values: Array, *, interlaced: bool = False) -> bytes:
    """A PNG of 16 bits (specification, third edition, sections 5, 8 and 11)."""
    kinds = {1: 0, 2: 4, 3: 2, 4: 6}
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        passes += [(1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        b"\0" + row.astype(">u2").tobytes()
        for left, top, right, down in passes
        for row in values[top::down, left::right]
    )

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width, channels = values.shape
    head = struct.pack(">IIBBBBB", width, height, 16, kinds[channels], 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def tiff(values: Array, order: str = "<", *, packed: bool = False, planes: bool = False) -> bytes:
    """A TIFF of 16 bits in one strip, or one per channel (TIFF 6.0, sections 2 and 8)."""
    height, width, channels = values.shape
    parts = list(np.moveaxis(values, -1, 0)) if planes else [values]
    strips = [part.astype(f"{order}u2").tobytes() for part in parts]
    strips = [zlib.compress(strip) for strip in strips] if packed else strips
    starts = np.cumsum([8, *map(len, strips)])
    bits_at = int(starts[-1])
    lists_at = bits_at + 2 * channels
    entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, channels, bits_at)]
    entries += [(259, 3, 1, 8 if packed else 1), (262, 3, 1, 2)]
    one = len(strips) == 1
    entries += [(273, 4, len(strips), 8 if one else lists_at), (277, 3, 1, channels)]
    entries += [(278, 3, 1, height)]
    entries += [(279, 4, len(strips), len(strips[0]) if one else lists_at + 4 * len(strips))]
    entries += [(284, 3, 1, 2 if planes else 1)]
    if channels == 4:
        entries.append((338, 3, 1, 2))
    lists = struct.pack(f"{order}{len(strips)}I", *starts[:-1])
    lists += struct.pack(f"{order}{len(strips)}I", *map(len, strips))
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        small = kind == 3 and count == 1
        packed_value = struct.pack(f"{order}H", value) + b"\0\0" if small else b""
        packed_value = packed_value or struct.pack(f"{order}I", value)
        directory += struct.pack(f"{order}HHI", tag, kind, count) + packed_value
    magic = b"II*\0" if order == "<" else b"MM\0*"
    body = b"".join(strips) + struct.pack(f"{order}{channels}H", *[16] * channels) + lists
    return magic + struct.pack(f"{order}I", 8 + len(body)) + body + directory + b"\0\0\0\0"


PLAN = DecodePlan((13, 17), "crop", 3, "uint16")


@pytest.mark.parametrize(
    "make",
    [
        png,
        lambda values: png(values, interlaced=True),
        tiff,
        lambda values: tiff(values, ">"),
        lambda values: tiff(values, packed=True),
        lambda values: tiff(values, ">", packed=True),
    ],
    ids=["png", "interlaced", "tiff", "big-endian", "deflated", "big-endian deflated"],
)
def test_both_bytes_are_read(tmp_path: Path, make: Callable[[Array], bytes]) -> None:
    path = tmp_path / "image"
    path.write_bytes(make(colours()))
    assert (probe(path).values, probe(path).grey) == ("uint16", False)
    image, coloured = decode(path, PLAN)
    assert np.array_equal(image, colours())
    assert coloured


@pytest.mark.parametrize("make", [png, tiff])
@pytest.mark.parametrize("white", [True, False])
def test_transparent_parts_are_laid_on_the_background(
    tmp_path: Path, make: Callable[[Array], bytes], white: bool
) -> None:
    values = colours(4)
    values[..., 3] = np.where(values[..., 3] > 40_000, 65_535, 0)
    path = tmp_path / "image"
    path.write_bytes(make(values))
    image, _ = decode(path, DecodePlan((13, 17), "crop", 3, "uint16", white))
    clear = np.full(3, 65_535 if white else 0)
    assert np.array_equal(image, np.where(values[..., 3:] > 0, values[..., :3], clear))


def test_twelve_bits_in_sixteen_are_not_black(tmp_path: Path) -> None:
    for index in range(12):
        values = np.random.default_rng(index).integers(0, 4096, (13, 17, 3), dtype=np.uint16)
        (tmp_path / f"{index}.png").write_bytes(png(values))
    dataset = load_dataset(tmp_path)
    assert dataset.train_images.dtype == np.float32
    assert 0.45 < dataset.train_images.mean() < 0.55
    assert "12 bits, with 4095 as white" in dataset.description()
    grey = load_dataset(tmp_path, preparation=Preparation(color="grey"))
    assert 0.45 < grey.train_images.mean() < 0.55


def test_images_of_8_bits_beside_them_are_on_the_same_scale(tmp_path: Path) -> None:
    for index in range(12):
        values = np.random.default_rng(index).integers(0, 65_536, (13, 17, 3), dtype=np.uint16)
        if index % 2:
            Image.fromarray((values >> 8).astype(np.uint8)).save(tmp_path / f"{index}.png")
        else:
            (tmp_path / f"{index}.png").write_bytes(png(values))
    dataset = load_dataset(tmp_path)
    assert "6 images of 8 bits are scaled up" in dataset.description()
    means = dataset.train_images.reshape(len(dataset.train_images), -1).mean(axis=1)
    assert np.ptp(means) < 0.1


def test_what_pillow_cannot_read_in_full_is_reported(tmp_path: Path) -> None:
    for index in range(12):
        (tmp_path / f"{index}.png").write_bytes(png(colours(2)))
    assert "12 images of more than 8 bits per channel are read as 8" in (
        load_dataset(tmp_path).description()
    )


@pytest.mark.parametrize("packed", [False, True])
def test_planes_of_16_bits_are_refused(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "planes.tif"
    path.write_bytes(tiff(colours(), planes=True, packed=packed))
    with pytest.raises(DatasetError, match=r"16-bit channels in separate planes.*save it as PNG"):
        probe(path)


@pytest.mark.parametrize("turn", range(1, 9))
def test_they_are_turned_as_others_are(tmp_path: Path, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    image = (colours() >> 8).astype(np.uint8)
    path = tmp_path / "image.png"
    Image.fromarray(image).save(path, exif=exif)
    with Image.open(path) as opened:
        assert np.array_equal(_turned(image, turn), np.asarray(_upright(opened)))
