"""`vae map`: where the classes lie, and what lies in a region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from vae_engine.inference.class_overlap import class_places
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
LABELS = np.arange(60) % 3


def recorded(recorder: Recorder, latent_dim: int) -> NDArray[np.float32]:
    """A session whose classes lie at 0, 1 and 9 along the first dimension."""
    session = recorder.session("small", latent_dim=latent_dim)
    z_mean = 0.1 * np.random.default_rng(0).normal(size=(60, latent_dim)).astype(np.float32)
    z_mean[:, 0] += np.array([0, 1, 9], np.float32)[LABELS]
    write_npz(session.folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": LABELS})
    return z_mean


def test_each_class_has_its_nearest_and_what_is_reported_is_documented(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    z_mean = recorded(recorder, 2)
    done = vae("map", "small", "--json", "-o", "a.npz", "-o", "b.png")
    assert done.code == 0, done
    found = json.loads(done.out)
    assert found["axes"] == ["z0", "z1"]
    assert [(one["class"], one["nearest"]) for one in found["classes"]] == [
        ("0", "1"),
        ("1", "0"),
        ("2", "1"),
    ]
    means = [z_mean[label == LABELS].mean(axis=0) for label in range(3)]
    assert found["classes"][2]["distance"] == pytest.approx(np.linalg.norm(means[2] - means[1]))
    assert found["indices"] == list(range(60))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        arrays = dict(file)
    np.testing.assert_array_equal(arrays["z_mean"], z_mean)
    with Image.open(tmp_path / "b.png") as image:
        assert len(image.convert("RGB").getcolors(10_000) or []) > 3
    for name in (*found, *found["classes"][0], *arrays):
        assert f"`{name}`" in DOCUMENT, name
    assert [line.split()[0] for line in vae("map", "small").lines[2:]] == ["0", "1", "2"]


def test_images_without_a_finite_z_mean_are_reported(vae: Vae, recorder: Recorder) -> None:
    z_mean = recorded(recorder, 2)
    z_mean[3:7] = np.nan
    folder = recorder.store.find("small").folder
    write_npz(folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": LABELS})
    assert "4 test images left out: z_mean is not finite" in vae("map", "small").out
    assert json.loads(vae("map", "small", "--json").out)["left_out"] == 4
    write_npz(folder / layout.EMBEDDINGS, {"z_mean": z_mean * np.nan, "labels": LABELS})
    for command in (("map", "small"), ("direction", "small", "0", "1")):
        done = vae(*command)
        assert done.code == 1, done
        assert "none of 60 embeddings is finite" in done.err
        assert done.err.count("\n") == 1


def test_groups_of_one_mean_have_no_direction(vae: Vae, recorder: Recorder) -> None:
    z_mean = recorded(recorder, 2)
    folder = recorder.store.find("small").folder
    write_npz(folder / layout.EMBEDDINGS, {"z_mean": z_mean * 0, "labels": LABELS})
    done = vae("direction", "small", "0", "2")
    assert "GROUP_A '0' and GROUP_B '2' have the same mean" in done.err


def test_a_box_has_the_images_of_its_region_whichever_corners_are_given(
    vae: Vae, recorder: Recorder
) -> None:
    z_mean = recorded(recorder, 2)
    inside = np.flatnonzero(((z_mean >= 0.5) & (z_mean <= 1.5))[:, 0] & (np.abs(z_mean[:, 1]) < 1))
    for box in (("0.5", "-1", "1.5", "1"), ("1.5", "1", "0.5", "-1")):
        found = json.loads(vae("map", "small", "--box", *box, "--json").out)
        assert found["indices"] == inside.tolist()
        assert [one["class"] for one in found["classes"]] == ["1"]
        assert found["classes"][0]["nearest"] is None


def test_more_dimensions_are_mapped_by_components_or_t_sne(
    vae: Vae, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recorded(recorder, 4)
    assert json.loads(vae("map", "small", "--json").out)["axes"] == ["PC1", "PC2"]

    class Process:
        def run(self, z_mean: NDArray[np.float32], _: Any) -> NDArray[np.float32]:
            return z_mean[:, :2]

    monkeypatch.setattr("tui.cli.latent_map.TsneProcess", Process)
    done = vae("map", "small", "--tsne", "-o", "a.npz")
    assert "by t-SNE" in done.lines[0]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["places"].shape == (60, 2)


@pytest.mark.parametrize(
    ("latent_dim", "options", "why"),
    [
        (2, ("--tsne",), "more than two dimensions"),
        (4, ("--tsne", "--box", "0", "0", "1", "1"), "omit it or --tsne"),
        (2, ("--box", "0", "nan", "1", "1"), "four finite numbers"),
        (2, ("--box", "0", "0", "inf", "1"), "four finite numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    vae: Vae, recorder: Recorder, latent_dim: int, options: tuple[str, ...], why: str
) -> None:
    recorded(recorder, latent_dim)
    done = vae("map", "small", *options)
    assert done.code == 2
    assert why in done.err
    assert len(done.err.splitlines()) == 1


def test_overlap_is_the_share_that_is_nearer_to_another_mean() -> None:
    # The third image of the first class lies where the second class is.
    z_mean = np.array([[0, 0], [0, 0], [9, 0], [10, 0], [10, 0], [5, 5]], np.float32)
    first, second = class_places(z_mean, np.array([4, 4, 4, 7, 7, -1]), ())
    assert (first.name, first.images, first.nearest) == ("4", 3, "7")
    assert first.overlap == pytest.approx(1 / 3)
    assert second.overlap == 0
    assert first.distance == pytest.approx(7.0)
    assert class_places(z_mean, np.full(6, -1), ()) == []
