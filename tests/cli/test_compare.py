"""`vae compare`: the same images, or the same z, through several models."""

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
def pair(recorder: Recorder, digits: Path) -> tuple[Session, Session]:
    """Models of two and of four dimensions of the same 500 test images."""
    one = recorder.session("one", dataset=str(digits))
    return one, recorder.session("other", dataset=str(digits), latent_dim=4, epochs=3)


def asked(vae: Vae, *arguments: object) -> dict[str, Any]:
    done = vae("compare", *arguments, "--json")
    assert done.code == 0, done
    found: dict[str, Any] = json.loads(done.out)
    return found


def fields(record: Any) -> set[str]:
    """The names of all fields, also of nested records."""
    if isinstance(record, list):
        return set().union(*map(fields, record)) if record else set()
    if isinstance(record, dict):
        return set(record) | set().union(*(fields(value) for value in record.values()))
    return set()


def test_each_image_has_the_figures_that_each_model_gives_it_alone(
    vae: Vae, pair: tuple[Session, Session]
) -> None:
    found = asked(vae, "one", "other", "-n", 500)
    assert [(one["letter"], one["name"], one["epoch"]) for one in found["models"]] == [
        ("A", "one", 4),
        ("B", "other", 3),
    ]
    assert (found["images"], found["count"], found["measure"]) == ("test", 500, "negative_elbo")
    for place, session in enumerate(pair):
        done = vae("outliers", session.id, "--worst", 500, "--json")
        alone = {one["index"]: one for one in json.loads(done.out)["outliers"]}
        for row in found["rows"]:
            for name in ("negative_elbo", "reconstruction_loss", "kl_loss"):
                assert row["models"][place][name] == alone[row["index"]][name]
    differences = [
        row["models"][1]["negative_elbo"] - row["models"][0]["negative_elbo"]
        for row in found["rows"]
    ]
    assert [row["models"][1]["difference"] for row in found["rows"]] == differences
    first, second = found["means"]
    assert second["difference"] == pytest.approx(np.mean(differences))
    assert second["standard_error"] == pytest.approx(np.std(differences, ddof=1) / np.sqrt(500))
    assert (first["difference"], first["standard_error"]) == (0.0, 0.0)


def test_rows_are_ordered_by_index_or_by_difference(
    vae: Vae, pair: tuple[Session, Session]
) -> None:
    assert [row["index"] for row in asked(vae, "one", "other", "-n", 4)["rows"]] == [0, 1, 2, 3]
    apart = [
        abs(row["models"][1]["difference"])
        for row in asked(vae, "one", "other", "--order", "difference", "-n", 500)["rows"]
    ]
    assert apart == sorted(apart, reverse=True)


def test_table_picture_and_arrays_have_a_row_per_image(
    vae: Vae, pair: tuple[Session, Session], tmp_path: Path
) -> None:
    done = vae("compare", "one@1", "one", "other", "-n", 3, "-o", "a.npz", "-o", "a.png")
    assert done.code == 0
    assert [line[:2] for line in done.lines[:3]] == ["A ", "B ", "C "]
    assert done.lines[3] == "3 of 500 test images; losses in nats"
    # The recorder exports the same weights after every epoch.
    assert done.lines[6].split()[-1] == "+0.00"
    assert done.lines[15].split()[-2:] == ["+0.00", "±0.00"]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        found = dict(file)
    assert found["originals"].shape == (3, 28, 28)
    assert found["reconstructions"].shape == (3, 3, 28, 28)
    assert found["negative_elbo"].shape == found["squared_error"].shape == (3, 3)
    assert found["sessions"].tolist() == [pair[0].id, pair[0].id, pair[1].id]
    assert found["epochs"].tolist() == [1, 4, 3]
    table = [line.split() for line in done.lines[5:14]]
    assert [row[-5] if row[-1][0] in "+-" else row[-4] for row in table] == [
        f"{value:.2f}" for value in found["negative_elbo"].T.ravel()
    ]
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (4 * 30 - 2, 3 * 30 - 2)
    for name in found:
        assert f"`{name}`" in DOCUMENT, name


def test_the_same_z_through_models_of_equal_dimensions(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    recorder.session("a")
    recorder.session("b", seed=1)
    recorder.session("c", latent_dim=4)
    found = asked(vae, "a", "b", "--seed", 3, "-n", 2, "-o", "z.npz", "-o", "z.png")
    assert [one["origin"] for one in found["samples"]] == [
        "sample 1 of seed 3",
        "sample 2 of seed 3",
    ]
    # The recorder gives all sessions of two dimensions the same weights.
    assert found["samples"][0]["squared_difference"] == {"A": 0.0, "B": 0.0}
    with np.load(tmp_path / "z.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert arrays["images"].shape == (2, 2, 28, 28)
    np.testing.assert_array_equal(arrays["images"][0], arrays["images"][1])
    with Image.open(tmp_path / "z.png") as image:
        assert image.size == (2 * 30 - 2, 2 * 30 - 2)
    typed = vae("compare", "a", "b", "--z", "mean", "--z", "0.5,-1")
    assert [" ".join(line.split()) for line in typed.lines[4:6]] == [
        "the prior's mean 0.00000",
        "z as typed 0.00000",
    ]
    refused = vae("compare", "a", "c", "--seed", 3).error(2)
    assert "2 dimensions" in refused
    assert "the same z needs equal ones" in refused
    for name in arrays:
        assert f"`{name}`" in DOCUMENT, name


def test_every_field_of_the_json_is_documented(vae: Vae, pair: tuple[Session, Session]) -> None:
    found = asked(vae, "one", "other", "-n", 1)
    (samples,) = asked(vae, "one", "one@1", "--seed", 1, "-n", 1)["samples"]
    del samples["squared_difference"]["A"], samples["squared_difference"]["B"]
    for name in fields(found) | fields(samples):
        assert f"`{name}`" in DOCUMENT, name


def test_rate_and_distortion_of_every_epoch_add_up_to_the_loss(
    vae: Vae, pair: tuple[Session, Session]
) -> None:
    one, other = asked(vae, "one", "other", "-n", 1)["rate_distortion"]
    assert (one["session"], one["best_epoch"], len(one["epochs"])) == (pair[0].id, 4, 4)
    assert len(other["epochs"]) == 3
    pair[0].poll()
    for epoch, ended in zip(one["epochs"], pair[0].log.history, strict=True):
        assert epoch["epoch"] == ended.epoch
        assert epoch["rate"] == ended.val_kl_loss
        assert epoch["rate"] + epoch["distortion"] == pytest.approx(ended.val_loss)
    twice = asked(vae, "one@1", "one", "-n", 1)["rate_distortion"]
    assert len(twice) == 1


def test_without_the_dataset_the_saved_images_are_compared(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        recorder.session(name, dataset=str(tmp_path / "gone.npz"))
    done = vae("compare", "a", "b", "-n", 2)
    assert done.code == 0
    assert "2 of 10 saved images; losses in nats" in done.lines
    assert "compared on the images saved with the session" in done.err
    assert "`--dataset PATH`" in vae("compare", "a", "b", "--images", "test").error(1)
    assert asked(vae, "a", "b", "--images", "saved", "-n", 20)["count"] == 10


def test_images_of_ones_own_go_through_all_models(
    vae: Vae, pair: tuple[Session, Session], tmp_path: Path
) -> None:
    Image.fromarray(session_dataset(pair[0]).test_images[0]).save(tmp_path / "digit.png")
    found = asked(vae, "one", "other", "--images", "digit.png")
    assert (found["images"], found["count"]) == ("digit.png", 1)
    (own,) = found["rows"]
    assert own["class"] is None
    first = asked(vae, "one", "other", "-n", 1)["rows"][0]
    for mine, same in zip(own["models"], first["models"], strict=True):
        assert mine["kl_loss"] == pytest.approx(same["kl_loss"], rel=1e-4)
        assert mine["squared_error"] == pytest.approx(same["squared_error"], rel=1e-4)
    assert "gone.png" in vae("compare", "one", "other", "--images", "gone.png").error(1)


def test_what_cannot_be_compared_is_one_line(
    vae: Vae, pair: tuple[Session, Session], recorder: Recorder
) -> None:
    for code, said, arguments in (
        (2, "1 to compare", "one"),
        (1, "no session 'none'", "one none"),
        (1, "epoch 2 kept no decoder: choose one of 1, 4", "one@2 other"),
        (1, "epoch 2 kept no decoder: choose one of 1, 4", "one other --epoch 2"),
        (2, "named twice", "one@4 one"),
        (1, "no session 'one@x'", "one@x one"),
        (2, "exclude each other", "one one@1 --seed 1 --z mean"),
        (2, "need no images", "one one@1 --seed 1 --images test"),
    ):
        assert said in vae("compare", *arguments.split()).error(code)
    large = recorder.session("large", **SETTINGS)
    give_shape(large, ImageShape(29, 31, 3), 1)
    refused = vae("compare", "one", "large").error(2)
    assert "28x28 grey" in refused
    assert "29x31 colour" in refused
    # A name with an @ is that session's, not an epoch's.
    recorder.session("one@4", latent_dim=4)
    named = asked(vae, "one@4", "one", "--images", "saved", "-n", 1)
    assert [model["latent_dim"] for model in named["models"]] == [4, 2]
