"""`vae outliers` and `vae encode`: single images and what a model makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions.session import Session

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


@pytest.fixture
def session(recorder: Recorder, digits: Path) -> Session:
    """A small model with 500 test images."""
    return recorder.session("small", dataset=str(digits))


@pytest.fixture
def digit(session: Session, tmp_path: Path) -> Path:
    """A file with the first test image."""
    path = tmp_path / "digit.png"
    Image.fromarray(session_dataset(session).test_images[0]).save(path)
    return path


def asked(vae: Vae, *arguments: object) -> dict[str, Any]:
    done = vae(*arguments, "--json")
    assert done.code == 0, done
    found: dict[str, Any] = json.loads(done.out)
    return found


def arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_the_worst_images_come_first_with_their_terms(vae: Vae, session: Session) -> None:
    found = asked(vae, "outliers", "small", "--worst", 500)
    assert (found["images"], found["split"], found["order"]) == (500, "test", "worst")
    losses = [one["negative_elbo"] for one in found["outliers"]]
    assert losses == sorted(losses, reverse=True)
    assert sorted(one["index"] for one in found["outliers"]) == list(range(500))
    for one in found["outliers"]:
        assert one["negative_elbo"] == one["reconstruction_loss"] + one["kl_loss"]
    assert np.mean(losses) == pytest.approx(found["negative_elbo"])
    dataset = session_dataset(session)
    assert dataset.test_labels is not None
    worst = found["outliers"][0]
    assert worst["label"] == dataset.test_labels[worst["index"]]
    assert worst["row"] == dataset.rows["test"][worst["index"]]
    hardest = [one["negative_elbo"] for one in found["classes"]]
    assert hardest == sorted(hardest, reverse=True)
    assert sum(one["images"] for one in found["classes"]) == 500


def test_best_and_class_choose_others(vae: Vae, session: Session) -> None:
    best = asked(vae, "outliers", session.id, "--best", 3, "--class", 7, "--split", "val")
    losses = [one["negative_elbo"] for one in best["outliers"]]
    assert losses == sorted(losses)
    assert [one["class"] for one in best["outliers"]] == ["7"] * 3
    assert best["split"] == "val"
    # More than there are gives those that there are.
    every = asked(vae, "outliers", session.id, "--worst", 10_000, "--class", 7)
    (sevens,) = (one["images"] for one in every["classes"] if one["label"] == 7)
    assert len(every["outliers"]) == sevens


def test_the_table_and_the_files_have_the_same(vae: Vae, session: Session, tmp_path: Path) -> None:
    done = vae("outliers", "small", "--worst", 4, "-o", "a.npz", "-o", "b.png")
    assert done.code == 0
    assert done.lines[0].startswith(f"session {session.id} (small): weights of epoch 4, mean -ELBO")
    assert done.lines[1].startswith("classes, hardest first: ")
    found = arrays(tmp_path / "a.npz")
    listed = [line.split() for line in done.lines[3:7]]
    assert [int(row[0]) for row in listed] == found["indices"].tolist()
    assert [row[2] for row in listed] == [f"{loss:.2f}" for loss in found["negative_elbo"]]
    dataset = session_dataset(session)
    np.testing.assert_array_equal(
        np.rint(found["originals"] * 255), dataset.test_images[found["indices"]]
    )
    assert found["reconstructions"].shape == (4, 28, 28)
    assert found["z_mean"].shape == found["z_log_var"].shape == (4, 2)
    assert (found["split"].item(), found["epoch"].item()) == ("test", 4)
    assert size(tmp_path / "b.png") == (4 * 30 - 2, 2 * 30 - 2)
    for name in found:
        assert f"`{name}`" in DOCUMENT, name


def test_every_field_of_the_json_is_documented(vae: Vae, session: Session, digit: Path) -> None:
    listed = asked(vae, "outliers", session.id, "--worst", 1)
    encoded = asked(vae, "encode", session.id, digit)
    for record in (listed, *listed["outliers"], *listed["classes"], encoded, *encoded["images"]):
        for name in record:
            assert f"`{name}`" in DOCUMENT, name


def test_an_image_of_ones_own_is_encoded_as_the_datasets_are(
    vae: Vae, session: Session, digit: Path, tmp_path: Path
) -> None:
    found = asked(vae, "encode", session.id, digit, digit, "-o", "own.npz", "-o", "own.png")
    listed = asked(vae, "outliers", session.id, "--worst", 500)["outliers"]
    (same,) = (one for one in listed if one["index"] == 0)
    first, second = found["images"]
    assert first["file"] == str(digit)
    np.testing.assert_allclose(first["z_mean"], same["z_mean"], atol=1e-5)
    assert first["kl_loss"] == pytest.approx(same["kl_loss"], rel=1e-5)
    assert first["negative_elbo"] == pytest.approx(same["negative_elbo"], rel=0.2)
    np.testing.assert_allclose(first["z_mean"], second["z_mean"], atol=1e-6)
    saved = arrays(tmp_path / "own.npz")
    assert saved["files"].tolist() == [str(digit)] * 2
    np.testing.assert_allclose(saved["z_mean"][0], first["z_mean"], atol=1e-6)
    assert size(tmp_path / "own.png") == (2 * 30 - 2, 2 * 30 - 2)


def test_a_bad_file_is_one_line_and_the_others_are_encoded(
    vae: Vae, session: Session, digit: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no image")
    done = vae("encode", session.id, "text.png", digit.name, "gone.jpg")
    assert done.code == 1
    wrong = done.err.splitlines()
    assert len(wrong) == 2
    assert wrong[0].startswith("vae: ")
    assert "text.png" in wrong[0]
    assert "gone.jpg" in wrong[1]
    assert done.lines[-1].startswith("digit.png ")
    none = vae("encode", session.id, "gone.jpg")
    assert (none.code, none.out) == (1, "")
    assert none.err.splitlines()[-1] == "vae: none of 1 file has an image that can be read"


@pytest.mark.parametrize(
    "shape", [ImageShape(64, 64, 3), ImageShape(29, 31, 3), ImageShape(48, 80, 1)]
)
def test_images_of_any_shape_are_brought_to_the_models(
    vae: Vae, recorder: Recorder, tmp_path: Path, shape: ImageShape
) -> None:
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, shape, 1, 2)
    photo = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    grey = np.random.default_rng(0).random((2, 20, 20), np.float32)
    np.save(tmp_path / "arrays.npy", grey)
    found = asked(vae, "encode", session.id, "photo.png", "arrays.npy", "-o", "own.npz")
    assert [one["file"] for one in found["images"]] == ["photo.png", "arrays.npy", "arrays.npy"]
    assert [one["row"] for one in found["images"]] == [0, 0, 1]
    assert arrays(tmp_path / "own.npz")["reconstructions"].shape == (3, *shape.array)


def test_what_cannot_be_asked_is_one_line(
    vae: Vae, session: Session, recorder: Recorder, tmp_path: Path
) -> None:
    both = vae("outliers", session.id, "--worst", 1, "--best", 1).error(2)
    assert both == "vae: --worst and --best exclude each other: omit one"
    unknown = vae("outliers", session.id, "--class", "cat").error(2)
    assert unknown.startswith("vae: class is 'cat': it must be one of 0, 1, 2")
    assert "ending in .png or .npz" in vae("outliers", session.id, "-o", "a.txt").error(2)
    untrained = recorder.session("new", status="starting")
    assert "no exported decoder yet" in vae("outliers", untrained.id).error(1)
    gone = recorder.session("gone", dataset=str(tmp_path / "gone.npz"))
    assert "`--dataset PATH`" in vae("outliers", gone.id).error(1)
