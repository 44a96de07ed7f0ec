"""Walks through latent space: traversals, paths, directions between classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tui.cli.starts import read_start
from tui.sampler.own_image import encoded
from vae_engine.datasets import load_dataset, to_float
from vae_engine.datasets.binarization import own_as_evaluated
from vae_engine.errors import SettingError
from vae_engine.inference.sampling import draw_prior, find_export, load_decoder, load_encoder
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.points import keep_point, made_point
from vae_engine.sessions.previews import (
    Preview,
    preview_epochs,
    read_preview,
    write_preview,
)
from vae_engine.sessions.session import Session


@pytest.fixture
def recorded(recorder: Recorder) -> Session:
    return recorder.session("recorded", latent_dim=4)


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def frames(path: Path) -> int:
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


def test_a_traversal_has_a_row_per_dimension_in_the_order_of_their_kl(
    vae: Vae, recorded: Session, tmp_path: Path
) -> None:
    done = vae("traverse", "latest", "--from", "7:3", "--steps", 5, "-o", "a.npz")
    assert done.out == "wrote 4 traversals from sample 3 of seed 7 to a.npz\n"
    found = arrays(tmp_path / "a.npz")
    assert found["dimensions"].tolist() == [0, 1, 2, 3]
    assert found["kl"].tolist() == pytest.approx([3.0, 1.5, 1.0, 0.75])
    start = draw_prior(3, 4, seed=7)[2]
    z = found["z"].reshape(4, 5, 4)
    for row, dimension in enumerate(found["dimensions"].tolist()):
        expected = np.tile(start, (5, 1))
        expected[:, dimension] = [-3, -1.5, 0, 1.5, 3]
        np.testing.assert_array_equal(z[row], expected)
    np.testing.assert_array_equal(found["images"], load_decoder(recorded).decode(found["z"]))


def test_json_has_the_kl_and_where_the_traversal_starts(vae: Vae, recorded: Session) -> None:
    done = vae("traverse", "latest", "--dims", 2, "--steps", 3, "--reach", 2, "--json")
    assert json.loads(done.out) == {
        "session": recorded.id,
        "epoch": 4,
        "from": "the prior's mean",
        "start": [0.0, 0.0, 0.0, 0.0],
        "values": [-2.0, 0.0, 2.0],
        "dimensions": [{"dimension": 0, "kl": 3.0}, {"dimension": 1, "kl": 1.5}],
    }


def test_with_json_a_file_is_written_without_a_message(
    vae: Vae, recorded: Session, tmp_path: Path
) -> None:
    done = vae("path", recorded.id, "mean", "0", "--json", "-o", "a.png")
    assert json.loads(done.out)["to"] == "sample 1 of seed 0"
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (10 * 30 - 2, 28)


def test_drawn_rows_have_titles_and_captions(vae: Vae, recorded: Session) -> None:
    done = vae("traverse", recorded.id, "--dims", 2, "--steps", 3)
    assert [line for line in done.lines if "KL" in line] == ["z0  KL 3.00 nats", "z1  KL 1.50 nats"]
    captions = [line.split() for line in done.lines if "+3.0" in line]
    assert captions == [["-3.0", "0", "+3.0"]] * 2


def test_a_path_has_both_ends(vae: Vae, recorded: Session, tmp_path: Path) -> None:
    assert recorded.settings.latent_dim == 4
    ends = ["[1, 2, 3, 4]", "1:2"]
    assert vae("path", "latest", *ends, "--steps", 5, "-o", "a.npz").code == 0
    z = arrays(tmp_path / "a.npz")["z"]
    end = draw_prior(2, 4, seed=1)[1]
    np.testing.assert_allclose(z, np.linspace([1, 2, 3, 4], end, 5), atol=1e-6)


@pytest.mark.parametrize("name", ["a.gif", "a.apng"])
def test_a_path_moves_there_and_back(
    vae: Vae, recorded: Session, tmp_path: Path, name: str
) -> None:
    assert vae("path", recorded.id, "0", "1", "--steps", 6, "-o", name).code == 0
    assert frames(tmp_path / name) == 10
    assert vae("traverse", recorded.id, "-o", f"t-{name}").code == 0
    with Image.open(tmp_path / f"t-{name}") as image:
        assert getattr(image, "n_frames", 1) > 6
        assert min(image.size) >= 100


def test_a_direction_is_that_between_the_means_of_two_classes(
    vae: Vae, recorded: Session, tmp_path: Path
) -> None:
    z_mean = np.arange(24, dtype=np.float32).reshape(6, 4) ** 2
    labels = np.array([4, 9, 4, 9, 9, 1])
    write_npz(recorded.folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": labels})
    options = ["--from", "2", "--steps", 3, "--strength", 2, "-o", "a.npz"]
    done = vae("direction", "latest", "4", "9", *options)
    assert done.out == "wrote the direction 4 to 9 from sample 1 of seed 2 to a.npz\n"
    vector = z_mean[[1, 3, 4]].mean(axis=0) - z_mean[[0, 2]].mean(axis=0)
    start = draw_prior(1, 4, seed=2)[0]
    found = arrays(tmp_path / "a.npz")
    np.testing.assert_allclose(found["direction"], vector, rtol=1e-6)
    np.testing.assert_allclose(found["z"], [start - 2 * vector, start, start + 2 * vector], 1e-5)


def test_a_direction_joins_groups_of_images_by_index_and_of_files(
    vae: Vae, recorded: Session, tmp_path: Path
) -> None:
    images = load_dataset("mnist").test_images
    folder = tmp_path / "mine"
    folder.mkdir()
    for row in (5, 6):
        Image.fromarray(images[row]).save(folder / f"{row}.png")
    Image.fromarray(images[7]).save(tmp_path / "one.png")
    z_mean, _ = load_encoder(recorded).encode(to_float(images[:8]))
    vae("direction", "latest", "test:0-2,4", f"{folder},one.png", "-o", "a.npz")
    vector = z_mean[5:8].mean(axis=0) - z_mean[[0, 1, 2, 4]].mean(axis=0)
    np.testing.assert_allclose(arrays(tmp_path / "a.npz")["direction"], vector, atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["4", "x\x1b[31m"], "there is no class"),
        (["4", "4"], "choose two classes"),
        (["4", "test:9999999"], "the test split has images 0 to"),
        (["4", "test:5-2"], "the test split has images 0 to"),
        (["4", "no/such.png"], "files or folders of images"),
    ],
)
def test_classes_that_are_none_are_named(
    vae: Vae, recorded: Session, classes: list[str], said: str
) -> None:
    z_mean = np.ones((2, 4), np.float32)
    embedded = {"z_mean": z_mean, "labels": np.array([4, 9])}
    write_npz(recorded.folder / layout.EMBEDDINGS, embedded)
    assert said in vae("direction", "latest", *classes).error(2)


def test_a_start_is_the_mean_a_sample_numbers_or_an_image(
    recorded: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_start("from", "mean", recorded).z.tolist() == [0, 0, 0, 0]
    drawn = draw_prior(5, 4, seed=12)
    assert np.array_equal(read_start("from", "12", recorded).z, drawn[0])
    assert np.array_equal(read_start("from", "12:5", recorded).z, drawn[4])
    assert read_start("from", "-1, 2e0 .5 0", recorded).z.tolist() == [-1, 2, 0.5, 0]
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    Image.fromarray(digit).save("digit.png")
    z_mean, _ = load_encoder(recorded).encode(to_float(digit[None]))
    start = read_start("from", "digit.png", recorded)
    assert start.origin == "z_mean of digit.png"
    np.testing.assert_allclose(start.z, z_mean[0], atol=1e-6)


def test_an_image_of_a_binarized_session_is_binarized(
    recorded: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grey = np.full((28, 28), 120, np.uint8)
    Image.fromarray(grey).save("grey.png")
    binarized = msgspec.structs.replace(recorded.settings, binarize="dynamic")
    recorded.manifest = msgspec.structs.replace(recorded.manifest, settings=binarized)
    drawn = own_as_evaluated(grey[None], binarized)
    assert set(np.unique(drawn)) == {0, 255}
    z_mean, _ = load_encoder(recorded).encode(to_float(drawn))
    np.testing.assert_allclose(read_start("from", "grey.png", recorded).z, z_mean[0], atol=1e-6)
    entry = find_export(recorded)
    np.testing.assert_allclose(encoded(recorded, entry, "grey.png")[0], z_mean[0], atol=1e-6)


@pytest.mark.parametrize(
    "text", ["", "nowhere.png", "7:0", "7:99999999", "1,2", "nan,1,2,3", "7:x", "99999999999", "²"]
)
def test_what_is_no_start_is_refused(recorded: Session, text: str) -> None:
    with pytest.raises(SettingError):
        read_start("from", text, recorded)


def test_too_many_images_are_refused_before_they_are_decoded(
    vae: Vae, recorded: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cli.walks._MOST_VALUES", 784 * 27)
    assert "28 images: at most 27 of 28x28" in vae("traverse", recorded.id).error(2)


def test_an_export_that_is_missing_is_reported(vae: Vae, recorder: Recorder) -> None:
    recorder.session("young", epochs=0, status="training")
    assert "no exported decoder yet" in vae("traverse", "young").error(1)


def test_named_points_are_listed_used_and_deleted(
    vae: Vae, recorded: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert vae("points", "latest").out == ""
    z = [0.5, -1.25, 3.0, 0.0]
    kept = made_point("a smile", z, epoch=4, step=0, origin="sample 3 of seed 0", now=1.0)
    keep_point(recorded, kept)
    head, line = vae("points", "latest").lines
    assert head.split() == ["name", "epoch", "from", "z"]
    assert line.split(maxsplit=2)[:2] == ["a", "smile"]
    assert "+0.50 -1.25 +3.00 +0.00" in line
    assert json.loads(vae("points", "latest", "--json").out)[0]["z"] == z
    done = json.loads(vae("traverse", "latest", "--from", "point:a smile", "--json").out)
    assert (done["from"], done["start"]) == ("point a smile", z)
    assert "no point 'other': 'a smile'" in vae("points", "latest", "--delete", "other").error(2)
    assert vae("points", "latest", "--delete", "a smile").code == 0
    assert vae("points", "latest", "--json").out.strip() == "[]"


@pytest.mark.parametrize("what", ["samples", "reconstructions"])
def test_a_timelapse_has_a_frame_per_epoch_or_as_many_as_are_wanted(
    vae: Vae, recorder: Recorder, tmp_path: Path, what: str
) -> None:
    session = recorder.session("long", epochs=6)
    done = vae("timelapse", "long", "--images", what, "-o", "a.apng")
    epochs = preview_epochs(session.folder)
    assert done.out == f"wrote {len(epochs)} epochs to a.apng\n"
    for epoch in epochs:
        preview = read_preview(session.folder, epoch)
        assert preview is not None
        # An animation holds no frame twice in a row.
        levels = preview.samples.copy()
        levels[:, 0, 0] = epoch
        write_preview(session.folder, epoch, Preview(preview.reconstructions + epoch, levels))
    assert vae("timelapse", "long", "--images", what, "--frames", 3, "-o", "b.gif").code == 0
    assert frames(tmp_path / "b.gif") == 3


def test_a_session_without_previews_has_no_timelapse(vae: Vae, recorder: Recorder) -> None:
    recorder.session("young", epochs=1, previews=False)
    assert "has no previews yet" in vae("timelapse", "young", "-o", "a.gif").error(1)
