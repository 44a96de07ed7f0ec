"""A session's images are found among others; missing ones are named."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.datasets.samples import digits, write_npz, write_pngs
from tests.datasets.test_cache import equal
from vae_engine.datasets import Dataset, cache, load_dataset
from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.image_record import ImageRecord, Recorded, SplitRecord
from vae_engine.errors import DatasetError

X = digits(train=60)["x_train"]
COLOUR = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)


@pytest.fixture(params=["read", "cached"], autouse=True)
def _cached(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything holds for what lies in the cache as for what is read anew."""
    monkeypatch.setenv("VAE_CACHE", str(tmp_path / "cache"))
    if request.param == "cached":
        monkeypatch.setattr(cache, "WORTH_FILES", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes; one image is there twice."""
    write_pngs(tmp_path / "d" / "cat", X[:25])
    root = write_pngs(tmp_path / "d" / "dog", X[25:50]).parent
    shutil.copy(root / "cat" / "003.png", root / "cat" / "copy.png")
    return root


def recorded(dataset: Dataset) -> Recorded:
    """As it is written and read again."""
    assert dataset.record is not None
    return Recorded(dataset.sha256, ImageRecord.of_arrays(dataset.record.arrays()))


def again(path: Path, before: Dataset) -> Dataset:
    return load_dataset(path, recorded=recorded(before))


def same(one: Dataset, other: Dataset) -> bool:
    pairs = zip(
        (one.train_images, one.val_images, one.test_images, one.train_labels, one.test_labels),
        (other.train_images, other.val_images, other.test_images, other.train_labels,
         other.test_labels),
        strict=True,
    )  # fmt: skip
    arrays = all(np.array_equal(a, b) for a, b in pairs if a is not None and b is not None)
    rows = all(np.array_equal(one.rows[split], other.rows[split]) for split in one.rows)
    return arrays and rows and (one.sha256, one.label_names) == (other.sha256, other.label_names)


def added(folder: Path) -> None:
    write_pngs(folder / "dog" / "more", X[50:] // 2 + 9)
    Image.fromarray(X[0]).save(folder / "dog" / "zzz.png")


def added_in_colour(folder: Path) -> None:
    """Which makes colour images of all, by itself."""
    Image.fromarray(COLOUR).save(folder / "cat" / "photo.png")


def added_of_another_size(folder: Path) -> None:
    for index in range(90):
        Image.fromarray(np.rot90(COLOUR[:, :, 0], index % 4)).save(folder / "cat" / f"b{index}.png")


def added_class(folder: Path) -> None:
    """Which gives every other class another number."""
    write_pngs(folder / "ape", X[50:])


def added_beside_the_classes(folder: Path) -> None:
    """So many that they would be the dataset."""
    write_pngs(folder, np.concatenate([X, 255 - X]))


def added_split(folder: Path) -> None:
    write_pngs(folder / "train" / "cat", X[50:])
    write_pngs(folder / "test" / "cat", X[40:50])


def added_and_damaged(folder: Path) -> None:
    for index in range(60):
        (folder / "cat" / f"x{index}.png").write_bytes(b"no image")


def renamed(folder: Path) -> None:
    (folder / "cat" / "000.png").rename(folder / "dog" / "zzz.png")
    (folder / "dog" / "001.png").rename(folder / "cat" / "a.png")


def exchanged(folder: Path) -> None:
    (folder / "cat" / "000.png").rename(folder / "x.png")
    (folder / "cat" / "001.png").rename(folder / "cat" / "000.png")
    (folder / "x.png").rename(folder / "cat" / "001.png")


def a_copy_removed(folder: Path) -> None:
    (folder / "cat" / "003.png").unlink()


def renamed_beside_colour(folder: Path) -> None:
    renamed(folder)
    added_in_colour(folder)


def class_renamed(folder: Path) -> None:
    (folder / "cat").rename(folder / "zebra")


def arrays_added(folder: Path) -> None:
    np.save(folder / "arrays.npy", X)


CHANGES: list[Callable[[Path], None]] = [
    added, added_in_colour, added_of_another_size, added_class, added_beside_the_classes,
    added_split, added_and_damaged, renamed, exchanged, a_copy_removed, renamed_beside_colour,
    class_renamed, arrays_added,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_folder_gives_the_same_images(
    folder: Path, change: Callable[[Path], None]
) -> None:
    before = load_dataset(folder)
    keep = recorded(before)
    copies = {name: np.array(getattr(before, name)) for name in ("train_images", "test_images")}
    change(folder)
    after = load_dataset(folder, recorded=keep)
    assert same(before, after)
    assert all(np.array_equal(getattr(after, name), copies[name]) for name in copies)
    assert same(before.limited(9), after.limited(9))


def test_what_came_since_is_reported(folder: Path) -> None:
    before = load_dataset(folder)
    added(folder)
    told = again(folder, before).description()
    assert "left out: 11 images that came after this session had begun" in told
    assert again(folder, before).sha256 != load_dataset(folder).sha256


def test_without_a_change_nothing_is_read_in_another_way(folder: Path) -> None:
    before = load_dataset(folder)
    assert equal(again(folder, before), before)


def test_changed_and_lost_images_are_counted_and_the_first_named(folder: Path) -> None:
    before = load_dataset(folder)
    for name in ("cat/001.png", "dog/004.png"):
        Image.fromarray(255 - X[7]).save(folder / name)
    for index in range(10, 16):
        (folder / "dog" / f"{index:03}.png").unlink()
    added(folder)
    with pytest.raises(DatasetError) as caught:
        again(folder, before)
    line = str(caught.value)
    assert "2 changed ('cat/001.png', 'dog/004.png')" in line
    assert "6 gone ('dog/010.png', 'dog/011.png', 'dog/012.png' and 3 more)" in line
    assert "bring them back, or fork" in line
    assert caught.value.remedy == "restore_images"
    assert "\n" not in line


def test_a_name_cannot_lead_out_of_the_folder_nor_write_to_a_terminal(folder: Path) -> None:
    outside = folder.parent / "secret.png"
    Image.fromarray(255 - X[1]).save(outside)
    before = load_dataset(folder)
    assert before.record is not None
    arrays = before.record.arrays()
    names = arrays["names"].tobytes().split(b"\0")
    for evil in (b"../secret.png", str(outside).encode(), b"\x1b[2J\nx\xff.png"):
        forged = b"\0".join([evil, *names[1:]])
        arrays["names"] = np.frombuffer(forged, np.uint8)
        arrays["keys"] = arrays["keys"].copy()
        arrays["keys"][0] = 7
        with pytest.raises(DatasetError, match="1 gone") as caught:
            load_dataset(folder, recorded=Recorded("0" * 64, ImageRecord.of_arrays(arrays)))
        assert str(caught.value).isprintable()


def test_names_of_any_bytes_are_kept(folder: Path) -> None:
    odd = folder / "cat" / "k\udcff\n\x1b.png"
    (folder / "cat" / "000.png").rename(odd)
    before = load_dataset(folder)
    added(folder)
    assert same(again(folder, before), before)


def array_with(path: Path, *images: AnyArray, **more: AnyArray) -> Path:
    return write_npz(path, {"images": np.concatenate(images), **more})


@pytest.mark.parametrize(
    "make",
    [
        lambda images: images,
        lambda images: images.astype(np.uint16) * 200,
        lambda images: (images / 255).astype(np.float32),
        lambda images: np.repeat(images[:, None], 3, axis=1),
        lambda images: images.reshape(len(images), -1),
        lambda images: np.asfortranarray(images),
    ],
    ids=["bytes", "deep", "floats", "channels first", "flat", "fortran"],
)
def test_rows_of_an_array_are_found_again(
    tmp_path: Path, make: Callable[[AnyArray], AnyArray]
) -> None:
    path = tmp_path / "a.npz"
    images, labels = make(X), np.arange(60) % 3
    np.savez(path, images=images, labels=labels)
    before = load_dataset(path)
    # Among others, which are brighter, in another order, with other labels.
    order = np.random.default_rng(3).permutation(60)
    more = make(255 - X[:10]) if images.dtype != np.uint16 else make(X[:10]) + 9000
    np.savez(path, images=np.concatenate([more, images[order]]), labels=np.arange(70) % 7)
    assert same(again(path, before), before)
    np.savez(path, images=images[5:], labels=labels[5:])
    with pytest.raises(DatasetError, match=r"5 changed or gone \('row 0', 'row 1', .* 2 more\)"):
        again(path, before)


def test_a_test_split_that_came_since_is_not_used(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"x_train": X})
    before = load_dataset(path)
    write_npz(path, {"x_train": X, "x_test": X[:9]})
    assert same(again(path, before), before)


def test_a_folder_that_became_arrays_is_reported(folder: Path) -> None:
    before = load_dataset(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    np.save(folder / "images.npy", X)
    with pytest.raises(DatasetError, match="51 changed or gone"):
        again(folder, before)
    shutil.rmtree(folder)
    with pytest.raises(DatasetError, match=r"does not exist|there is no|No such"):
        again(folder, before)


def test_a_table_of_paths(folder: Path) -> None:
    paths = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.png"))]

    def write(names: list[str]) -> Path:
        with (folder.parent / "t.csv").open("w") as file:
            rows = csv.writer(file)
            rows.writerow(["path", "label"])
            rows.writerows([f"d/{name}", name.partition("/")[0]] for name in names)
        return folder.parent / "t.csv"

    before = load_dataset(write(paths[:40]))
    after = again(write(paths[::-1]), before)
    assert same(before, after)
    with pytest.raises(DatasetError, match="1 gone"):
        again(write(paths[1:]), before)


def test_a_record_is_small() -> None:
    count = 2000
    keys = np.random.default_rng(0).integers(0, 2**63, count).astype(np.uint64)
    names = tuple(f"class{index % 9}/{index:06}.jpg" for index in range(count))
    part = SplitRecord(keys, np.arange(count), np.arange(count) % 9, names)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **ImageRecord({"train": part}).arrays())
    assert file.tell() < 15 * count + 2000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("counts", np.array([-1, 2, 3])),
        ("counts", np.array([0, 0, 51])),
        ("keys", np.zeros(3, np.uint64)),
        ("names", np.frombuffer(b"a\0b", np.uint8)),
        ("label_names", np.frombuffer(b"[1]", np.uint8)),
    ],
)
def test_arrays_that_contradict_each_other_are_no_record(
    folder: Path, name: str, value: AnyArray
) -> None:
    record = load_dataset(folder).record
    assert record is not None
    with pytest.raises(ValueError, match=r"."):
        ImageRecord.of_arrays({**record.arrays(), name: value})
