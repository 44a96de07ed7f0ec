"""Files made to do harm when opened: refused before memory runs out, nothing in them runs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import re
import resource
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.faults.foreign.commands import ask, check
from tests.inference.networks import earlier_network, replace_network
from tests.tui.recorder import RECORDED, Recorder
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

MOST_GROWTH = 128 * 2**20
MOST_SECONDS = 60
# Runs each command, and tells its exit code and by how much the most memory ever held has grown.
CHILD = """
import json, resource, sys
from tui.cli import browse, generate, train, transfer
from tui.cli.main import run
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
for command in json.load(sys.stdin):
    before = peak()
    code = run(command)
    print(json.dumps([code, peak() - before]), file=sys.stderr, flush=True)
"""
Bomb = Callable[[Session, Path], list[str]]


def npy(shape: str, data: bytes = b"", descr: str = "|u1", version: int = 1) -> bytes:
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes([version, 0]) + length + head + data


def npz(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


def png(path: Path, width: int, height: int, data: bytes, extra: bytes = b"") -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + body)


def _log_of_zeros(session: Session, _: Path) -> list[str]:
    os.truncate(session.folder / layout.EVENTS, 2**40)
    (session.folder / layout.SUMMARY).unlink()
    return ["show", session.id]


def _log_of_long_events(session: Session, _: Path) -> list[str]:
    """A quarter of a gigabyte of events that are as they should be."""
    event = {"type": "command_ignored", "seq": 1, "time": 1.0, "command": "", "why": "x" * 60_000}
    with (session.folder / layout.EVENTS).open("ab") as log:
        for _number in range(2**28 // 60_000):
            log.write(msgspec.json.encode(event) + b"\n")
    return ["show", session.id]


def _worker_log_of_zeros(session: Session, _: Path) -> list[str]:
    (session.folder / layout.LOG).touch()
    os.truncate(session.folder / layout.LOG, 2**40)
    return ["show", session.id]


def _record_of_a_gigabyte(session: Session, _: Path) -> list[str]:
    os.truncate(session.folder / layout.RESULT, 2**30)
    return ["show", session.id]


def _zip_bomb(session: Session, place: Path) -> list[str]:
    path = place / "bomb.zip"
    check(ask("export", session.id, "-o", path))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[layout.EVENTS] = b"\n" * 2**28
    contents = msgspec.json.decode(members["archive.json"])
    contents["id"] = "bomb"
    contents["files"][layout.EVENTS] = {
        "size": 2**28,
        "sha256": hashlib.sha256(members[layout.EVENTS]).hexdigest(),
    }
    members["archive.json"] = msgspec.json.encode(contents)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return ["import", str(path)]


def _pack_bomb(session: Session, _: Path) -> list[str]:
    """A decoder whose transposed convolution asks for images of 20,000 x 20,000 pixels."""
    content = earlier_network("decoder")
    # The constant 28 in its buffer of four bytes; elsewhere 28 is a tensor's number in a list.
    side = re.compile(re.escape(struct.pack("<II", 4, 28)) + rb"(?!\x0b)")
    assert len(side.findall(content)) == 1
    replace_network(session, "decoder", side.sub(struct.pack("<II", 4, 20_000), content))
    return ["sample", session.id, "-n", "2"]


def _dataset(write: Callable[[Path], object]) -> Bomb:
    def make(_: Session, place: Path) -> list[str]:
        folder = place / f"data-{len(list(place.iterdir()))}"
        folder.mkdir()
        write(folder)
        found = list(folder.iterdir())
        single = len(found) == 1 and found[0].suffix in (".npz", ".npy")
        return ["train", "--detach", "--dataset", str(found[0] if single else folder)]

    return make


def _idx(folder: Path, *, packed: bool) -> None:
    head = struct.pack(">IIII", 2051, 2**32 - 1 if not packed else 60_000, 28, 28)
    for split in ("train", "t10k"):
        path = folder / f"{split}-images-idx3-ubyte{'.gz' if packed else ''}"
        if packed:
            path.write_bytes(gzip.compress(head + bytes(2**28), 1))
        else:
            path.write_bytes(head)


def _tiled_tiff(folder: Path) -> None:
    """A TIFF of 28x28 pixels in one tile that unpacks to a quarter of a gigabyte."""
    data = zlib.compress(bytes(2**28))
    tags = {256: 28, 257: 28, 258: 8, 259: 8, 262: 1, 277: 1}
    tags |= {322: 30_000, 323: 30_000, 324: 8, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<I", 8 + len(data))
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    (folder / "1.tif").write_bytes(head + data + directory)


BOMBS: dict[str, Bomb] = {
    "log of a terabyte": _log_of_zeros,
    "log of long events": _log_of_long_events,
    "worker's log of a terabyte": _worker_log_of_zeros,
    "record of a gigabyte": _record_of_a_gigabyte,
    "zip": _zip_bomb,
    "tflite that computes its size": _pack_bomb,
    "npz that tells petabytes": _dataset(
        lambda folder: npz(folder / "x.npz", images=npy(f"({2**40}, 28, 28)"))
    ),
    "npz that unpacks to more": _dataset(
        lambda folder: npz(folder / "x.npz", images=npy("(10000, 28, 28)", bytes(2**28)))
    ),
    "npy header of gigabytes": _dataset(
        lambda folder: npz(
            folder / "x.npz", images=b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 2**28
        )
    ),
    "npz of pickles": _dataset(
        lambda folder: npz(folder / "x.npz", images=npy("(1,)", pickle.dumps([1]), "|O"))
    ),
    "idx that tells terabytes": _dataset(lambda folder: _idx(folder, packed=False)),
    "idx that unpacks to more": _dataset(lambda folder: _idx(folder, packed=True)),
    "png of 50,000 x 50,000": _dataset(lambda folder: png(folder / "1.png", 50_000, 50_000, b"")),
    "png that unpacks to more": _dataset(
        lambda folder: png(folder / "1.png", 28, 28, bytes(2**27))
    ),
    "npy that tells petabytes": _dataset(
        lambda folder: (folder / "x.npy").write_bytes(npy(f"({2**40}, 28, 28)"))
    ),
    "bmp of 100,000 x 100,000": _dataset(
        lambda folder: (folder / "1.bmp").write_bytes(
            b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 10**5, 10**5, 1, 8, *[0] * 6)
        )
    ),
    "gif of 65,535 x 65,535": _dataset(
        lambda folder: (folder / "1.gif").write_bytes(
            b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(9)
        )
    ),
    "webp of 16,777,216 x 16,777,216": _dataset(
        lambda folder: (folder / "1.webp").write_bytes(
            b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff" * 14
        )
    ),
    "tiff in tiles of 30,000 x 30,000": _dataset(_tiled_tiff),
    "device as dataset": lambda *_: ["train", "--detach", "--dataset", "/dev/zero"],
}
HARMLESS_ANSWERS = {"log of long events", "worker's log of a terabyte"}


def test_bombs_are_refused_before_memory_goes(
    store: SessionStore, recorder: Recorder, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    commands = [make(recorder.session(**RECORDED), place) for make in BOMBS.values()]
    # Once before it counts, so that what the command loads is there.
    first = recorder.session()
    warm = [["show", first.id], ["sample", first.id, "-n", "2"], ["import", "no.zip"]]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([*warm, *commands]),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS * 5,
        check=False,
        preexec_fn=_limit_time,
    )
    told = done.stderr.splitlines()
    results = [json.loads(line) for line in told if line.startswith("[")][len(warm) :]
    assert len(results) == len(BOMBS), told[-5:]
    for name, (code, growth) in zip(BOMBS, results, strict=True):
        assert growth < MOST_GROWTH, (name, growth, told)
        assert (code == 0) == (name in HARMLESS_ANSWERS), (name, code, told)
    assert "Traceback" not in done.stderr


def _limit_time() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS * 3, MOST_SECONDS * 3))


def test_a_pickle_is_never_run(recorder: Recorder, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    class Evil:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {trace}",)

    evil = npy("(1,)", pickle.dumps(Evil()), "|O")
    session = recorder.session()
    for name in ("previews/originals", layout.preview_file(1)[:-4], "embeddings"):
        members = ("images", "labels", "reconstructions", "samples", "z_mean", "z_log_var")
        npz(session.folder / f"{name}.npz", **dict.fromkeys(members, evil))
    npz(tmp_path / "data.npz", x_train=evil, x_test=evil)
    for command in (
        ["show", session.id],
        ["sample", session.id],
        ["reconstruct", session.id],
        ["train", "--detach", "--dataset", tmp_path / "data.npz"],
    ):
        check(ask(*command))
    assert not trace.exists()


@pytest.mark.parametrize(("umask", "modes"), [(0o022, (0o755, 0o644)), (0o077, (0o700, 0o600))])
def test_what_is_made_has_the_modes_of_the_umask(
    store: SessionStore,
    recorder: Recorder,
    tmp_path: Path,
    umask: int,
    modes: tuple[int, int],
) -> None:
    others, out = tmp_path / "others", tmp_path / "out"
    out.mkdir()
    before = os.umask(umask)
    try:
        session = recorder.session()
        for command in (
            ["sample", session.id, "-o", out / "samples.npz"],
            ["sample", session.id, "-o", out / "samples.png"],
            ["export", session.id, "-o", out / "session.zip"],
            ["import", out / "session.zip", "--sessions-dir", others],
        ):
            assert check(ask(*command)).code == 0
    finally:
        os.umask(before)
    copied = "exports/*coder-*"  # By the recorder, with the modes of the recordings.
    for path in [*store.root.rglob("*"), *others.rglob("*"), *out.iterdir()]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if not path.match(copied) or others in path.parents:
            assert mode == modes[0 if path.is_dir() else 1], path


def test_a_link_in_place_of_the_folder_of_a_session_is_passed_over(
    store: SessionStore, recorder: Recorder, tmp_path: Path
) -> None:
    real = recorder.session().folder.rename(tmp_path / "elsewhere")
    (store.root / "20260101-000000-abcd").symlink_to(real)
    assert store.listings() == []
    assert check(ask("show", "20260101-000000-abcd")).code == 1


def test_arrays_of_a_datasets_npz_are_held_to_their_headers(tmp_path: Path) -> None:
    images = np.zeros((100, 28, 28), np.uint8)
    path = tmp_path / "short.npz"
    npz(path, images=npy("(100, 28, 28)", images.tobytes()[:-1]))
    answer = check(ask("train", "--detach", "--dataset", path))
    assert (answer.code, "declares 78400 bytes" in answer.err) == (1, True)
