from __future__ import annotations

import gzip
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.makers import (
    Maker,
    at,
    damaged_npz,
    fifo,
    file_of,
    folder_with,
    idx,
    idx_header,
    images_of,
    long_header,
    member,
    npy,
    npz,
    one_array,
    png,
    png_bytes,
    png_header,
    pngs,
    second_png_header,
)
from tests.datasets.samples import digits, idx_bytes, write_npz
from vae_engine.datasets import check_dataset, load_dataset
from vae_engine.datasets.source import ALL_SPLITS
from vae_engine.errors import DatasetError

X = digits()["x_train"]
GZ_LABELS = gzip.compress(idx_bytes(digits()["y_train"]))

BAD: dict[str, tuple[Maker, str]] = {
    # paths
    "missing": (lambda folder: folder / "none.npz", "none.npz' does not exist: wanted mnist, fash"),
    "null byte": (at("a\0b"), r"'a\\x00b' cannot be read"),
    "name too long": (lambda folder: folder / ("a" * 5000), "cannot be read"),
    "below a file": (lambda folder: npz()(folder) / "x", r"cannot be read \(Not a directory\)"),
    "no such user": (at("~no-such-user-anywhere/x"), "cannot be read"),
    "empty folder": (lambda folder: folder, "is empty: wanted images, IDX files, or"),
    "folder of others": (folder_with("a.csv"), "neither IDX files nor images.*a text file.*wanted"),
    "text as image": (folder_with("a.jpg"), "a.jpg' is a text file, or a damaged image"),
    "fifo": (fifo("data.npz"), "neither a file nor a folder"),
    "device": (at("/dev/zero"), "neither a file nor a folder"),
    "terminal escape": (lambda folder: folder / "\x1b[2Jx", r"\\x1b\[2Jx' does not exist"),
    # npz files
    "empty file": (file_of(b""), "is an empty file: wanted mnist.* or Parquet file"),
    "text": (file_of(b"hello"), "is a text file: .*np.savez"),
    "truncated npz": (
        damaged_npz(lambda data: data[:-200]),
        r"cannot be read \(a zip archive that is cut short\)",
    ),
    "flipped bit": (
        damaged_npz(lambda data: data[:900] + bytes([data[900] ^ 1]) + data[901:]),
        "cannot be read .*CRC",
    ),
    "no array": (lambda folder: write_npz(folder / "data.npz", {}), "holds no array"),
    "many arrays": (
        lambda folder: write_npz(folder / "data.npz", {f"a{i}": X[:1] for i in range(9)}),
        r"'a4' \(1, 28, 28\) and 4 more: wanted x_train",
    ),
    "two claims": (
        lambda folder: write_npz(folder / "data.npz", {"images": X, "data": X}),
        "'data', 'images', each of which may be the images",
    ),
    "test and validation": (npz(x_train=None, x_val=X[:9]), "and no training images: wanted x_tr"),
    "array name with escapes": (
        one_array(X.astype(str), "\x1b[31m" + "a" * 500),
        r"'\\x1b\[31ma+\.\.\. in .*has the type str",
    ),
    "bzip2": (member(npy((9, 28, 28)), zipfile.ZIP_BZIP2), "wanted deflate"),
    # headers of arrays
    "pickled": (one_array(np.array([{}] * 9, dtype=object)), "pickled Python objects"),
    "text array": (one_array(np.array(["a"] * 9)), "has the type str"),
    "structured": (
        one_array(np.zeros((9, 28, 28), [("r", "u1"), ("g", "u1")])),
        "has the type void16: wanted uint8",
    ),
    "complex": (images_of(lambda images: images.astype(complex)), "type complex128"),
    "dates": (images_of(lambda images: images.astype("M8[s]")), "type datetime64"),
    "one image": (one_array(X[0]), r"shape \(28, 28\)"),
    "scalar": (one_array(np.uint8(3)), r"shape \(\): wanted"),
    "empty array": (one_array(X[:0]), "holds no image"),
    "empty test": (npz(x_test=X[:0], y_test=None), "'x_test' in .*holds no image"),
    "no npy magic": (member(b"x" * 300), "no header of a .npy file"),
    "npy version": (member(b"\x93NUMPY\x09\x00" + bytes(99)), r"format \(9, 0\)"),
    "npy header": (member(b"\x93NUMPY\x01\x00\x05\x00{'a':"), "a damaged one: wanted an array"),
    "npy header bomb": (member(long_header()), "no header of a .npy file"),
    "npy header of nested lists": (member(npy("[" * 9000)), "or a damaged one"),
    "negative shape": (member(npy((-9, 28, 28))), "holds no image"),
    "shape bomb": (member(npy((10**12, 28, 28))), "declares 10{12} images.*at most 16 GiB"),
    "endless shape": (member(npy((1,) * 2000)), r"has the shape \(1, 1, .*\.\.\.: wanted"),
    "lying shape": (member(npy((10**6, 28, 28), data=b"abc")), "declares 784000000 .*but has 3"),
    "more than declared": (member(npy((9, 28, 28), data=bytes(9999))), "but has 9999"),
    # values
    "negative": (images_of(lambda images: images / 255 - 0.5), "float64 values from -0.5 to 0.5"),
    "NaN": (npz(x_train=np.where(X > 250, np.nan, 0.5)), "training split.*holds NaN"),
    "inf": (npz(x_train=np.where(X > 250, np.inf, 0.5)), "values from 0.5 to inf"),
    "signed": (images_of(lambda images: images.astype("i2") - 128), "int16 values from -128 to"),
    # labels and counts
    "too few": (npz(x_train=X[:7], y_train=None, y_test=None), "has 7 images: wanted at least 8"),
    "too few in one array": (one_array(X[:5]), "has 5 images: wanted at least 9"),
    "too few PNGs": (pngs(4), "has 4 images: wanted at least 9"),
    # IDX
    "no training images": (idx("x_train", None), "none of training images, train-images-idx3-"),
    "empty IDX": (idx("x_train", b""), "truncated in its header"),
    "cut IDX header": (idx("y_train", idx_bytes(X)[:5]), "truncated in its header"),
    "IDX magic": (idx("x_train", bytes(20)), "first bytes 00 00 00 00: wanted an IDX file of im"),
    "labels for images": (idx("x_test", idx_bytes(X[0, 0])), r"has the shape \(28,\): wanted"),
    "IDX of floats": (idx("x_train", idx_header(0x0D03, 1, 28, 28)), "0 bytes .* wanted the 3136 "),
    "cut IDX": (idx("x_train", idx_bytes(X)[:-1]), "holds 31359 bytes of data: wanted the 31360 "),
    "long IDX": (idx("x_train", idx_bytes(X) + b"a"), "too much data: wanted the 31360 bytes"),
    "empty IDX images": (idx("x_test", idx_header(2051, 0, 28, 28)), "holds no image"),
    "IDX bomb": (idx("x_test", idx_header(2051, 2**32 - 1, 28, 28)), "at most 16 GiB"),
    "lying IDX": (idx("x_test", idx_header(2051, 2**21, 28, 28)), "holds 0 bytes of data"),
    "cut gzip": (idx("y_train", GZ_LABELS[:-9], packed=True), "cannot be read .*end-of-stream"),
    "gzip checksum": (
        idx("y_train", GZ_LABELS[:-8] + bytes(4) + GZ_LABELS[-4:], packed=True),
        "cannot be read .*CRC",
    ),
}


# One file of a folder: left out with its name, and the rest is trained on.
LEFT: dict[str, tuple[Maker, str]] = {
    "fifo": (fifo("014.png"), "'014.png' is a FIFO, a device or a folder"),
    "text as PNG": (png(b"hello"), "'005.png' is a text file, or a damaged image"),
    "cut PNG": (png(png_bytes()[:50]), "'005.png' cannot be read"),
    "cut PNG header": (png(png_bytes()[:20]), r"'005.png' cannot be read"),
    "PNG bomb": (png(second_png_header(5000)), "'005.png' cannot be read"),
    "greater PNG bomb": (png(second_png_header(2**30)), "'005.png' cannot be read"),
    "huge PNG": (
        png(b"\x89PNG\r\n\x1a\n" + png_header(100_000, 100_000)),
        "'005.png' has 100000x100000 pixels",
    ),
    "one pixel": (png(png_bytes(size=(1, 1))), "'005.png' has 1x1 pixels"),
}


@pytest.mark.parametrize(("make", "words"), LEFT.values(), ids=LEFT.keys())
def test_files_that_cannot_be_used_are_left_out_by_name(
    tmp_path: Path, make: Maker, words: str
) -> None:
    dataset = load_dataset(str(make(tmp_path)))
    assert len(dataset.train_images) + len(dataset.val_images) + len(dataset.test_images) == (
        14 if "FIFO" in words else 13
    )
    assert re.search(rf"left out: 1 file that cannot be used \({words}", dataset.description())
    assert dataset.description().isprintable()
    if "FIFO" not in words:
        every = np.concatenate([dataset.rows[split] for split in ALL_SPLITS])
        assert sorted(every) == [row for row in range(14) if row != 5]


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD.keys())
def test_bad_data_are_refused_with_one_line(tmp_path: Path, make: Maker, words: str) -> None:
    name = str(make(tmp_path))
    with pytest.raises(DatasetError, match=words) as caught:
        check_dataset(name)
    assert str(caught.value).isprintable()
    assert "wanted" in str(caught.value)
    assert "try " in str(caught.value)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root reads everything; this test is about those who may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def forbidden(tmp_path: Path) -> Path:
    folder = tmp_path / "forbidden"
    write_npz(tmp_path / "data.npz", digits())
    folder.mkdir()
    (tmp_path / "data.npz").rename(folder / "data.npz")
    folder.chmod(0)
    return folder


@pytest.mark.parametrize("name", [".", "data.npz"])
def test_no_permission_is_one_line(forbidden: Path, name: str, unprivileged: None) -> None:
    with pytest.raises(DatasetError, match=r"no permission to read .*that you may read"):
        load_dataset(str(forbidden / name))
