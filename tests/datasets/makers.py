"""Makers of bad datasets: each writes one into a folder and returns its path."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.datasets.samples import IDX_NAMES, digits, write_idx, write_npz, write_pngs

Maker = Callable[[Path], Path]


def at(path: str) -> Maker:
    """A path that is not below the test's folder."""
    return lambda _folder: Path(path)


def npz(**changes: Any) -> Maker:
    arrays = digits() | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    return lambda folder: write_npz(folder / "data.npz", kept)


def images_of(change: Callable[[Any], Any]) -> Maker:
    arrays = digits()
    return npz(x_train=change(arrays["x_train"]), x_test=change(arrays["x_test"]))


def one_array(array: Any, name: str = "images") -> Maker:
    return lambda folder: write_npz(folder / "data.npz", {name: array})


def file_of(data: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / "data.npz").write_bytes(data)
        return folder / "data.npz"

    return make


def damaged_npz(change: Callable[[bytes], bytes]) -> Maker:
    def make(folder: Path) -> Path:
        path = write_npz(folder / "data.npz", digits(), compressed=False)
        path.write_bytes(change(path.read_bytes()))
        return path

    return make


def member(data: bytes, compression: int = zipfile.ZIP_DEFLATED) -> Maker:
    """An .npz of one array, whose .npy file is `data`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.writestr("images.npy", data)
    return file_of(packed.getvalue())


def npy(shape: object, descr: str = "|u1", data: bytes = b"") -> bytes:
    """A .npy file whose header declares whatever it is told."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def long_header() -> bytes:
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b" " * 100_000


def idx(name: str, data: bytes | None, packed: bool = False) -> Maker:
    """A folder of IDX files of which one has other contents, or is missing."""

    def make(folder: Path) -> Path:
        write_idx(folder / "idx", digits(), packed=packed)
        path = folder / "idx" / (IDX_NAMES[name] + (".gz" if packed else ""))
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        return folder / "idx"

    return make


def idx_header(magic: int, *shape: int) -> bytes:
    return struct.pack(f">{1 + len(shape)}I", magic, *shape)


def png(data: bytes) -> Maker:
    """A folder of PNG images, one of which has other contents."""

    def make(folder: Path) -> Path:
        write_pngs(folder / "pngs", digits(train=14)["x_train"])
        (folder / "pngs" / "005.png").write_bytes(data)
        return folder / "pngs"

    return make


def png_bytes(mode: str = "L", size: tuple[int, int] = (28, 28), colour: Any = 0) -> bytes:
    data = io.BytesIO()
    image = Image.new(mode, size, colour)
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(data, format="PNG")
    return data.getvalue()


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def second_png_header(size: int) -> bytes:
    data = png_bytes()
    return data[:33] + png_header(size, size) + data[33:]


def folder_with(name: str) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_text("x")
        return folder

    return make


def fifo(name: str) -> Maker:
    def make(folder: Path) -> Path:
        write_pngs(folder / "pngs", digits(train=14)["x_train"])
        os.mkfifo(folder / "pngs" / name)
        return folder / "pngs" / name if name == "data.npz" else folder / "pngs"

    return make


def pngs(count: int) -> Maker:
    return lambda folder: write_pngs(folder / "pngs", digits(train=count)["x_train"])
