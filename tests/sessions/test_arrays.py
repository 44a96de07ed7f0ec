"""NumPy arrays of untrusted origin."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from tests.sessions.makers import refusal
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.arrays import ArraySpec, parse_npz, read_arrays, write_npz

IMAGES = ArraySpec("uint8", (None, 28, 28))
ONE = {"images": IMAGES}


def npz(member: bytes, name: str = "images.npy", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.writestr(name, member)
    return packed.getvalue()


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin-1") + b"\n"
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text))
    return b"\x93NUMPY" + version + size + text + data


def header(descr: str = "'|u1'", fortran: str = "False", shape: str = "(1, 28, 28)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28),
        np.asfortranarray(np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)),
        np.arange(2 * 28 * 28, dtype=np.uint8).reshape(28, 28, 2).T,
    ],
    ids=["plain", "fortran", "transposed"],
)
def test_what_numpy_wrote_is_read_back(tmp_path: Path, array: Any, compress: bool) -> None:
    path = tmp_path / "images.npz"
    write_npz(path, {"images": array, "other": np.zeros(5)}, compress=compress)
    found = read_arrays(path, ONE, limit=2**20)
    assert list(found) == ["images"]
    np.testing.assert_array_equal(found["images"], array)


def test_scalars_and_empty_shapes_are_read_as_specified() -> None:
    packed = io.BytesIO()
    np.savez(packed, step=np.int64(7), rate=np.float32(0.5))
    specs = {"step": ArraySpec("int64", ()), "rate": ArraySpec("float32", ())}
    found = parse_npz(packed.getvalue(), specs, name="state.npz")
    assert (int(found["step"]), float(found["rate"])) == (7, 0.5)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 28, 28), np.float32),
        np.zeros((3, 28, 28), np.int8),
        np.zeros((3, 28, 27), np.uint8),
        np.zeros((28, 28), np.uint8),
        np.zeros((0, 28, 28), np.uint8),
        np.zeros((1025, 28, 28), np.uint8),
        np.zeros(3, np.dtype([("a", "u1")])),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_another_type_or_shape_is_refused(tmp_path: Path, array: Any) -> None:
    write_npz(tmp_path / "images.npz", {"images": array})
    with pytest.raises(SessionDamagedError, match=r"images\.npz is damaged: array images"):
        read_arrays(tmp_path / "images.npz", ONE, limit=2**20)


class Trap:
    """Would create a file if anybody unpickled it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return (open, (str(self._path), "w"))


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    for data in (npy(header("'|O'", shape="(1,)"), trap), trap):
        with pytest.raises(SessionDamagedError):
            parse_npz(npz(data), ONE, name="preview.npz")
    assert not (tmp_path / "sprung").exists()


DATA = bytes(28 * 28)
BAD = {
    "truncated": npz(npy(header(), DATA[:-1])),
    "too long": npz(npy(header(), DATA + b"x")),
    "a shape bomb": npz(npy(header(shape="(1024, 28, 28)"), DATA)),
    "a huge shape": npz(npy(header(shape=f"({10**30}, 28, 28)"), DATA)),
    "digits without end": npz(npy(header(shape=f"({'9' * 60_000}, 28, 28)"), DATA)),
    "a negative shape": npz(npy(header(shape="(-1, 28, 28)"), DATA)),
    "a shape of text": npz(npy(header(shape="('1', 28, 28)"), DATA)),
    "a deep header": npz(npy("(" * 30_000, DATA)),
    "code as header": npz(npy("__import__('os').abort()", DATA)),
    "no header": npz(b"\x93NUMPY\x01\x00"),
    "no magic": npz(DATA),
    "an old version": npz(npy(header(), DATA, b"\x00\x09")),
    "a long header": npz(npy(header() + " " * 100_000, DATA, b"\x02\x00")),
    "big endian": npz(npy(header("'>u8'"), DATA)),
    "another name": npz(npy(header(), DATA), name="pictures.npy"),
    "no member": npz(b"", name="x")[:0],
    "no zip": b"PK\x03\x04 but no more",
    "lzma": npz(npy(header(), DATA), compression=zipfile.ZIP_LZMA),
    "bzip2": npz(npy(header(), DATA), compression=zipfile.ZIP_BZIP2),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(SessionDamagedError, match=r"preview\.npz is damaged") as caught:
        parse_npz(data, ONE, name="preview.npz")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_the_good_twin_of_the_bad_files_is_read() -> None:
    found = parse_npz(npz(npy(header(), DATA)), ONE, name="preview.npz")
    assert found["images"].shape == (1, 28, 28)


def test_a_flipped_bit_in_the_data_fails_the_checksum() -> None:
    data = bytearray(npz(npy(header(), DATA), compression=zipfile.ZIP_STORED))
    data[data.index(b"\n") + 100] ^= 1
    with pytest.raises(SessionDamagedError, match="CRC"):
        parse_npz(bytes(data), ONE, name="preview.npz")


@pytest.mark.parametrize("version", [b"\x01\x00", b"\x02\x00"])
def test_bombs_take_no_memory(version: bytes) -> None:
    lie = b"\x93NUMPY" + version + struct.pack("<I", 2**32 - 1) + bytes(32 * 2**20)
    big = npy(header(shape="(1024, 28, 28)"), bytes(32 * 2**20))
    for bomb in (npz(lie), npz(big)):
        tracemalloc.start()
        with pytest.raises(SessionDamagedError):
            parse_npz(bomb, ONE, name="preview.npz")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8 * 2**20


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(data=st.data())
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    whole = npz(npy(header(), DATA))
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=20))
    length = data.draw(st.integers(0, 30))
    damaged = whole[:at] + junk + whole[at + length :]
    if not refusal(lambda: parse_npz(damaged, ONE, name="preview.npz")):
        assert not parse_npz(damaged, ONE, name="preview.npz")["images"].any()
