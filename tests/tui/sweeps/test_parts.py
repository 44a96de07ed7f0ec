"""Parts of a sweep's screen, as functions: grid, curves with their band, samples."""

from __future__ import annotations

import math
import shutil

import msgspec
import numpy as np
import pytest
from rich.style import Style

from tests.tui.recorded_sweeps import begin_trial, record_sweep, session_folder
from tests.tui.recorder import Recorder, epoch_ended
from tui.comparison import Compared, curves
from tui.history import History
from tui.rendering.curves import Colors, Curves, Scale, draw_curves
from tui.rendering.series import DASHES, Series, drawable
from tui.rendering.tones import HUES
from tui.sweeps.catalogue import SweepCatalogue
from tui.sweeps.curves import mean_curve, setting_curves
from tui.sweeps.feed import SweepFeed
from tui.sweeps.grid import HEATS, Cell, trial_table
from tui.sweeps.samples import COUNT, SampleSource
from tui.sweeps.toned_lines import first_shown
from vae_engine.sessions import layout
from vae_engine.settings import Settings
from vae_engine.sweeps.store import SweepStore
from vae_engine.sweeps.trials import read_trials


def history(*losses: float) -> History:
    return History(
        [epoch_ended(epoch, val_loss=loss) for epoch, loss in enumerate(losses, start=1)]
    )


def test_a_curve_is_the_mean_of_its_seeds_between_the_lowest_and_the_highest() -> None:
    curve = mean_curve("d 2", [history(200.0, 150.0), history(210.0, 170.0, 140.0)], "val_loss")
    np.testing.assert_array_equal(curve.epochs, [1, 2, 3])
    np.testing.assert_array_equal(curve.values, [205.0, 160.0, 140.0])
    assert curve.band is not None
    np.testing.assert_array_equal(curve.band[0], [200.0, 150.0, 140.0])
    np.testing.assert_array_equal(curve.band[1], [210.0, 170.0, 140.0])


def test_one_seed_has_no_band_and_what_is_no_number_does_not_count() -> None:
    assert mean_curve("d 2", [history(200.0)], "val_loss").band is None
    curve = mean_curve("d 2", [history(200.0, math.nan), history(220.0, 180.0)], "val_loss")
    np.testing.assert_array_equal(curve.values, [210.0, 180.0])
    diverged = mean_curve("d 2", [history(math.nan), history(math.inf)], "val_loss")
    assert len(diverged.epochs) == 0
    assert len(mean_curve("d 2", [], "val_loss").epochs) == 0


def test_a_setting_has_the_changes_of_its_schedule() -> None:
    betas = [0.25, 0.5, 1.0, 1.0, 1.0]
    seed = History([epoch_ended(epoch, beta=beta) for epoch, beta in enumerate(betas, start=1)])
    (change,) = seed.schedule_marks
    assert mean_curve("d 2", [seed, seed], "val_loss").changes == (change.epoch,)
    compared = Compared("id", "name", Settings(), "completed", seed)
    (curve,) = curves([compared], "val_kl_loss")
    assert curve.changes == (change.epoch,)


def drawn(series: Series, *, plain: bool = False, scale: Scale | None = None) -> Curves:
    colors = Colors(Style(), [Style(color="blue"), Style(color="red")], plain)
    return draw_curves([series], 40, 10, scale or Scale(), colors, axis=True)


def band_series() -> Series:
    epochs = np.arange(1.0, 11.0)
    return Series("loss", epochs, np.full(10, 5.0), band=(np.full(10, 1.0), np.full(10, 9.0)))


@pytest.mark.parametrize("scale", [Scale(), Scale(log=True), Scale(smoothing=0.6)])
def test_a_band_is_stippled_around_its_curve(scale: Scale) -> None:
    def braille(one: Series) -> list[list[str]]:
        texts = ["".join(s.text for s in line) for line in drawn(one, scale=scale).lines[:-1]]
        return [[char for char in text if 0x2800 < ord(char) < 0x2900] for text in texts]

    bare = Series("loss", np.arange(1.0, 11.0), np.full(10, 5.0))
    rows = braille(band_series())
    assert [bool(row) for row in rows] == [True] * 9
    assert sum(map(len, braille(bare))) < sum(map(len, rows))
    # Texture, not colour, tells the band from the curve: it has one dot of eight.
    assert {bin(ord(char) - 0x2800).count("1") for char in rows[0]} == {1}


def test_without_braille_curves_are_characters_and_bands_are_points() -> None:
    lines = ["".join(s.text for s in line) for line in drawn(band_series(), plain=True).lines]
    text = "\n".join(lines)
    assert text.isascii()
    assert sum("*" in line for line in lines) == 1
    assert sum("." in line[7:] for line in lines) >= 8


def test_a_band_is_cleaned_with_its_curve() -> None:
    epochs, values = np.arange(1.0, 5.0), np.array([4.0, 3.0, 2.0, 1.0])
    low, high = np.array([1.0, -1.0, 1.0, 0.5]), np.array([5.0, 5.0, math.inf, 5.0])
    one = drawable(Series("x", epochs, values, 0, (low, high)), log=True, smoothing=0.0, start=None)
    np.testing.assert_array_equal(one.epochs, [1.0, 4.0])
    assert one.band is not None
    np.testing.assert_array_equal(one.band[0], [1.0, 0.5])


def test_the_grid_has_a_row_for_each_setting_and_a_column_for_each_seed(recorder: Recorder) -> None:
    sweep = record_sweep(
        recorder, {1: "completed", 2: "training", 3: "failed"}, beta=(1.0, 4.0), seeds=2
    )
    table = trial_table(read_trials(sweep))
    assert table.names == ("d", "beta")
    assert table.seeds == ("seed 0", "seed 1")
    assert [row.values for row in table.rows] == [("2", "1"), ("2", "4"), ("4", "1"), ("4", "4")]
    assert table.rows[1].label == "d 2, beta 4"
    assert table.cells[0] == (Cell("✓ 4", "good", metric=176.0), Cell("·", "quiet"))
    assert table.cells[1][0] == Cell("● 2/4", "live")
    assert table.cells[2][0] == Cell("✗ 2/4", "bad")


def test_trials_in_the_trash_and_damaged_ones_are_reported_in_the_grid(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"})
    recorder.store.delete(recorder.store.find_listing(session_folder(sweep, 1).name))
    (session_folder(sweep, 2) / layout.MANIFEST).write_text("{")
    cells = trial_table(read_trials(sweep)).cells
    assert cells[0][0] == Cell("× deleted", "quiet")
    assert cells[1][0] == Cell("✗ damaged", "bad")


def test_settings_that_have_no_epoch_yet_have_no_curve(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 3: "training"})
    found = SweepFeed(sweep).read(range(4))
    table = trial_table(found.trials)
    (curve,) = setting_curves(table.rows, found.trials, found.histories, "val_loss")
    assert (curve.label, curve.tone) == ("d 2", 0)
    np.testing.assert_array_equal(curve.epochs, [1, 2, 3, 4])


def test_a_look_at_what_did_not_change_gives_the_same(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "training"})
    feed = SweepFeed(sweep)
    first = feed.read([0, 1])
    assert first.histories.keys() == {trial.session for trial in first.trials[:2]}
    second = feed.read([0, 1])
    assert second == first
    assert second.histories is first.histories
    recorder.finish_epoch(begin_trial(recorder, sweep, 3, "training"), 3)
    third = feed.read([0, 1, 2])
    assert third.trials[2].epoch == 3
    kept = first.trials[0].session
    assert third.histories[kept] is first.histories[kept]


def test_a_sweep_that_is_gone_keeps_what_was_read_of_it(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed"})
    feed = SweepFeed(sweep)
    before = feed.read([0])
    shutil.rmtree(sweep.folder)
    after = feed.read([0])
    assert after.trials == before.trials
    assert after.problem == "This sweep was deleted or moved."


def test_settings_of_equal_latent_dim_are_drawn_with_the_same_z(recorder: Recorder) -> None:
    sweep = record_sweep(
        recorder, {1: "completed", 2: "completed", 3: "completed"}, beta=(1.0, 4.0), seeds=1
    )
    trials = read_trials(sweep)
    rows = trial_table(trials).rows
    source = SampleSource(sweep)
    two, other, four = source.draw(rows, trials, 0)
    assert [one.row.label for one in (two, other, four)] == [
        "d 2, beta 1",
        "d 2, beta 4",
        "d 4, beta 1",
    ]
    assert two.images.shape == (COUNT, 28, 28)
    # The recorded decoders of equal latent_dim are the same.
    np.testing.assert_array_equal(two.images, other.images)
    assert (two.images != four.images).any()
    again = source.draw(rows, trials, 0)
    assert again[0].images is two.images
    assert (source.draw(rows, trials, 1)[0].images != two.images).any()


def test_a_trial_whose_decoder_cannot_be_loaded_leaves_it_to_the_next_seed(
    recorder: Recorder,
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 3: "completed"})
    (session_folder(sweep, 1) / layout.export_file("decoder", 4)).write_bytes(b"none")
    trials = read_trials(sweep)
    (samples,) = SampleSource(sweep).draw(trial_table(trials).rows, trials, 0)
    assert samples.trial.number == 3


def test_the_list_tells_damaged_sweeps_last_and_reads_records_once(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "failed", 3: "training"}, live=True)
    damaged = sweep.folder.parent / "bad\x1b[31m"
    damaged.mkdir()
    catalogue = SweepCatalogue(SweepStore(recorder.store))
    one, other = catalogue.scan()
    assert (one.name, one.status, one.trials, one.finished, one.failed, one.live) == (
        ("mine", "running", 4, 1, 1, 1)
    )
    assert other.status == "damaged"
    assert other.name.isprintable()
    assert "missing" in other.problem

    def refuse(folder: object) -> None:
        raise AssertionError("the record was read again")

    monkeypatch.setattr("tui.sweeps.catalogue.read_sweep", refuse)
    shutil.rmtree(damaged)
    assert catalogue.scan() == [one]


@pytest.mark.parametrize(
    ("first", "current", "shown"), [(0, 3, 0), (0, 5, 1), (3, 1, 1), (9, 9, 5), (0, 0, 0)]
)
def test_what_is_current_comes_into_sight(first: int, current: int, shown: int) -> None:
    assert first_shown(first, current, 10, 5) == shown


@pytest.mark.parametrize(
    "lists",
    [
        {"latent_dim": (2, 4, 8, 16), "beta": (0.5, 1.0, 4.0)},
        {"beta": (0.5, 1.0, 4.0), "latent_dim": (2, 4, 8, 16)},
        {"latent_dim": tuple(range(2, 14))},
        {"latent_dim": (2, 4), "beta": (1.0, 2.0), "learning_rate": (1e-3, 2e-3, 3e-3)},
    ],
)
def test_twelve_settings_look_different_and_share_a_colour_by_value(
    recorder: Recorder, lists: dict[str, tuple[int | float, ...]]
) -> None:
    sweep = record_sweep(recorder, {}, seeds=1, **lists)  # type: ignore[arg-type]
    trials = read_trials(sweep)
    rows = trial_table(trials).rows
    assert len({row.tone for row in rows}) == len(rows) == 12
    assert max(row.tone for row in rows) < HUES * DASHES
    main = max(lists, key=lambda name: len(lists[name]))
    if len(lists[main]) <= HUES:
        by_value: dict[object, set[int]] = {}
        for row in rows:
            value = trials[row.trials[0]].values[main]
            by_value.setdefault(value, set()).add(row.tone % HUES)
        assert sorted(by_value.values(), key=min) == [{hue} for hue in range(len(lists[main]))]


def test_the_better_the_result_the_hotter_its_cell(recorder: Recorder) -> None:
    sweep = record_sweep(
        recorder, {1: "completed", 2: "completed", 3: "completed"}, seeds=4, latent_dim=(2,)
    )
    found = read_trials(sweep)
    figures = found[0].figures
    assert figures is not None
    losses = [130.0, 110.0, 120.0]
    measured = [
        msgspec.structs.replace(trial, figures=msgspec.structs.replace(figures, negative_elbo=loss))
        for trial, loss in zip(found, losses, strict=False)
    ]
    cells = trial_table([*measured, *found[3:]]).cells[0]
    assert [cell.heat for cell in cells] == [0, HEATS - 1, 2, None]
    assert [cell.metric for cell in cells] == [*losses, None]


def test_equal_results_are_neither_hot_nor_cold(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"})
    cells = trial_table(read_trials(sweep)).cells
    assert {cell.heat for row in cells for cell in row} == {None}
