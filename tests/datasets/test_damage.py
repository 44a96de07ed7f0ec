"""Reading arbitrary bytes gives a dataset or one clear line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.datasets.samples import IDX_NAMES, digits, write_idx, write_npz, write_pngs
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.errors import DatasetError

SMALL = digits(train=8, test=1)
Edit = tuple[str, float, bytes]

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "insert", "delete", "truncate"]),
        st.floats(0, 1, allow_nan=False),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Apply edits at relative positions, half of them among the headers at either end."""
    for kind, position, new in edits:
        span = min(len(data), 400)
        start = int(position * 2 * span)
        if start > span:
            start = len(data) - (start - span)
        if position in (0.25, 0.75):
            start = len(data) // 2
        if kind == "overwrite":
            data = data[:start] + new + data[start + len(new) :]
        elif kind == "insert":
            data = data[:start] + new + data[start:]
        elif kind == "delete":
            data = data[:start] + data[start + len(new) :]
        else:
            data = data[:start]
    return data


def refusal(dataset: Path) -> str:
    """Why a dataset is refused; empty when the damage went unnoticed."""
    try:
        load_dataset(str(dataset))
    except DatasetError as error:
        return str(error)
    return ""


def deflated_npz(folder: Path) -> tuple[Path, Path]:
    path = write_npz(folder / "deflated.npz", SMALL)
    return path, path


def stored_npz(folder: Path) -> tuple[Path, Path]:
    path = write_npz(folder / "stored.npz", SMALL, compressed=False)
    return path, path


def plain_idx(folder: Path) -> tuple[Path, Path]:
    dataset = write_idx(folder / "idx", SMALL)
    return dataset, dataset / IDX_NAMES["x_train"]


def gzipped_idx(folder: Path) -> tuple[Path, Path]:
    dataset = write_idx(folder / "gz", SMALL, packed=True)
    return dataset, dataset / f"{IDX_NAMES['y_train']}.gz"


def png_folder(folder: Path) -> tuple[Path, Path]:
    dataset = write_pngs(folder / "png", digits(train=9)["x_train"])
    return dataset, dataset / "004.png"


def npy_file(folder: Path) -> tuple[Path, Path]:
    path = folder / "data.npy"
    np.save(path, digits(train=9)["x_train"])
    return path, path


def other_images(suffix: str) -> Callable[[Path], tuple[Path, Path]]:
    def write(folder: Path) -> tuple[Path, Path]:
        for index, image in enumerate(digits(train=9)["x_train"]):
            Image.fromarray(image).save(folder / f"{index}.{suffix}")
        return folder, folder / f"4.{suffix}"

    write.__name__ = f"{suffix}_folder"
    return write


@pytest.mark.parametrize(
    "write",
    [
        deflated_npz,
        stored_npz,
        npy_file,
        plain_idx,
        gzipped_idx,
        png_folder,
        *map(other_images, ("jpg", "gif", "bmp", "tif", "pgm")),
    ],
    ids=lambda write: write.__name__,
)
def test_damaged_files_raise_nothing_but_dataset_errors(
    write: Callable[[Path], tuple[Path, Path]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    dataset, victim = write(tmp_path_factory.mktemp("damage"))
    intact = victim.read_bytes()
    assert isinstance(load_dataset(str(dataset)), Dataset)

    @settings(max_examples=60, deadline=None)
    @given(EDITS)
    def check(edits: list[Edit]) -> None:
        victim.write_bytes(edited(intact, edits))
        assert refusal(dataset).isprintable()

    check()


def test_a_damaged_header_behind_a_valid_checksum_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    dataset = write_idx(tmp_path_factory.mktemp("damage") / "gz", SMALL, packed=True)
    victim = dataset / f"{IDX_NAMES['x_train']}.gz"
    intact = gzip.decompress(victim.read_bytes())

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 15), st.integers(1, 255))
    def check(position: int, flip: int) -> None:
        changed = bytearray(intact)
        changed[position] ^= flip
        victim.write_bytes(gzip.compress(bytes(changed), 1))
        with pytest.raises(DatasetError):
            load_dataset(str(dataset))

    check()
