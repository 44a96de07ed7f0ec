"""`vae rates`: rate against distortion of sessions and sweeps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorded_sweeps import record_sweep
from tests.tui.recorder import Recorder
from tui.cli.rate_picture import rate_picture
from tui.rate_distortion import RatePath
from tui.rendering.scatter import label_color

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


def test_each_session_has_its_best_epoch_and_all_others_in_files(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    one = recorder.session("first", epochs=6)
    recorder.session("second", latent_dim=4)
    alone = recorder.session("alone", dataset="fashion_mnist")
    recorder.session("young", epochs=0)
    names = ("first", "second", "alone", "young", "first")
    done = vae("rates", *names, "-o", "a.npz", "-o", "a.png")
    assert done.code == 0, done
    rows = {line.split()[1]: line.split() for line in done.lines[2:6]}
    # Rate, distortion and -ELBO of the last epoch, the best one.
    assert rows["first"] == ["A", "first", "2", "6", "4.50", "163.17", "167.67"]
    assert rows["young"][2:] == ["2", "-", "-", "-", "-"]
    assert "do not compare" in done.lines[6]
    assert done.lines[7:] == ["wrote 3 sessions to a.npz", "wrote 2 sessions to a.png"]
    told = json.loads(vae("rates", *names, "--json").out)["rate_distortion"]
    assert [path["session"] for path in told][::2] == [one.id, alone.id]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        arrays = dict(file)
    for name in arrays:
        assert f"`{name}`" in DOCUMENT, name
    for place, path in enumerate(told):
        mine = arrays["place"] == place
        assert arrays["sessions"][place] == path["session"]
        assert arrays["best"][place] == path["best_epoch"]
        for name, key in (("epochs", "epoch"), ("rate", "rate"), ("distortion", "distortion")):
            assert arrays[name][mine].tolist() == [epoch[key] for epoch in path["epochs"]]
    with Image.open(tmp_path / "a.png") as image:
        colors = {color for _, color in image.getcolors(100_000) or []}
    assert {label_color(0), label_color(1)} <= colors
    assert label_color(2) not in colors


def test_a_sweep_stands_for_its_sessions(vae: Vae, recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "training"})
    told = json.loads(vae("rates", sweep.id, "--json").out)["rate_distortion"]
    assert len(told) == 2


def test_without_an_epoch_nothing_is_written(vae: Vae, recorder: Recorder, tmp_path: Path) -> None:
    recorder.session("young", epochs=0)
    assert "no epoch has finished yet" in vae("rates", "young", "-o", "a.png").error(1)
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("rate", "distortion"),
    [([1.0], [2.0]), ([3.0, 3.0], [5.0, 5.0]), ([1e300, 2e300], [1e300, 1e300]), ([0.0], [-4e3])],
    ids=["one epoch", "no change", "huge", "negative"],
)
def test_any_losses_are_drawn(rate: list[float], distortion: list[float]) -> None:
    epochs = np.arange(1.0, len(rate) + 1)
    path = RatePath("id", "name \u5bbd", epochs, np.array(rate), np.array(distortion))
    drawn = rate_picture([("A", path)])
    assert label_color(0) in set(map(tuple, drawn.reshape(-1, 3).tolist()))


def test_an_epoch_far_from_all_others_does_not_hide_them() -> None:
    rate, distortion = 7 + np.arange(40.0) / 20, 130 - np.arange(40.0) / 5
    rate[25], distortion[30] = 1.2e6, 1e12
    drawn = rate_picture([("A", RatePath("id", "name", np.arange(1.0, 41), rate, distortion))])
    rows, columns = np.nonzero((drawn == label_color(0)).all(axis=2))
    assert np.ptp(rows[columns < 800]) > 300
    assert np.ptp(columns) > 500
