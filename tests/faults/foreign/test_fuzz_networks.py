"""Thousands of altered networks with fitting digests: read, or refused in one clear line."""

from __future__ import annotations

import random
import resource
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults.foreign.network_mutations import (
    Arrays,
    members_of,
    mutated_flatbuffer,
    mutated_npz,
    packed_npz,
)
from tests.inference.networks import (
    PARTS,
    SMALL,
    Part,
    earlier_network,
    open_network,
    run_network,
)
from vae_engine.errors import SessionDamagedError
from vae_engine.inference.architecture import decoder_layers, encoder_layers
from vae_engine.inference.litert_file import read_litert

MOST_GROWTH = 128 * 2**20
QUICK, MANY = 150, 20_000
LAYERS = {"encoder": encoder_layers(SMALL), "decoder": decoder_layers(SMALL)}
ARRAYS: dict[Part, Arrays] = {
    part: dict(read_litert(earlier_network(part), LAYERS[part])) for part in PARTS
}
Mutate = Callable[[Part, random.Random], bytes]


def flatbuffer(part: Part, chosen: random.Random) -> bytes:
    return mutated_flatbuffer(earlier_network(part), chosen)


def npz(part: Part, chosen: random.Random) -> bytes:
    return mutated_npz(ARRAYS[part], chosen)


KINDS: dict[str, Mutate] = {"flatbuffer": flatbuffer, "npz": npz}


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fuzz(mutate: Mutate, count: int, folder: Path, *, seed: int) -> Counter[str]:
    """Load so many altered networks, and run those that are accepted."""
    answers: Counter[str] = Counter()
    before = peak()
    for number in range(count):
        part = PARTS[number % 2]
        chosen = random.Random(f"{seed}-{number}")
        with warnings.catch_warnings():
            # What the makers of damage warn of, such as a zip's member of a name twice.
            warnings.simplefilter("ignore")
            content = mutate(part, chosen)
        try:
            network = open_network(part, content, folder / part)
            shapes = [output.shape for output in run_network(network, 2)]
        except SessionDamagedError as error:
            text = str(error)
            assert text.isprintable(), (seed, number, text)
            assert 10 < len(text) < 400, (seed, number, text)
            answers["refused"] += 1
        else:
            assert shapes == ([(2, 28, 28)] if part == "decoder" else [(2, 2), (2, 2)])
            answers["accepted"] += 1
    assert peak() - before < MOST_GROWTH
    return answers


@pytest.mark.parametrize("kind", KINDS)
def test_altered_networks_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    answers = fuzz(KINDS[kind], QUICK, tmp_path, seed=1)
    assert answers["refused"] > QUICK // 4
    assert answers["accepted"] > 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_altered_networks_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    print(kind, dict(fuzz(KINDS[kind], MANY, tmp_path, seed=2)))


def test_untouched_arrays_are_read_in_either_order(tmp_path: Path) -> None:
    for part in PARTS:
        honest = run_network(open_network(part, earlier_network(part), tmp_path / part))
        fortran = {name: np.asfortranarray(values) for name, values in ARRAYS[part].items()}
        for arrays in (ARRAYS[part], fortran):
            network = open_network(part, packed_npz(members_of(arrays)), tmp_path / part)
            for mine, theirs in zip(run_network(network), honest, strict=True):
                np.testing.assert_allclose(mine, theirs, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, value: float) -> None:
    arrays = {name: values.copy() for name, values in ARRAYS["decoder"].items()}
    arrays["dense_image.kernel"][3, 5] = value
    with pytest.raises(SessionDamagedError, match=r"not numbers, in dense_image\.kernel"):
        open_network("decoder", packed_npz(members_of(arrays)), tmp_path / "decoder")


def test_results_that_are_no_numbers_are_no_images(tmp_path: Path) -> None:
    """Weights that are numbers, but so large that what they give is none."""
    arrays = {name: np.full_like(values, 3e38) for name, values in ARRAYS["decoder"].items()}
    arrays["dense_image.kernel"][::2] = -3e38
    network = open_network("decoder", packed_npz(members_of(arrays)), tmp_path / "decoder")
    with pytest.raises(SessionDamagedError, match="images that are not finite"):
        run_network(network, 40)
    posterior = {name: np.full_like(values, 3e38) for name, values in ARRAYS["encoder"].items()}
    network = open_network("encoder", packed_npz(members_of(posterior)), tmp_path / "encoder")
    with pytest.raises(SessionDamagedError, match="posterior that is not finite"):
        run_network(network)


def test_a_directory_of_millions_of_members_costs_nothing(tmp_path: Path) -> None:
    """A zip's directory takes memory for each member that it names, in the file or not."""
    honest = packed_npz(members_of(ARRAYS["decoder"]))
    end = honest.rindex(b"PK\x05\x06")
    (start,) = struct.unpack("<I", honest[end + 16 : end + 20])
    entry = honest[start : honest.index(b"PK\x01\x02", start + 4)]
    directory = entry * (200_000 // len(entry))
    fields = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(directory), start, 0)
    content = honest[:start] + directory + fields
    with pytest.raises(SessionDamagedError, match="directory"):
        open_network("decoder", content, tmp_path / "decoder")
    with pytest.raises(SessionDamagedError):
        open_network("decoder", honest[:end] + b"PK\x05\x06" + bytes(18), tmp_path / "decoder")


def test_bombs_of_arrays_are_refused_before_memory_goes(tmp_path: Path) -> None:
    members = members_of(ARRAYS["decoder"])
    members["dense_1.kernel.npy"] += bytes(2**28)
    content = packed_npz(members, zipfile.ZIP_DEFLATED)
    before = peak()
    with pytest.raises(SessionDamagedError, match="bytes of its shape"):
        open_network("decoder", content, tmp_path / "decoder")
    with pytest.raises(SessionDamagedError):
        open_network("decoder", bytes(2**24), tmp_path / "decoder")
    assert peak() - before < MOST_GROWTH + 2**28  # The bomb itself was made in this process.
