"""Weights files made to do harm when opened: refused before Keras opens them."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

ARRAY = "layers/dense/vars/0"
SHAPE = (300, 200)
BYTES = 4 * 300 * 200
MOST_GROWTH = 64 * 2**20
MOST_SECONDS = 60
# Loads each file, and tells what came of it and by how much the most memory ever held has grown.
CHILD = """
import hashlib, json, os, resource, shutil, sys
from pathlib import Path
import h5py
from vae_engine.errors import SessionDamagedError
from vae_engine.model.weights import load_weights

class Network:
    def save_weights(self, path): shutil.copy(sys.argv[1], path)
    def load_weights(self, path): self.loaded = h5py.File(path)["layers/dense/vars/0"][0, 0]

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
network = Network()
for path in map(Path, json.load(sys.stdin)):
    small = path.stat().st_size < 2**24
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if small else "0" * 64
    before = peak()
    try:
        load_weights(network, path, sha256)
        said = f"loaded {network.loaded:.0f}"
    except SessionDamagedError as error:
        said = f"refused: {error}"
    print(json.dumps([said, peak() - before]), flush=True)
assert "keras" not in sys.modules
"""
Attack = Callable[[h5py.File, Path], object]


def honest(path: Path, value: float = 1.0) -> Path:
    with h5py.File(path, "w") as file:
        file[ARRAY] = np.full(SHAPE, value, np.float32)
        file["layers/dense/vars/1"] = np.full(SHAPE[1:], value, np.float32)
        file.create_group("layers/flatten/vars")
    return path


def _elsewhere(file: h5py.File, place: Path) -> None:
    secret = place / "secret"
    secret.write_bytes(bytes(BYTES))
    file.create_dataset(ARRAY, SHAPE, np.float32, external=[(str(secret), 0, BYTES)])


def _virtual(file: h5py.File, place: Path) -> None:
    layout = h5py.VirtualLayout(SHAPE, np.float32)
    layout[...] = h5py.VirtualSource(honest(place / "source.h5"), ARRAY, SHAPE)
    file.create_virtual_dataset(ARRAY, layout)


def _packed(file: h5py.File, shape: tuple[int, ...], chunks: tuple[int, ...]) -> None:
    array = file.create_dataset(ARRAY, shape, np.float32, chunks=chunks, compression="gzip")
    array[: chunks[0]] = 0.0


def _linked_group(file: h5py.File, place: Path) -> None:
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink(str(honest(place / "other.h5")), "layers/dense")


def _references(kind: object) -> Attack:
    return lambda file, _: file.create_dataset(ARRAY, SHAPE, kind)


ATTACKS: dict[str, Attack] = {
    "terabytes": lambda file, _: file.create_dataset(ARRAY, (2**40,), np.float32),
    "terabytes of its rank": lambda file, _: file.create_dataset(ARRAY, (2**20, 2**20), np.float32),
    "packed terabytes": lambda file, _: _packed(file, (2**20, 2**20), (1, 2**20)),
    "packed": lambda file, _: _packed(file, SHAPE, SHAPE),
    "a chunk of a gigabyte": lambda file, _: file.create_dataset(
        ARRAY, SHAPE, np.float32, maxshape=(None, None), chunks=(2**14, 2**14), compression="gzip"
    ),
    "no bytes": lambda file, _: file.create_dataset(ARRAY, SHAPE, np.float32),
    "in another file": _elsewhere,
    "in /dev/zero": lambda file, _: file.create_dataset(
        ARRAY, SHAPE, np.float32, external=[("/dev/zero", 0, BYTES)]
    ),
    "virtual": _virtual,
    "soft link": lambda file, _: file.__setitem__(ARRAY, h5py.SoftLink("/layers/dense/vars/1")),
    "link to a file": lambda file, place: file.__setitem__(
        ARRAY, h5py.ExternalLink(str(honest(place / "third.h5")), ARRAY)
    ),
    "linked group": _linked_group,
    "link in a circle": lambda file, _: file.__setitem__(ARRAY, file["/"]),
    "references": _references(h5py.ref_dtype),
    "region references": _references(h5py.regionref_dtype),
    "strings": _references(h5py.string_dtype()),
    "integers": _references(np.int32),
    "the other byte order": _references(">f4"),
    "a type": lambda file, _: file.__setitem__(ARRAY, np.dtype("<f4")),
    "a group": lambda file, _: file.create_group(ARRAY),
    "nothing": lambda *_: None,
}


def load(paths: list[Path], place: Path) -> list[tuple[str, int]]:
    """What comes of loading each file, and the growth of the process, which must survive."""
    reference = honest(place / "reference.h5", 0.0)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(reference)],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS)),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    return [(said, growth) for said, growth in map(json.loads, done.stdout.splitlines())]


def test_hostile_weights_are_refused_before_memory_goes(tmp_path: Path) -> None:
    paths = [honest(tmp_path / "honest.h5", 7.0)]
    for number, attack in enumerate(ATTACKS.values()):
        path = honest(tmp_path / f"{number}.h5")
        with h5py.File(path, "r+") as file:
            del file[ARRAY]
            attack(file, tmp_path)
        paths.append(path)
    paths += [tmp_path / "huge.h5", tmp_path / "empty.h5", tmp_path / "cut.h5"]
    for path in paths[-3:]:
        path.write_bytes(paths[0].read_bytes())
    os.truncate(paths[-3], 2**40)
    os.truncate(paths[-2], 0)
    os.truncate(paths[-1], 100_000)
    (first, _), *rest = load(paths, tmp_path)
    assert first == "loaded 7"
    names = [*ATTACKS, "huge", "empty", "cut"]
    for name, (said, growth) in zip(names, rest, strict=True):
        assert said.startswith("refused: "), (name, said)
        assert said.isprintable()
        assert growth < MOST_GROWTH, (name, growth)


def test_damaged_weights_with_fitting_digests_get_a_clear_word(tmp_path: Path) -> None:
    """HDF5 is C: what it does with them cannot be held in this process, a child must not die."""
    # All weights are zero, so that every other byte is of the file's structure.
    data, choose = honest(tmp_path / "honest.h5", 0.0).read_bytes(), random.Random(3)
    structure = [at for at, byte in enumerate(data) if byte]
    paths = []
    for number in range(300):
        damaged = bytearray(data)
        for _ in range(choose.choice([1, 2, 5])):
            damaged[choose.choice(structure)] = choose.choice([0, 1, 127, 128, 255])
        paths.append(tmp_path / f"{number}.h5")
        paths[-1].write_bytes(damaged)
    answers = load(paths, tmp_path)
    assert len(answers) == len(paths)
    assert sum(said.startswith("refused") for said, _ in answers) > 20
    assert max(growth for _, growth in answers) < MOST_GROWTH
